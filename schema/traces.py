"""Traces, their spans, and the names found in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from datasources.records import traces as records
from datasources.records.logs import LabelMatcher
from datasources.records.projects import Project as ProjectRecord
from datasources.records.traces import SpanKind, SpanStatus
from resolvers import errors, logs, traces

from .arguments import LAST_HOUR, LabelMatcherInput, TimeRange
from .context import Info
from .scalars import JSON, DateTime, Duration
from .shared import Label, PageInfo

if TYPE_CHECKING:
    from datasources.records.errors import ErrorEvent as ErrorEventRecord
    from datasources.records.logs import LogConnection as LogConnectionRecord
    from datasources.records.metrics import SeriesSet as SeriesSetRecord
    from datasources.records.services import Service as ServiceRecord
    from datasources.records.shared import Connection

    from .error_events import ErrorEvent
    from .logs import LogConnection
    from .metrics import SeriesSet

strawberry.enum(SpanKind, description="A span's part in a call, as OpenTelemetry names it.")
strawberry.enum(SpanStatus, description="How a span ended, as OpenTelemetry names it; UNSET where nothing was said.")

Query = Annotated[
    str | None, strawberry.argument(description="A question for spans in TraceQL; it is narrowed to the project.")
]
Range = Annotated[
    TimeRange | None, strawberry.argument(description="Traces that overlap it, in whole seconds; at most a week.")
]
First = Annotated[int | None, strawberry.argument(description="How many at most.")]
After = Annotated[str | None, strawberry.argument(description="The cursor behind which to go on.")]
Search = Annotated[str | None, strawberry.argument(description="Only those that hold this text, in any case.")]
Step = Annotated[
    Duration | None,
    strawberry.argument(
        description="The distance of the points, whole seconds; chosen to suit the range, if left out."
    ),
]
Quantile = Annotated[float, strawberry.argument(description="Between 0 and 1.")]
Name = Annotated[str, strawberry.argument(description="The attribute's name.")]
SpanId = Annotated[strawberry.ID, strawberry.argument(description="16 hex digits.")]
TraceId = Annotated[
    strawberry.ID, strawberry.argument(description="Up to 32 hex digits; zeros at its beginning may be left out.")
]


@strawberry.input(
    description="Conditions on one span that all have to hold. Within `services` and `names`, one of them has to."
)
class TraceFilter:
    services: list[str] | None = strawberry.field(default=None, description="Spans of one of these services.")
    names: list[str] | None = strawberry.field(default=None, description="Spans with one of these names.")
    status: SpanStatus | None = strawberry.field(default=None, description="Spans that ended so.")
    min_duration: Duration | None = strawberry.field(default=None, description="Spans that took at least as long.")
    max_duration: Duration | None = strawberry.field(default=None, description="Spans that took at most as long.")
    attributes: list[LabelMatcherInput] | None = strawberry.field(
        default=None,
        description="Conditions on attributes, named with their scope (`span.http.route`, `resource.k8s.pod.name`) or without; a span without the attribute meets none, NEQ and NRE included. See `traceAttributes`.",
    )
    root_only: bool | None = strawberry.field(default=False, description="Only spans that begin a trace.")

    def plain(self) -> records.TraceFilter:
        """The same filter as the use cases take it."""
        return records.TraceFilter(
            services=tuple(self.services or ()),
            names=tuple(self.names or ()),
            status=self.status,
            min_duration_ns=self.min_duration,
            max_duration_ns=self.max_duration,
            attributes=tuple(LabelMatcher(each.name, each.op.value, each.value) for each in self.attributes or ()),
            root_only=bool(self.root_only),
        )


Filter = Annotated[TraceFilter | None, strawberry.argument(description="Conditions that the spans have to meet.")]


@strawberry.type(description="A service's part in a trace.")
class ServiceSpanCount:
    service: str = strawberry.field(description="The service.")
    span_count: int = strawberry.field(description="Its spans.")
    error_count: int = strawberry.field(description="Those of them that failed.")


@strawberry.type(description="A span that matched a query.")
class MatchedSpan:
    span_id: strawberry.ID = strawberry.field(description="16 hex digits.")
    name: str = strawberry.field(description="What it did.")
    start_ns: DateTime = strawberry.field(name="startTime", description="When it began.")
    duration_ms: float = strawberry.field(description="How long it took, in milliseconds.")
    attributes: list[Label] = strawberry.field(description="Those that the query speaks of, and a few more.")


@strawberry.type(description="A trace in a list, described by the project's own spans alone.")
class TraceSummary:
    id: strawberry.ID = strawberry.field(description="32 hex digits.")
    root_service: str | None = strawberry.field(
        description="The service that the trace began in; null where it began in another project."
    )
    root_name: str | None = strawberry.field(
        description="What the trace began with; null where it began in another project."
    )
    start_ns: DateTime = strawberry.field(name="startTime", description="When its first span began.")
    duration_ms: float = strawberry.field(
        description="From its first span's start to its last span's end, in milliseconds."
    )
    span_count: int | None = strawberry.field(description="Its spans; null where the source does not tell.")
    error_count: int | None = strawberry.field(
        description="Its spans that failed; null for a trace of more than a hundred spans."
    )
    services: list[ServiceSpanCount] = strawberry.field(
        description="The busiest first; of a trace of more than a hundred spans, by a hundred of them."
    )
    matched: list[MatchedSpan] = strawberry.field(description="The spans that matched the query, at most three.")

    @strawberry.field(
        graphql_type=Annotated["Trace", strawberry.lazy("schema.traces")] | None, description="The whole trace."
    )
    async def trace(self: records.TraceSummary, info: Info) -> records.Trace | None:
        return await traces.trace(info.context, self.project, self.id)


@strawberry.type(description="A trace and its place in the list.")
class TraceEdge:
    cursor: str = strawberry.field(description="For `after`.")
    node: TraceSummary = strawberry.field(description="The trace.")


@strawberry.type(description="A page of traces, newest first.")
class TraceConnection:
    edges: list[TraceEdge] = strawberry.field(description="The traces, each with its cursor.")
    nodes: list[TraceSummary] = strawberry.field(description="The traces.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    exhaustive: bool = strawberry.field(
        description="False where the source stopped at its limit before it had read the whole range, so that there may be more matches."
    )
    traceql: str = strawberry.field(
        description="The TraceQL of query and filter together, before it is narrowed to the project."
    )

    @strawberry.field(
        graphql_type=Annotated["SeriesSet", strawberry.lazy("schema.metrics")] | None,
        description="Matching spans per second over the range.",
    )
    async def rate(self: records.TraceConnection, info: Info, step: Step = None) -> SeriesSetRecord:
        return await traces.rate(info.context, self.search, step)

    @strawberry.field(
        graphql_type=Annotated["SeriesSet", strawberry.lazy("schema.metrics")] | None,
        description="How long the matching spans took, in seconds, at a quantile over the range.",
    )
    async def latency(
        self: records.TraceConnection, info: Info, quantile: Quantile = 0.95, step: Step = None
    ) -> SeriesSetRecord:
        return await traces.latency(info.context, self.search, quantile, step)


@strawberry.type(description="A name and a value of any kind.")
class Attribute:
    name: str = strawberry.field(description="OpenTelemetry's key.")
    value: JSON = strawberry.field(description="Text, number, boolean, list or object; bytes come as base64.")


@strawberry.type(description="Something that happened during a span, such as an exception.")
class SpanEvent:
    name: str = strawberry.field(description="What happened.")
    at_ns: DateTime = strawberry.field(name="at", description="When.")
    attributes: list[Attribute] = strawberry.field(description="What was noted.")


@strawberry.type(description="A link to a span of another trace.")
class SpanLink:
    trace_id: strawberry.ID = strawberry.field(description="32 hex digits.")
    span_id: strawberry.ID = strawberry.field(description="16 hex digits.")
    attributes: list[Attribute] = strawberry.field(description="What was noted.")

    @strawberry.field(
        graphql_type=Annotated["Trace", strawberry.lazy("schema.traces")] | None,
        description="The other trace; null where it is not there or not this project's.",
    )
    async def trace(self: records.SpanLink, info: Info) -> records.Trace | None:
        return await traces.link_target(info.context, self)


@strawberry.type(description="One span. Its times are what its own machine's clock said.")
class Span:
    id: strawberry.ID = strawberry.field(description="16 hex digits.")
    parent_id: strawberry.ID | None = strawberry.field(
        description="The span above it; null where there is none, or where it is not among the spans shown."
    )
    name: str = strawberry.field(description="What it did.")
    service: str = strawberry.field(description="The service that did it.")
    kind: SpanKind = strawberry.field(description="Its part in a call.")
    status: SpanStatus = strawberry.field(description="How it ended.")
    status_message: str | None = strawberry.field(description="What was said of how it ended.")
    start_ns: DateTime = strawberry.field(name="startTime", description="When it began.")
    offset_ms: float = strawberry.field(description="Since the trace's start, in milliseconds.")
    duration_ms: float = strawberry.field(description="How long it took, in milliseconds.")
    self_time_ms: float = strawberry.field(description="Without the time in which a child ran, in milliseconds.")
    depth: int = strawberry.field(description="0 for a span without a parent among those shown.")
    child_count: int = strawberry.field(description="How many spans are right below it.")
    attributes: list[Attribute] = strawberry.field(description="What was noted of it.")
    resource: list[Attribute] = strawberry.field(description="What produced it: service, version, host, pod.")
    events: list[SpanEvent] = strawberry.field(description="What happened during it.")
    links: list[SpanLink] = strawberry.field(description="Other spans that it has to do with.")

    @strawberry.field(
        graphql_type=JSON | None,
        description="An attribute's value: the span's own, or else its resource's; null without one.",
    )
    def attribute(self: records.Span, name: Name) -> object | None:
        return traces.attribute_of(self, name)

    @strawberry.field(
        graphql_type=Annotated["LogConnection", strawberry.lazy("schema.logs")],
        description="The log lines written in it, oldest first.",
    )
    async def logs(self: records.Span, info: Info, first: First = 50) -> LogConnectionRecord:
        return await logs.logs_of_span(
            info.context,
            self.project,
            self.trace_id,
            self.id,
            start_ns=self.trace_interval.start_ns,
            end_ns=self.trace_interval.end_ns,
            first=50 if first is None else first,
        )


@strawberry.type(description="A span and its place in the list.")
class SpanEdge:
    cursor: str = strawberry.field(description="For `after`.")
    node: Span = strawberry.field(description="The span.")


@strawberry.type(description="A page of a trace's spans.")
class SpanConnection:
    edges: list[SpanEdge] = strawberry.field(description="The spans, each with its cursor.")
    nodes: list[Span] = strawberry.field(description="The spans.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
    total_count: int | None = strawberry.field(description="How many there are on all pages.")


@strawberry.type(description="A stretch of a trace's duration and the span that it was spent in.")
class CriticalPathSegment:
    span: Span = strawberry.field(description="The span.")
    start_offset_ms: float = strawberry.field(description="Since the trace's start, in milliseconds.")
    duration_ms: float = strawberry.field(description="How long, in milliseconds.")


@strawberry.type(description="A whole trace, as far as it is the project's.")
class Trace:
    id: strawberry.ID = strawberry.field(description="32 hex digits.")
    start_ns: DateTime = strawberry.field(name="startTime", description="When its first span began.")
    duration_ms: float = strawberry.field(
        description="From its first span's start to its last span's end, in milliseconds."
    )
    root: Span | None = strawberry.field(
        description="The span that it began with; null where that is another project's or has not arrived."
    )
    services: list[ServiceSpanCount] = strawberry.field(description="Who took part, the busiest first.")
    partial: bool = strawberry.field(description="True where the source could not give the whole trace.")
    redacted_spans: int = strawberry.field(description="How many spans of other projects are left out.")

    @strawberry.field(
        graphql_type=SpanConnection,
        description="In the order of a depth-first walk, so that `depth` is enough to draw it.",
    )
    def spans(self: records.Trace, first: First = 1000, after: After = None) -> Connection[records.Span]:
        return traces.spans_page(self, first=1000 if first is None else first, after=after)

    @strawberry.field(graphql_type=Span | None, description="One of its spans; null where it has none of this id.")
    def span(self: records.Trace, id: SpanId) -> records.Span | None:
        return traces.span_in(self, id)

    @strawberry.field(
        graphql_type=list[CriticalPathSegment],
        description="The spans that the duration is made of, from the root down, by time.",
    )
    def critical_path(self: records.Trace) -> list[records.CriticalPathSegment]:
        return traces.critical_path(self)

    @strawberry.field(
        graphql_type=Annotated["LogConnection", strawberry.lazy("schema.logs")],
        description="The log lines written in it, oldest first.",
    )
    async def logs(self: records.Trace, info: Info, first: First = 100, after: After = None) -> LogConnectionRecord:
        return await logs.logs_of_trace(
            info.context,
            self.project,
            self.id,
            start_ns=self.start_ns,
            end_ns=self.end_ns,
            first=100 if first is None else first,
            after=after,
        )

    @strawberry.field(
        graphql_type=list[Annotated["ErrorEvent", strawberry.lazy("schema.error_events")]],
        description="The errors that were reported in it, by time, at most a hundred.",
    )
    async def errors(self: records.Trace, info: Info) -> list[ErrorEventRecord]:
        return (await errors.errors_of_traces(info.context, self.project, [self.id]))[0]


@strawberry.type(description="An attribute found in traces.")
class TraceAttribute:
    name: str = strawberry.field(description="The attribute's name.")
    scope: str = strawberry.field(
        description="Where it stands: resource, span, event, link, instrumentation or intrinsic."
    )

    @strawberry.field(graphql_type=list[str], description="Values seen, sorted; of very many values, a part of them.")
    async def values(self: records.TraceAttribute, info: Info, search: Search = None, first: First = 50) -> list[str]:
        return await traces.trace_attribute_values(
            info.context, self, search=search, first=50 if first is None else first
        )


@strawberry.type
class ProjectTraces:
    """What a project says of its traces."""

    @strawberry.field(
        graphql_type=TraceConnection,
        description="Its traces, newest first. Either `query`, TraceQL, or `filter`, or both: the filter then narrows the query.",
    )
    async def traces(
        self: ProjectRecord,
        info: Info,
        query: Query = None,
        filter: Filter = None,
        range: Range = LAST_HOUR,
        first: First = 20,
        after: After = None,
    ) -> records.TraceConnection:
        return await traces.traces(
            info.context,
            self,
            query=query,
            asked=filter.plain() if filter else records.TraceFilter(),
            time_range=(range or LAST_HOUR).plain(),
            first=20 if first is None else first,
            after=after,
        )

    @strawberry.field(
        graphql_type=Trace | None,
        description="Null where no such trace exists or no span of it is this project's; spans of other projects are redacted.",
    )
    async def trace(self: ProjectRecord, info: Info, id: TraceId) -> records.Trace | None:
        return await traces.trace(info.context, self, id)

    @strawberry.field(
        graphql_type=list[TraceAttribute],
        description="The attributes found in the project's traces, for a filter's completion.",
    )
    async def trace_attributes(
        self: ProjectRecord, info: Info, range: Range = LAST_HOUR, search: Search = None
    ) -> list[records.TraceAttribute]:
        return await traces.trace_attributes(info.context, self, (range or LAST_HOUR).plain(), search=search)


@strawberry.type
class ServiceTraces:
    """What a service says of its traces."""

    @strawberry.field(
        graphql_type=TraceConnection,
        description="The traces with a span of it, newest first. Either `query`, TraceQL, or `filter`, or both: the filter then narrows the query.",
    )
    async def traces(
        self: ServiceRecord,
        info: Info,
        query: Query = None,
        filter: Filter = None,
        range: Range = LAST_HOUR,
        first: First = 20,
        after: After = None,
    ) -> records.TraceConnection:
        return await traces.traces(
            info.context,
            self.project,
            query=query,
            asked=traces.of_service(filter.plain() if filter else records.TraceFilter(), self.name),
            time_range=(range or LAST_HOUR).plain(),
            first=20 if first is None else first,
            after=after,
        )
