"""Services: their figures, their calls to each other, and the way to their metrics, logs, traces and errors."""

from __future__ import annotations

from typing import Annotated

import strawberry

from datasources.records import services as records
from datasources.records.projects import Project as ProjectRecord
from resolvers import service_graph, services

from .arguments import LAST_HOUR, TimeRange
from .context import Info
from .errors import ServiceErrors
from .logs import ServiceLogs
from .metrics import ServiceMetrics
from .traces import ServiceTraces

Range = Annotated[TimeRange | None, strawberry.argument(description="The time that the figures speak of.")]
First = Annotated[int | None, strawberry.argument(description="How many at most.")]


@strawberry.type(description="Calls from one service to another.")
class ServiceEdge:
    client: str = strawberry.field(description="Who calls.")
    server: str = strawberry.field(description="Who is called; a database or another project's service may stand here.")
    request_rate: float = strawberry.field(description="Calls per second.")
    error_ratio: float = strawberry.field(description="Share of the calls that failed, 0 to 1.")
    latency_p95: float | None = strawberry.field(
        name="latencyP95", description="95th percentile of their latency in seconds, as the server saw it."
    )


@strawberry.type(description="One service of a project.")
class Service(ServiceMetrics, ServiceLogs, ServiceTraces, ServiceErrors):
    name: str = strawberry.field(description="Its name.")

    @strawberry.field(
        graphql_type=float | None, description="Requests per second; null where it served none in the range."
    )
    async def request_rate(self: records.Service, info: Info) -> float | None:
        return (await services.figures(info.context, self)).request_rate

    @strawberry.field(
        graphql_type=float | None,
        description="Share of requests that failed, 0 to 1; null where it served none in the range.",
    )
    async def error_ratio(self: records.Service, info: Info) -> float | None:
        return (await services.figures(info.context, self)).error_ratio

    @strawberry.field(graphql_type=float | None, description="Latency in seconds at a quantile, over the range.")
    async def latency(
        self: records.Service,
        info: Info,
        quantile: Annotated[float, strawberry.argument(description="Between 0 and 1.")] = 0.95,
    ) -> float | None:
        return await services.latency(info.context, self, quantile)

    @strawberry.field(graphql_type=list[ServiceEdge], description="Who calls it.")
    async def callers(self: records.Service, info: Info) -> list[records.ServiceEdge]:
        return await service_graph.callers(info.context, self)

    @strawberry.field(graphql_type=list[ServiceEdge], description="Whom it calls.")
    async def callees(self: records.Service, info: Info) -> list[records.ServiceEdge]:
        return await service_graph.callees(info.context, self)


@strawberry.type(description="Who calls whom.")
class ServiceGraph:
    services: list[Service] = strawberry.field(description="The project's services, worst first.")
    edges: list[ServiceEdge] = strawberry.field(description="The calls that they make and take, most frequent first.")


@strawberry.type
class ProjectServices:
    """What a project says of its services."""

    @strawberry.field(
        graphql_type=list[Service], description="The services seen in the project's telemetry, worst first."
    )
    async def services(
        self: ProjectRecord, info: Info, range: Range = LAST_HOUR, first: First = 50
    ) -> list[records.Service]:
        count = 50 if first is None else first
        return await services.services(info.context, self, (range or LAST_HOUR).plain(), count)

    @strawberry.field(
        graphql_type=Service | None,
        description="One service with its figures of the last hour; null where the metrics do not know it.",
    )
    async def service(
        self: ProjectRecord,
        info: Info,
        name: Annotated[str, strawberry.argument(description="Its name, as `service_name` has it.")],
    ) -> records.Service | None:
        return await services.service(info.context, self, name)

    @strawberry.field(graphql_type=ServiceGraph, description="Who calls whom, with rates, failures and latencies.")
    async def service_graph(self: ProjectRecord, info: Info, range: Range = LAST_HOUR) -> records.ServiceGraph:
        return await service_graph.service_graph(info.context, self, (range or LAST_HOUR).plain())
