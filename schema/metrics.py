"""Metrics: golden signals, any PromQL, and what there is to ask for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from datasources.records import metrics as records
from datasources.records.metrics import GoldenSignal
from datasources.records.projects import Project as ProjectRecord
from resolvers import exemplars, golden_signals, metrics, metrics_catalog, traces

from .arguments import LAST_HOUR, TimeRange
from .context import Info
from .scalars import DateTime, Duration
from .shared import Interval, Label, PageInfo

if TYPE_CHECKING:
    from datasources.records.services import Service as ServiceRecord
    from datasources.records.traces import Trace as TraceRecord

    from .traces import Trace

Range = Annotated[
    TimeRange | None, strawberry.argument(description="The time to look at; both ends are aligned to the step.")
]
Step = Annotated[
    Duration | None,
    strawberry.argument(description="The distance of the points; a round one that suits the range, if left out."),
]
MaxPoints = Annotated[int | None, strawberry.argument(description="Without a step: at most so many points per series.")]
By = Annotated[
    list[str] | None,
    strawberry.argument(
        description="Labels that tell the series apart, such as `service_name` or `http_route`; one series for all, if left out."
    ),
]
Limit = Annotated[
    int | None,
    strawberry.argument(
        description="At most so many series, those with the largest averages; `truncated` tells if there are more."
    ),
]
RawLimit = Annotated[
    int | None, strawberry.argument(description="At most so many; `truncated` tells if there are more series.")
]
Quantile = Annotated[float, strawberry.argument(description="Between 0 and 1.")]
Expression = Annotated[
    str, strawberry.argument(description="An expression in PromQL; every selector in it is narrowed to the project.")
]
Legend = Annotated[
    str | None,
    strawberry.argument(description="A text for each series in which `{{label}}` stands for that label's value."),
]
Metric = Annotated[str | None, strawberry.argument(description="Only of the metric of this name.")]
Search = Annotated[str | None, strawberry.argument(description="Only those that hold this text, in any case.")]
First = Annotated[int | None, strawberry.argument(description="How many at most.")]
After = Annotated[str | None, strawberry.argument(description="The `endCursor` of the page before.")]


@strawberry.type(description="One instant and its value.")
class Sample:
    at_ns: DateTime = strawberry.field(name="at", description="When.")
    value: float | None = strawberry.field(description="null stands for NaN and infinities.")


@strawberry.type(description="One sample of an expression at one instant.")
class VectorSample:
    labels: list[Label] = strawberry.field(description="What tells it apart.")
    at_ns: DateTime = strawberry.field(name="at", description="When.")
    value: float | None = strawberry.field(description="null stands for NaN and infinities.")


@strawberry.type(description="A single observation that was kept, with the trace that it was made in.")
class Exemplar:
    at_ns: DateTime = strawberry.field(name="at", description="When it was observed.")
    value: float = strawberry.field(description="What was observed, in the metric's unit.")
    labels: list[Label] = strawberry.field(description="What was noted with it.")
    trace_id: str | None = strawberry.field(description="The trace's id, 32 hex digits.")

    @strawberry.field(
        graphql_type=Annotated["Trace", strawberry.lazy("schema.traces")] | None,
        description="The trace; null where there is no id, the trace is no longer kept, or it is not this project's.",
    )
    async def trace(self: records.Exemplar, info: Info) -> TraceRecord | None:
        return await traces.trace_if_any(info.context, self.project, self.trace_id)


@strawberry.type(description="One series as columns: `timestamps` and `values` have the same length.")
class Series:
    labels: list[Label] = strawberry.field(description="What tells it apart, by name.")
    legend: str = strawberry.field(description="Filled from `legend`, or from the labels that tell the series apart.")
    unit: str | None = strawberry.field(
        description="The values' unit, as UCUM writes it: `s`, `1/s`, `1` for a share; null where it is not known."
    )
    timestamps: list[float] = strawberry.field(
        description="Milliseconds since 1970, one per sample; with `values`, the compact form that charts take."
    )
    values: list[float | None] = strawberry.field(description="null stands for NaN and infinities.")
    samples: list[Sample] = strawberry.field(description="The same as objects.")
    min: float | None = strawberry.field(description="The least value.")
    max: float | None = strawberry.field(description="The greatest value.")
    avg: float | None = strawberry.field(description="The mean of the values.")
    last: float | None = strawberry.field(description="The newest value.")

    @strawberry.field(graphql_type=str | None, description="One label's value; null where the series does not have it.")
    def label(
        self: records.Series, name: Annotated[str, strawberry.argument(description="The label's name.")]
    ) -> str | None:
        return next((label.value for label in self.labels if label.name == name), None)

    @strawberry.field(
        graphql_type=list[Exemplar],
        description="The newest single observations behind it, the newest first; empty where the source keeps none.",
    )
    async def exemplars(self: records.Series, info: Info, first: First = 20) -> list[records.Exemplar]:
        return await exemplars.exemplars(info.context, self, 20 if first is None else first)


@strawberry.type(description="Series over one interval.")
class SeriesSet:
    interval: Interval = strawberry.field(description="The time that they cover.")
    series: list[Series] = strawberry.field(description="The series.")
    truncated: bool = strawberry.field(description="True where there are more than the limit let through.")
    warnings: list[str] = strawberry.field(description="What the source wants to be known about the answer.")
    promql: str | None = strawberry.field(
        description="The expression, before it was narrowed to the project; null where it is none of PromQL."
    )


@strawberry.type(description="A metric that the project has.")
class MetricDescriptor:
    name: str = strawberry.field(description="The name that an expression calls it by.")
    kind: str = strawberry.field(description="counter, gauge, histogram, summary, info or unknown.")
    help: str | None = strawberry.field(description="What its exporter says of it.")
    unit: str | None = strawberry.field(description="The unit, as its exporter says.")


@strawberry.type(description="A page of the catalogue of metrics.")
class MetricDescriptorConnection:
    nodes: list[MetricDescriptor] = strawberry.field(description="The metrics, by name.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    total_count: int | None = strawberry.field(description="How many there are that match.")


@strawberry.type(description="A project's or a service's metrics over an interval. Each field is one question.")
class Metrics:
    interval: Interval = strawberry.field(description="The time and the distance of the points.")

    @strawberry.field(graphql_type=SeriesSet | None, description="Requests per second.")
    async def request_rate(self: records.Metrics, info: Info, by: By = None, limit: Limit = 20) -> records.SeriesSet:
        return await _golden(info, self, GoldenSignal.REQUEST_RATE, by, limit)

    @strawberry.field(graphql_type=SeriesSet | None, description="Failed requests per second.")
    async def error_rate(self: records.Metrics, info: Info, by: By = None, limit: Limit = 20) -> records.SeriesSet:
        return await _golden(info, self, GoldenSignal.ERROR_RATE, by, limit)

    @strawberry.field(graphql_type=SeriesSet | None, description="Share of requests that failed, 0 to 1.")
    async def error_ratio(self: records.Metrics, info: Info, by: By = None, limit: Limit = 20) -> records.SeriesSet:
        return await _golden(info, self, GoldenSignal.ERROR_RATIO, by, limit)

    @strawberry.field(graphql_type=SeriesSet | None, description="Latency in seconds at a quantile between 0 and 1.")
    async def latency(
        self: records.Metrics, info: Info, quantile: Quantile = 0.95, by: By = None, limit: Limit = 20
    ) -> records.SeriesSet:
        return await _golden(info, self, GoldenSignal.LATENCY, by, limit, quantile)

    @strawberry.field(
        graphql_type=SeriesSet | None,
        description="Any PromQL over the interval, narrowed to the project; series by their labels.",
    )
    async def series(
        self: records.Metrics, info: Info, promql: Expression, legend: Legend = None, limit: RawLimit = 100
    ) -> records.SeriesSet:
        return await metrics.series(info.context, self, promql, legend, 100 if limit is None else limit)

    @strawberry.field(
        graphql_type=float | None,
        description="Any PromQL at the interval's end; one number if it gives exactly one sample, else null.",
    )
    async def value(self: records.Metrics, info: Info, promql: Expression) -> float | None:
        return await metrics.value(info.context, self, promql)

    @strawberry.field(
        graphql_type=list[VectorSample] | None, description="Any PromQL at the interval's end, as a vector."
    )
    async def vector(
        self: records.Metrics, info: Info, promql: Expression, limit: RawLimit = 100
    ) -> list[records.VectorSample]:
        return await metrics.vector(info.context, self, promql, 100 if limit is None else limit)

    @strawberry.field(graphql_type=MetricDescriptorConnection, description="Which metrics there are.")
    async def catalog(
        self: records.Metrics, info: Info, search: Search = None, first: First = 50, after: After = None
    ) -> records.MetricDescriptorConnection:
        return await metrics_catalog.catalog(info.context, self, search, 50 if first is None else first, after)

    @strawberry.field(graphql_type=list[str], description="The names of labels, of one metric or of all.")
    async def label_names(self: records.Metrics, info: Info, metric: Metric = None) -> list[str]:
        return await metrics_catalog.label_names(info.context, self, metric)

    @strawberry.field(graphql_type=list[str], description="The values of a label, of one metric or of all.")
    async def label_values(
        self: records.Metrics,
        info: Info,
        label: Annotated[str, strawberry.argument(description="The label's name.")],
        metric: Metric = None,
        search: Search = None,
        first: First = 100,
    ) -> list[str]:
        count = 100 if first is None else first
        return await metrics_catalog.label_values(info.context, self, label, metric, search, count)


@strawberry.type
class ProjectMetrics:
    """What a project says of its metrics."""

    @strawberry.field(graphql_type=Metrics, description="Its metrics over an interval.")
    async def metrics(
        self: ProjectRecord, info: Info, range: Range = LAST_HOUR, step: Step = None, max_points: MaxPoints = 240
    ) -> records.Metrics:
        asked, points = (range or LAST_HOUR).plain(), 240 if max_points is None else max_points
        return await metrics.metrics(info.context, self, asked, step, points)


@strawberry.type
class ServiceMetrics:
    """What a service says of its metrics."""

    @strawberry.field(
        graphql_type=Metrics, description="Its metrics over an interval; expressions are narrowed to the service, too."
    )
    async def metrics(
        self: ServiceRecord, info: Info, range: Range = LAST_HOUR, step: Step = None, max_points: MaxPoints = 240
    ) -> records.Metrics:
        asked, points = (range or LAST_HOUR).plain(), 240 if max_points is None else max_points
        return await metrics.metrics(info.context, self.project, asked, step, points, service=self.name)


async def _golden(
    info: Info,
    shown: records.Metrics,
    signal: GoldenSignal,
    by: list[str] | None,
    limit: int | None,
    quantile: float = 0.95,
) -> records.SeriesSet:
    count = 20 if limit is None else limit
    return await golden_signals.golden_signal_series(info.context, shown, signal, by=by, limit=count, quantile=quantile)
