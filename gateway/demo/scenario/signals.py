"""What one request leaves behind: spans, log lines and errors, as plain tuples that readers must not change."""

from __future__ import annotations

from typing import Any, NamedTuple

AttributeValue = str | int | float | bool | list[str]


class SpanEvent(NamedTuple):
    name: str
    at_ns: int
    attributes: dict[str, AttributeValue]


class SpanLink(NamedTuple):
    trace_id: str
    span_id: str
    attributes: dict[str, AttributeValue]


class SpanData(NamedTuple):
    """Shape: ids are 32 and 16 lower-case hex digits; `resource` is shared by all spans of a service. Units: nanoseconds since 1970."""

    trace_id: str
    span_id: str
    parent_id: str | None
    service: str
    namespace: str
    name: str
    kind: str
    start_ns: int
    duration_ns: int
    status: str
    status_message: str
    attributes: dict[str, AttributeValue]
    events: tuple[SpanEvent, ...]
    links: tuple[SpanLink, ...]
    resource: dict[str, AttributeValue]


class LogData(NamedTuple):
    """Shape: `stream` holds the index labels and is shared by all lines of a service; `metadata` is the structured metadata."""

    namespace: str
    service: str
    stream: dict[str, str]
    timestamp_ns: int
    level: str
    line: str
    metadata: dict[str, str]


class ErrorData(NamedTuple):
    """The exception behind a failing span, as an error tracker's SDK would report it; frames run from the outermost call in."""

    namespace: str
    service: str
    platform: str
    type: str
    value: str
    module: str
    frames: tuple[dict[str, Any], ...]
    level: str
    release: str
    environment: str
    trace_id: str
    span_id: str
    timestamp_ns: int
    transaction: str
    user: dict[str, str]
    tags: dict[str, str]


class Outage(NamedTuple):
    """A time in which the named routes mostly fail. Units: nanoseconds since 1970, end exclusive."""

    namespace: str
    start_ns: int
    end_ns: int
    service: str
    reason: str
    routes: tuple[str, ...]
