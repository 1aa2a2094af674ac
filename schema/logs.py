"""Log lines, their volume, patterns, and the names found in them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from datasources.records import logs as records
from datasources.records.logs import LogFieldKind, LogLevel
from datasources.records.projects import Project as ProjectRecord
from resolvers import correlation, logs, traces
from resolvers.logs.expressions import of_service

from .arguments import LAST_HOUR, LabelMatcherInput, SortOrder, TimeRange
from .context import Info
from .scalars import DateTime, Duration, Long
from .shared import Label, PageInfo

if TYPE_CHECKING:
    from collections.abc import Iterable

    from datasources.records.services import Service as ServiceRecord
    from datasources.records.shared import Edge
    from datasources.records.shared import PageInfo as PageInfoRecord
    from datasources.records.traces import Trace as TraceRecord
    from datasources.records.traces import TraceLink as TraceLinkRecord

    from .correlation import TraceLink
    from .traces import Trace

strawberry.enum(LogLevel, description="How serious a line is; UNKNOWN where the source does not tell.")
strawberry.enum(LogFieldKind, description="LABEL selects streams, METADATA stands beside a line, PARSED inside it.")

Query = Annotated[str | None, strawberry.argument(description="A log query in LogQL; it is narrowed to the project.")]
Range = Annotated[
    TimeRange | None, strawberry.argument(description="When the lines were written; the end is excluded.")
]
Order = Annotated[SortOrder | None, strawberry.argument(description="DESC: the newest first.")]
First = Annotated[int | None, strawberry.argument(description="How many at most.")]
After = Annotated[str | None, strawberry.argument(description="The cursor behind which to go on, in the same order.")]
Search = Annotated[str | None, strawberry.argument(description="Only those that hold this text, in any case.")]
Step = Annotated[
    Duration | None, strawberry.argument(description="The length of a step; chosen to suit the range, if left out.")
]
Before = Annotated[int | None, strawberry.argument(description="How many lines before it.")]
Behind = Annotated[int | None, strawberry.argument(description="How many lines after it.")]


@strawberry.input(description="Conditions that all have to hold. Within `services` and `levels`, one of them has to.")
class LogFilter:
    services: list[str] | None = strawberry.field(default=None, description="Lines of one of these services.")
    levels: list[LogLevel] | None = strawberry.field(default=None, description="Lines of one of these levels.")
    contains: list[str] | None = strawberry.field(
        default=None, description="Texts that all occur in the line, in this case."
    )
    excludes: list[str] | None = strawberry.field(default=None, description="Texts of which none occurs in the line.")
    regex: str | None = strawberry.field(
        default=None, description="An RE2 expression that matches somewhere in the line."
    )
    labels: list[LabelMatcherInput] | None = strawberry.field(
        default=None, description="Conditions on the labels of the stream, see `logFields`."
    )
    fields: list[LabelMatcherInput] | None = strawberry.field(
        default=None, description="Conditions on structured metadata, and on the fields of JSON and logfmt lines."
    )
    trace_id: str | None = strawberry.field(
        default=None, description="Lines written in this trace; zeros at its beginning may be left out."
    )

    def plain(self) -> records.LogFilter:
        """The same filter as the use cases take it."""
        return records.LogFilter(
            services=tuple(self.services or ()),
            levels=tuple(self.levels or ()),
            contains=tuple(self.contains or ()),
            excludes=tuple(self.excludes or ()),
            regex=self.regex,
            labels=_matchers(self.labels or ()),
            fields=_matchers(self.fields or ()),
            trace_ids=() if self.trace_id is None else (self.trace_id,),
        )


Filter = Annotated[LogFilter | None, strawberry.argument(description="Conditions that the lines have to meet.")]


@strawberry.type(description="One log line.")
class LogEntry:
    cursor: str = strawberry.field(
        description="Names this line for `after`; two lines of the same nanosecond have two cursors."
    )
    timestamp_ns: DateTime = strawberry.field(name="timestamp", description="When it was written, to the nanosecond.")
    line: str = strawberry.field(description="The text as it was written, or as the query formats it.")
    level: LogLevel = strawberry.field(description="As the source detected it.")
    service: str | None = strawberry.field(description="The service that wrote it.")
    labels: list[Label] = strawberry.field(description="The labels of its stream.")
    fields: list[Label] = strawberry.field(
        description="Structured metadata and, where the line is JSON or logfmt, its fields."
    )
    trace_id: str | None = strawberry.field(description="The trace that it was written in, 32 hex digits.")
    span_id: str | None = strawberry.field(description="The span that it was written in, 16 hex digits.")

    @strawberry.field(
        graphql_type=Annotated["TraceLink", strawberry.lazy("schema.correlation")],
        description="The trace that it was written in, and, where there is none to show, why.",
    )
    async def trace_link(self: records.LogEntry, info: Info) -> TraceLinkRecord:
        return await correlation.trace_link(info.context, self.stream.project, self.trace_id, at_ns=self.timestamp_ns)

    @strawberry.field(
        graphql_type=Annotated["Trace", strawberry.lazy("schema.traces")] | None,
        description="The trace that it was written in; null where there is none to show, see `traceLink`.",
    )
    async def trace(self: records.LogEntry, info: Info) -> TraceRecord | None:
        return await traces.trace_if_any(info.context, self.stream.project, self.trace_id)

    @strawberry.field(
        graphql_type=list["LogEntry"],
        description="The lines of the same stream just before and after it, by time; the whole stream's, whatever the query's filter. At most 100 to either side, from a day around it.",
    )
    async def context(
        self: records.LogEntry, info: Info, before: Before = 5, after: Behind = 5
    ) -> list[records.LogEntry]:
        before, after = 5 if before is None else before, 5 if after is None else after
        return await logs.log_context(info.context, self, before, after)


@strawberry.type(description="A line and its place in the list.")
class LogEdge:
    cursor: str = strawberry.field(description="For `after`.")
    node: LogEntry = strawberry.field(description="The line.")


@strawberry.type(description="Lines per step of one level.")
class LogVolume:
    level: LogLevel = strawberry.field(description="Which lines are counted.")
    total: Long = strawberry.field(description="Lines of this level in all steps.")
    timestamps: list[float] = strawberry.field(
        description="Milliseconds since 1970 at which each step starts; the same for all levels."
    )
    counts: list[Long] = strawberry.field(description="Lines in each step.")


@strawberry.type(description="A recurring shape of lines.")
class LogPattern:
    pattern: str = strawberry.field(description="The text that recurs, with `<_>` where the lines differ.")
    total: Long = strawberry.field(description="Lines of this shape in all steps.")
    timestamps: list[float] = strawberry.field(description="Milliseconds since 1970 at which each step starts.")
    counts: list[Long] = strawberry.field(description="Lines in each step.")


@strawberry.type(description="What the source did for a page.")
class LogStats:
    bytes_processed: Long = strawberry.field(description="Bytes that it read.")
    lines_processed: Long = strawberry.field(description="Lines that it read.")
    took_ms: float = strawberry.field(description="How long it took, in milliseconds.")


@strawberry.type(description="A page of log lines.")
class LogConnection:
    logql: str = strawberry.field(
        description="The LogQL of query and filter together, before it is narrowed to the project."
    )

    @strawberry.field(graphql_type=list[LogEdge], description="The lines, each with its cursor.")
    async def edges(self: records.LogConnection, info: Info) -> list[Edge[records.LogEntry]]:
        return (await logs.log_page(info.context, self)).edges

    @strawberry.field(graphql_type=list[LogEntry], description="The lines.")
    async def nodes(self: records.LogConnection, info: Info) -> list[records.LogEntry]:
        return (await logs.log_page(info.context, self)).nodes

    @strawberry.field(graphql_type=PageInfo, description="Where the page stands.")
    async def page_info(self: records.LogConnection, info: Info) -> PageInfoRecord:
        return (await logs.log_page(info.context, self)).page_info

    @strawberry.field(graphql_type=LogStats | None, description="Bytes and lines that the source read for this page.")
    async def stats(self: records.LogConnection, info: Info) -> records.LogStats | None:
        return (await logs.log_page(info.context, self)).stats

    @strawberry.field(
        graphql_type=list[LogVolume] | None,
        description="Lines per step over the whole range, split by level, the most serious first. The range is widened to whole steps.",
    )
    async def volume(self: records.LogConnection, info: Info, step: Step = None) -> list[records.LogVolume]:
        return await logs.connection_volume(info.context, self, step)

    @strawberry.field(
        graphql_type=list[LogPattern] | None,
        description="The recurring shapes of the lines, most frequent first: of all lines in the streams that the query selects, as far back as the source keeps patterns.",
    )
    async def patterns(self: records.LogConnection, info: Info, first: First = 20) -> list[records.LogPattern]:
        return await logs.log_patterns(info.context, self, 20 if first is None else first)


@strawberry.type(description="A label or field found in the lines.")
class LogField:
    name: str = strawberry.field(description="What a filter or query calls it.")
    kind: LogFieldKind = strawberry.field(description="Where it stands.")
    cardinality: Long | None = strawberry.field(
        description="About how many values it has, in a sample of lines; null where the source does not tell."
    )

    @strawberry.field(
        graphql_type=list[str],
        description="Values seen, sorted; of a field that is no label, those in a sample of lines.",
    )
    async def values(self: records.LogField, info: Info, search: Search = None, first: First = 50) -> list[str]:
        return await logs.log_field_values(info.context, self, search, 50 if first is None else first)


@strawberry.type
class ProjectLogs:
    """What a project says of its logs."""

    @strawberry.field(
        graphql_type=LogConnection,
        description="Its log lines. Either `query`, LogQL, or `filter`, or both: the filter then narrows the query.",
    )
    async def logs(
        self: ProjectRecord,
        info: Info,
        query: Query = None,
        filter: Filter = None,
        range: Range = LAST_HOUR,
        order: Order = SortOrder.DESC,
        first: First = 100,
        after: After = None,
    ) -> records.LogConnection:
        return await logs.logs(
            info.context,
            self,
            query=query,
            filter=filter.plain() if filter else None,
            asked=(range or LAST_HOUR).plain(),
            forward=order is SortOrder.ASC,
            first=100 if first is None else first,
            after=after,
        )

    @strawberry.field(
        graphql_type=list[LogField],
        description="The labels and fields found in the project's logs, for a filter's completion.",
    )
    async def log_fields(
        self: ProjectRecord, info: Info, range: Range = LAST_HOUR, search: Search = None
    ) -> list[records.LogField]:
        return await logs.log_fields(info.context, self, (range or LAST_HOUR).plain(), search)


@strawberry.type
class ServiceLogs:
    """What a service says of its logs."""

    @strawberry.field(
        graphql_type=LogConnection,
        description="Its log lines. Either `query`, LogQL, or `filter`, or both: the filter then narrows the query.",
    )
    async def logs(
        self: ServiceRecord,
        info: Info,
        query: Query = None,
        filter: Filter = None,
        range: Range = LAST_HOUR,
        order: Order = SortOrder.DESC,
        first: First = 100,
        after: After = None,
    ) -> records.LogConnection:
        return await logs.logs(
            info.context,
            self.project,
            query=query,
            filter=of_service(filter.plain() if filter else None, self.name),
            asked=(range or LAST_HOUR).plain(),
            forward=order is SortOrder.ASC,
            first=100 if first is None else first,
            after=after,
        )


def _matchers(found: Iterable[LabelMatcherInput]) -> tuple[records.LabelMatcher, ...]:
    return tuple(records.LabelMatcher(each.name, each.op.value, each.value) for each in found)
