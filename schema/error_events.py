"""One report of an error, with its stack, and the way to its trace and log lines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from datasources.records import errors as records
from datasources.records.errors import ErrorLevel
from resolvers import errors

from .context import Info
from .logs import LogConnection
from .scalars import JSON, DateTime, Duration
from .shared import Label, Node, PageInfo

if TYPE_CHECKING:
    from datasources.records.logs import LogConnection as LogConnectionRecord
    from datasources.records.traces import Span as SpanRecord
    from datasources.records.traces import Trace as TraceRecord
    from datasources.records.traces import TraceLink as TraceLinkRecord

    from .correlation import TraceLink
    from .errors import ErrorGroup
    from .traces import Span, Trace

strawberry.enum(ErrorLevel, description="How bad a report says that it is.")

First = Annotated[int | None, strawberry.argument(description="How many at most.")]
After = Annotated[str | None, strawberry.argument(description="The `endCursor` of the page before, in the same order.")]
Window = Annotated[
    Duration, strawberry.argument(description="How far before and after the report the lines may have been written.")
]
HALF_A_MINUTE = Duration(30 * 1_000_000_000)


@strawberry.type(description="One call of a stack.")
class StackFrame:
    function: str | None = strawberry.field(description="The function's name.")
    file: str | None = strawberry.field(description="The source file, as short as the reporter gives it.")
    module: str | None = strawberry.field(description="The module or package.")
    line: int | None = strawberry.field(description="The line's number, from 1.")
    column: int | None = strawberry.field(description="The column's number.")
    in_app: bool = strawberry.field(description="Whether this is the application's own code and not a library's.")
    context_line: str | None = strawberry.field(description="The text of the line.")
    pre_context: list[str] = strawberry.field(description="The lines before it.")
    post_context: list[str] = strawberry.field(description="The lines after it.")
    vars: JSON | None = strawberry.field(description="Local variables by name.")


@strawberry.type(description="One exception of a chain.")
class ExceptionValue:
    type: str = strawberry.field(description="Its class.")
    value: str | None = strawberry.field(description="Its message.")
    module: str | None = strawberry.field(description="Where the class is defined.")
    handled: bool | None = strawberry.field(description="Whether the application caught it; null where it is not said.")
    frames: list[StackFrame] = strawberry.field(description="The stack, from the outermost call in.")


@strawberry.type(description="Something that happened shortly before.")
class Breadcrumb:
    timestamp: DateTime | None = strawberry.field(description="When.")
    category: str | None = strawberry.field(description="What kind of thing, such as `http` or `ui.click`.")
    level: ErrorLevel | None = strawberry.field(description="How serious.")
    message: str | None = strawberry.field(description="What, in words.")
    data: JSON | None = strawberry.field(description="What, in values.")


@strawberry.type(description="One report of an error.")
class ErrorEvent(Node):
    event_id: str = strawberry.field(
        description="The reporter's own id, 32 hex digits; a second report of it is acknowledged and not stored twice."
    )
    timestamp: DateTime = strawberry.field(description="When it happened, by the reporter's clock.")
    received_at: DateTime = strawberry.field(description="When the gateway received it; lists and ranges go by this.")
    message: str | None = strawberry.field(description="What it says in one line.")
    level: ErrorLevel = strawberry.field(description="How bad.")
    platform: str | None = strawberry.field(description="The language or runtime.")
    environment: str | None = strawberry.field(description="Such as `production`.")
    release: str | None = strawberry.field(description="The version that failed.")
    server_name: str | None = strawberry.field(description="The host.")
    transaction: str | None = strawberry.field(description="The operation that was under way, such as a route.")
    exceptions: list[ExceptionValue] = strawberry.field(description="The chain of exceptions; the last was raised.")
    breadcrumbs: list[Breadcrumb] = strawberry.field(description="What happened before, in order.")
    tags: list[Label] = strawberry.field(description="What the report was tagged with, by name.")
    user: JSON | None = strawberry.field(description="Whom it happened to.")
    request: JSON | None = strawberry.field(description="The HTTP request that was being served.")
    contexts: JSON | None = strawberry.field(description="Runtime, device, trace and the like.")
    extra: JSON | None = strawberry.field(description="Whatever else was sent along.")

    @classmethod
    def is_type_of(cls, obj: object, info: object) -> bool:
        """Records stand for types."""
        return isinstance(obj, records.ErrorEvent)

    @strawberry.field(
        graphql_type=Annotated["ErrorGroup", strawberry.lazy("schema.errors")],
        description="All reports of the same error.",
    )
    async def group(self: records.ErrorEvent, info: Info) -> records.ErrorGroup:
        return await errors.group_of(info.context, self)

    @strawberry.field(
        graphql_type=Annotated["TraceLink", strawberry.lazy("schema.correlation")],
        description="The trace that this happened in, and, where there is none to show, why.",
    )
    async def trace_link(self: records.ErrorEvent, info: Info) -> TraceLinkRecord:
        return await errors.event_trace_link(info.context, self)

    @strawberry.field(
        graphql_type=Annotated["Trace", strawberry.lazy("schema.traces")] | None,
        description="The trace that this happened in; null where `traceLink` says why.",
    )
    async def trace(self: records.ErrorEvent, info: Info) -> TraceRecord | None:
        return await errors.event_trace(info.context, self)

    @strawberry.field(
        graphql_type=Annotated["Span", strawberry.lazy("schema.traces")] | None, description="The span that failed."
    )
    async def span(self: records.ErrorEvent, info: Info) -> SpanRecord | None:
        return await errors.event_span(info.context, self)

    @strawberry.field(
        graphql_type=LogConnection,
        description="The log lines of the same trace, or else of the same service around the time, oldest first.",
    )
    async def logs(
        self: records.ErrorEvent, info: Info, window: Window = HALF_A_MINUTE, first: First = 100
    ) -> LogConnectionRecord:
        count = 100 if first is None else first
        return await errors.event_logs(info.context, self, window_ns=window, first=count)


@strawberry.type(description="A report and its place in the list.")
class ErrorEventEdge:
    cursor: str = strawberry.field(description="For `after`.")
    node: ErrorEvent = strawberry.field(description="The report.")


@strawberry.type(description="A page of reports, the latest received first.")
class ErrorEventConnection:
    edges: list[ErrorEventEdge] = strawberry.field(description="The reports, each with its cursor.")
    nodes: list[ErrorEvent] = strawberry.field(description="The reports.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")
