"""The dashboard: everything at a glance, each section nullable."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from datasources.records.alerts import Alert as AlertRecord
from datasources.records.alerts import AlertSummary
from datasources.records.errors import ErrorGroup as ErrorGroupRecord
from datasources.records.errors import ErrorSummary
from datasources.records.logs import LogEntry as LogEntryRecord
from datasources.records.logs import LogVolume as LogVolumeRecord
from datasources.records.metrics import GoldenSignal
from datasources.records.metrics import SeriesSet as SeriesSetRecord
from datasources.records.projects import Project as ProjectRecord
from datasources.records.services import Service as ServiceRecord
from datasources.records.sources import SourceReport as SourceReportRecord
from datasources.records.traces import TraceSummary as TraceSummaryRecord
from resolvers import dashboard as dashboards
from resolvers import errors, golden_signals, logs, services, traces
from resolvers.alerts import active_alerts, alert_summary
from resolvers.time_ranges import TimeRange as PlainRange

from .alerts import Alert, SeverityCount
from .arguments import LAST_HOUR, TimeRange
from .context import Info
from .errors import CountPoint, ErrorGroup
from .logs import LogEntry, LogVolume
from .metrics import SeriesSet
from .scalars import Duration, Long
from .services import Service
from .shared import Interval
from .sources import SourceReport
from .traces import TraceSummary

if TYPE_CHECKING:
    from .projects import Project

Frame = dashboards.Dashboard
First = Annotated[int | None, strawberry.argument(description="How many at most.")]

Health = strawberry.enum(
    dashboards.Health,
    description=(
        "Worst of: a firing CRITICAL alert or a source that is DOWN is CRITICAL; any firing alert or a DEGRADED source "
        "is DEGRADED."
    ),
)


@strawberry.type(description="The project's golden signals and services.")
class DashboardMetrics:
    @strawberry.field(graphql_type=SeriesSet | None, description="Requests per second.")
    async def request_rate(self: Frame, info: Info) -> SeriesSetRecord:
        return await _signal(info, self, GoldenSignal.REQUEST_RATE)

    @strawberry.field(graphql_type=SeriesSet | None, description="Share of requests that failed, 0 to 1.")
    async def error_ratio(self: Frame, info: Info) -> SeriesSetRecord:
        return await _signal(info, self, GoldenSignal.ERROR_RATIO)

    @strawberry.field(graphql_type=SeriesSet | None, name="latencyP50", description="Median latency in seconds.")
    async def latency_p50(self: Frame, info: Info) -> SeriesSetRecord:
        return await _signal(info, self, GoldenSignal.LATENCY, 0.5)

    @strawberry.field(graphql_type=SeriesSet | None, name="latencyP95", description="95th percentile, in seconds.")
    async def latency_p95(self: Frame, info: Info) -> SeriesSetRecord:
        return await _signal(info, self, GoldenSignal.LATENCY, 0.95)

    @strawberry.field(graphql_type=SeriesSet | None, name="latencyP99", description="99th percentile, in seconds.")
    async def latency_p99(self: Frame, info: Info) -> SeriesSetRecord:
        return await _signal(info, self, GoldenSignal.LATENCY, 0.99)

    @strawberry.field(graphql_type=list[Service], description="The services, worst first.")
    async def services(self: Frame, info: Info) -> list[ServiceRecord]:
        return await services.services(info.context, self.project, _range(self))


@strawberry.type(description="The project's errors, and the groups with the most events.")
class DashboardErrors:
    unresolved: Long = strawberry.field(description="Groups that are not resolved now.")
    new: Long = strawberry.field(description="Groups that were first seen in the interval.")
    events: Long = strawberry.field(description="Reports in the interval.")
    users_affected: Long = strawberry.field(description="Distinct users of these reports.")
    trend: list[CountPoint] = strawberry.field(description="Reports per step.")

    @strawberry.field(graphql_type=list[ErrorGroup], description="The unresolved groups with the most reports.")
    async def top(self: ErrorSummary, info: Info, first: First = 5) -> list[ErrorGroupRecord]:
        return await errors.top_errors(info.context, self, first=5 if first is None else first)


@strawberry.type(description="The project's open alerts.")
class DashboardAlerts:
    firing: int = strawberry.field(description="How many fire.")
    pending: int = strawberry.field(description="How many wait for their condition to have held long enough.")
    by_severity: list[SeverityCount] = strawberry.field(description="How many fire, by severity, the worst first.")

    @strawberry.field(graphql_type=list[Alert], description="Those that fire or wait, the worst and newest first.")
    async def active(self: AlertSummary, info: Info, first: First = 10) -> list[AlertRecord]:
        return await active_alerts(info.context, self, first=10 if first is None else first)


@strawberry.type(description="The project's log lines.")
class DashboardLogs:
    @strawberry.field(graphql_type=Long, description="Lines in the interval.")
    async def total(self: Frame, info: Info) -> int:
        return await logs.count_total(info.context, self.project, self.interval)

    @strawberry.field(graphql_type=list[LogVolume], description="Lines per step, split by level.")
    async def volume(self: Frame, info: Info) -> list[LogVolumeRecord]:
        return await logs.log_volume(info.context, self.project, self.interval)

    @strawberry.field(graphql_type=list[LogEntry], description="The newest lines of level ERROR or FATAL.")
    async def recent_errors(self: Frame, info: Info, first: First = 10) -> list[LogEntryRecord]:
        return await logs.recent_errors(info.context, self.project, self.interval, first=10 if first is None else first)


@strawberry.type(description="The project's traces that stand out.")
class DashboardTraces:
    @strawberry.field(graphql_type=list[TraceSummary], description="The slowest.")
    async def slowest(self: Frame, info: Info, first: First = 5) -> list[TraceSummaryRecord]:
        return await traces.slowest_traces(
            info.context, self.project, self.interval, first=5 if first is None else first
        )

    @strawberry.field(graphql_type=list[TraceSummary], description="The newest with a span that failed.")
    async def failing(self: Frame, info: Info, first: First = 5) -> list[TraceSummaryRecord]:
        return await traces.failing_traces(
            info.context, self.project, self.interval, first=5 if first is None else first
        )


@strawberry.type(
    description="Everything at a glance. Where a section's source fails, it is null and an error with the source's name says why."
)
class Dashboard:
    interval: Interval

    @strawberry.field(graphql_type=Annotated["Project", strawberry.lazy("schema.projects")], description="The project.")
    def project(self: Frame) -> ProjectRecord:
        return self.project

    @strawberry.field(graphql_type=Health, description="The worst of what is known.")
    async def health(self: Frame, info: Info) -> dashboards.Health:
        return await dashboards.health(info.context, self)

    @strawberry.field(graphql_type=DashboardMetrics | None, description="From the metrics source.")
    def metrics(self: Frame) -> Frame:
        return self

    @strawberry.field(graphql_type=DashboardErrors | None, description="From the store.")
    async def errors(self: Frame, info: Info) -> ErrorSummary:
        return await errors.error_summary(info.context, self.project, self.interval)

    @strawberry.field(graphql_type=DashboardAlerts | None, description="From the store.")
    async def alerts(self: Frame, info: Info) -> AlertSummary:
        return await alert_summary(info.context, self.project)

    @strawberry.field(graphql_type=DashboardLogs | None, description="From the logs source.")
    def logs(self: Frame) -> Frame:
        return self

    @strawberry.field(graphql_type=DashboardTraces | None, description="From the traces source.")
    def traces(self: Frame) -> Frame:
        return self

    @strawberry.field(graphql_type=list[SourceReport], description="What each source did for this dashboard.")
    async def sources(self: Frame, info: Info) -> list[SourceReportRecord]:
        return await dashboards.reports(info.context, self)


@strawberry.type
class ProjectDashboard:
    @strawberry.field(
        graphql_type=Dashboard,
        description=(
            "Everything at a glance. Each section is nullable: where its source fails, it is null and an error with the "
            "source's name says why."
        ),
    )
    async def dashboard(
        self: ProjectRecord,
        info: Info,
        range: Annotated[TimeRange | None, strawberry.argument(description="The time that it speaks of.")] = LAST_HOUR,
        step: Annotated[
            Duration | None, strawberry.argument(description="The distance of points; by default about 120 of them.")
        ] = None,
    ) -> Frame:
        return await dashboards.dashboard(info.context, self, (range or LAST_HOUR).plain(), step)


async def _signal(info: Info, shown: Frame, signal: GoldenSignal, quantile: float = 0.95) -> SeriesSetRecord:
    return await golden_signals.golden_signal_series(info.context, shown.shown_metrics, signal, quantile=quantile)


def _range(shown: Frame) -> PlainRange:
    return PlainRange(from_ns=shown.interval.start_ns, to_ns=shown.interval.end_ns)
