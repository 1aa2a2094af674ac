"""Traces: what a source recorded, and the same as it is shown. Ids are lower-case hex, 32 digits for traces, 16 for spans.

What a trace has thousands of is not seen by the garbage collector: nothing that a span refers to refers back to it.
"""

from __future__ import annotations

import enum

from msgspec import Struct

from .logs import LabelMatcher
from .projects import Project
from .shared import NS_PER_MS, Connection, Interval, Label


class SpanKind(enum.StrEnum):
    """OpenTelemetry's kinds."""

    UNSPECIFIED = "UNSPECIFIED"
    INTERNAL = "INTERNAL"
    SERVER = "SERVER"
    CLIENT = "CLIENT"
    PRODUCER = "PRODUCER"
    CONSUMER = "CONSUMER"


class SpanStatus(enum.StrEnum):
    """OpenTelemetry's status codes."""

    UNSET = "UNSET"
    OK = "OK"
    ERROR = "ERROR"


class TraceLinkStatus(enum.StrEnum):
    """What became of a reference to a trace."""

    FOUND = "FOUND"
    NO_TRACE_ID = "NO_TRACE_ID"
    NOT_FOUND = "NOT_FOUND"
    OTHER_PROJECT = "OTHER_PROJECT"
    SOURCE_FAILED = "SOURCE_FAILED"


class Attribute(Struct, frozen=True, gc=False):
    """A name and any JSON value: text, number, boolean, list or object; bytes come as base64."""

    name: str
    value: object


class SpanEvent(Struct, frozen=True, gc=False):
    """Something that happened during a span, such as an exception."""

    name: str
    at_ns: int
    attributes: list[Attribute]


class RecordedLink(Struct, frozen=True, gc=False):
    """A link as a source recorded it."""

    trace_id: str
    span_id: str
    attributes: list[Attribute]


class RecordedSpan(Struct, frozen=True, kw_only=True, gc=False):
    """A span as a source recorded it. `parent_id` is None on roots; the times are what the span's own clock said."""

    id: str
    parent_id: str | None
    name: str
    service: str
    kind: SpanKind
    status: SpanStatus
    status_message: str | None
    start_ns: int
    end_ns: int
    attributes: list[Attribute]
    resource: list[Attribute]
    events: list[SpanEvent]
    links: list[RecordedLink]


class RecordedTrace(Struct, frozen=True, kw_only=True):
    """The spans of a trace that are within a scope, in no order, and how many were left out. Never without a span."""

    id: str
    spans: list[RecordedSpan]
    redacted_spans: int
    partial: bool


class FoundSpan(Struct, frozen=True, kw_only=True):
    """A span of a search result. `name` is empty where the query's form did not let it be asked for."""

    id: str
    name: str
    service: str | None
    start_ns: int
    duration_ns: int
    is_root: bool
    is_error: bool
    attributes: list[Label]

    @property
    def end_ns(self) -> int:
        """When it ended."""
        return self.start_ns + self.duration_ns


class FoundTrace(Struct, frozen=True, kw_only=True):
    """A search result: spans within the scope only, and how many matched, None where the source does not tell.

    `order_ns` is when the whole trace began, the key of the source's own order. It may tell of spans outside of the
    scope, so it is for paging and never shown.
    """

    id: str
    order_ns: int
    spans: list[FoundSpan]
    matched: int | None


class FoundTraces(Struct, frozen=True):
    """One search's results, newest first. `exhausted` is False where the source stopped at the limit."""

    traces: list[FoundTrace]
    exhausted: bool


class AttributeName(Struct, frozen=True):
    """An attribute found in traces. `scope` is resource, span, event, link, instrumentation or intrinsic."""

    name: str
    scope: str


class ServiceSpanCount(Struct, frozen=True):
    """A service's part in a trace."""

    service: str
    span_count: int
    error_count: int


class MatchedSpan(Struct, frozen=True, kw_only=True):
    """A span that matched a query."""

    span_id: str
    name: str
    start_ns: int
    duration_ns: int
    attributes: list[Label]

    @property
    def duration_ms(self) -> float:
        """The duration in milliseconds."""
        return self.duration_ns / NS_PER_MS


class TraceSummary(Struct, frozen=True, kw_only=True):
    """A trace in a list, described by the project's own spans alone.

    `root_service` and `root_name` are None where the root is not the project's; `error_count` is None where the trace
    has more spans than a search gives.
    """

    id: str
    project: Project
    start_ns: int
    duration_ns: int
    root_service: str | None
    root_name: str | None
    span_count: int | None
    error_count: int | None
    services: list[ServiceSpanCount]
    matched: list[MatchedSpan]

    @property
    def duration_ms(self) -> float:
        """The duration in milliseconds."""
        return self.duration_ns / NS_PER_MS


class TraceFilter(Struct, frozen=True, kw_only=True):
    """Conditions on one span that all hold. Within `services` and `names` one has to."""

    services: tuple[str, ...] = ()
    names: tuple[str, ...] = ()
    status: SpanStatus | None = None
    min_duration_ns: int | None = None
    max_duration_ns: int | None = None
    attributes: tuple[LabelMatcher, ...] = ()
    root_only: bool = False


class TraceSearch(Struct, frozen=True, kw_only=True):
    """The question behind a page of traces, so that its numbers can be asked for later. An empty `query` asks for all."""

    project: Project
    interval: Interval
    query: str
    asked: TraceFilter


class TraceConnection(Connection[TraceSummary], frozen=True, kw_only=True, dict=True):
    """A page of traces. `exhaustive` is False where the source stopped at its limit before the whole range was read."""

    search: TraceSearch
    exhaustive: bool
    traceql: str


class SpanLink(Struct, frozen=True, kw_only=True, gc=False):
    """A link to a span of another trace."""

    project: Project
    trace_id: str
    span_id: str
    attributes: list[Attribute]


class Span(Struct, frozen=True, kw_only=True, gc=False):
    """A span in its place in the trace.

    `parent_id` is None where the parent is not among the spans shown. `offset_ns` is since the trace's start,
    `self_time_ns` the part of its duration in which no child ran.
    """

    project: Project
    trace_id: str
    trace_interval: Interval
    id: str
    parent_id: str | None
    name: str
    service: str
    kind: SpanKind
    status: SpanStatus
    status_message: str | None
    start_ns: int
    duration_ns: int
    offset_ns: int
    self_time_ns: int
    depth: int
    child_count: int
    attributes: list[Attribute]
    resource: list[Attribute]
    events: list[SpanEvent]
    links: list[SpanLink]

    @property
    def end_ns(self) -> int:
        """When it ended."""
        return self.start_ns + self.duration_ns

    @property
    def offset_ms(self) -> float:
        """Milliseconds since the trace's start."""
        return self.offset_ns / NS_PER_MS

    @property
    def duration_ms(self) -> float:
        """The duration in milliseconds."""
        return self.duration_ns / NS_PER_MS

    @property
    def self_time_ms(self) -> float:
        """Milliseconds in which no child ran."""
        return self.self_time_ns / NS_PER_MS


class Trace(Struct, frozen=True, kw_only=True):
    """A whole trace: `spans` in the order of a depth-first walk. `root` is None where the root is not among them."""

    project: Project
    id: str
    start_ns: int
    duration_ns: int
    root: Span | None
    spans: list[Span]
    services: list[ServiceSpanCount]
    partial: bool
    redacted_spans: int

    @property
    def end_ns(self) -> int:
        """When its last span ended."""
        return self.start_ns + self.duration_ns

    @property
    def duration_ms(self) -> float:
        """The duration in milliseconds."""
        return self.duration_ns / NS_PER_MS


class CriticalPathSegment(Struct, frozen=True):
    """A stretch of a trace's duration and the span that it was spent in. `start_offset_ns` is since the trace's start."""

    span: Span
    start_offset_ns: int
    duration_ns: int

    @property
    def start_offset_ms(self) -> float:
        """Milliseconds since the trace's start."""
        return self.start_offset_ns / NS_PER_MS

    @property
    def duration_ms(self) -> float:
        """The length in milliseconds."""
        return self.duration_ns / NS_PER_MS


class TraceAttribute(Struct, frozen=True, kw_only=True):
    """An attribute of a project's traces, whose values can be asked for."""

    project: Project
    interval: Interval
    name: str
    scope: str


class TraceLink(Struct, frozen=True, kw_only=True):
    """A reference from another signal to a trace, and what became of it."""

    project: Project
    status: TraceLinkStatus
    trace_id: str | None
