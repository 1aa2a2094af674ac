"""What Tempo's answers to searches and to questions for names mean. Keys with default values are absent. Pure."""

from __future__ import annotations

from collections.abc import Sequence, Sized
from typing import TypeVar

import msgspec
from msgspec import Struct

from ..exceptions import SourceMalformed
from ..http import SourceResponse
from ..records.shared import Label
from ..records.traces import AttributeName, FoundSpan, FoundTrace, FoundTraces
from ..scope import Rule
from .failures import raise_failure
from .otlp import KeyValue, id_from_hex, label_value
from .redaction import shows_scope

T = TypeVar("T")

ROOT_TAGS = frozenset(("rootName", "rootServiceName", "trace:rootName", "trace:rootService"))
"""Their values are other projects' as well, whatever the filter."""

_OWN_KEYS = frozenset(("nestedSetParent",))


class _Span(Struct):
    span_id: str = msgspec.field(name="spanID")
    name: str = ""
    start_ns: int = msgspec.field(name="startTimeUnixNano", default=0)
    duration_ns: int = msgspec.field(name="durationNanos", default=0)
    attributes: list[KeyValue] = []


class _SpanSet(Struct):
    spans: list[_Span] = []
    matched: int = 0


class _Trace(Struct):
    trace_id: str = msgspec.field(name="traceID")
    start_ns: int = msgspec.field(name="startTimeUnixNano", default=0)
    span_sets: list[_SpanSet] = msgspec.field(name="spanSets", default_factory=list)
    span_set: _SpanSet | None = msgspec.field(name="spanSet", default=None)


class _Search(Struct):
    traces: list[_Trace] = []


class _TagScope(Struct):
    name: str = ""
    tags: list[str] = []


class _Tags(Struct):
    scopes: list[_TagScope] = []


class _TagValue(Struct):
    type: str = "string"
    value: str = ""


class _TagValues(Struct):
    values: list[_TagValue] = msgspec.field(name="tagValues", default_factory=list)


class _BuildInfo(Struct):
    version: str = ""


def read_json(response: SourceResponse, shape: type[T], source: str) -> T:
    """A successful answer in its shape; 64-bit numbers may come as text.

    Raises: SourceError for any other status; SourceMalformed for a body that is not what the interface promises.
    """
    if response.status != 200:
        raise_failure(response, source)
    if response.content_type != "application/json":
        raise SourceMalformed(
            f"{source}: it answered with {response.content_type or 'no'} instead of JSON", source=source
        )
    try:
        return msgspec.json.decode(response.body, type=shape, strict=False)
    except (msgspec.DecodeError, RecursionError) as error:
        raise SourceMalformed(f"{source}: the answer is not what its interface promises", source=source) from error


def decode_search(
    response: SourceResponse, source: str, scopes: Sequence[tuple[Rule, ...]], *, limit: int
) -> list[FoundTraces]:
    """For each scope the traces that have a span which shows it, newest first, each with those spans alone.

    What Tempo says of a trace as a whole (its root, duration, statistics) tells of other projects' spans and is left
    out; `order_ns` alone is kept, for paging.
    """
    answer = read_json(response, _Search, source)
    exhausted = len(answer.traces) < limit
    answer.traces.sort(key=lambda trace: (-trace.start_ns, trace.trace_id))
    try:
        return [FoundTraces(_found_traces(answer.traces, rules), exhausted) for rules in scopes]
    except ValueError as error:
        raise SourceMalformed(f"{source}: an id is no id: {error}", source=source) from error


def decode_tags(response: SourceResponse, source: str) -> list[AttributeName]:
    """Names of attributes, without those whose values tell of other projects."""
    answer = read_json(response, _Tags, source)
    return [AttributeName(tag, scope.name) for scope in answer.scopes for tag in scope.tags if tag not in ROOT_TAGS]


def decode_tag_values(response: SourceResponse, source: str) -> list[str]:
    """Values as text. Keywords (of `kind` and `status`) come beside raw numbers, which mean the same and are left out."""
    values = read_json(response, _TagValues, source).values
    has_keywords = any(value.type == "keyword" for value in values)
    return [value.value for value in values if not has_keywords or value.type == "keyword"]


def decode_version(response: SourceResponse, source: str) -> str | None:
    """The version, None where it does not tell."""
    return read_json(response, _BuildInfo, source).version or None


def _found_traces(traces: list[_Trace], rules: tuple[Rule, ...]) -> list[FoundTrace]:
    return [found for found in (_found_trace(trace, rules) for trace in traces) if found.spans]


def _found_trace(trace: _Trace, rules: tuple[Rule, ...]) -> FoundTrace:
    """Several span sets come from `by()`; without it there is one, and `spanSet` repeats the first.

    Where not all that matched is there and some of it is not the scope's, nobody knows how much is.
    """
    sets = trace.span_sets or ([trace.span_set] if trace.span_set else [])
    shown = {span.span_id: span for spans in sets for span in spans.spans}
    own = [span for span in shown.values() if shows_scope(span.attributes, rules)]
    matched = sum(spans.matched for spans in sets)
    return FoundTrace(
        id=id_from_hex(trace.trace_id, 16),
        order_ns=trace.start_ns,
        spans=sorted((_found_span(span) for span in own), key=lambda span: (span.start_ns, span.id)),
        matched=_count_own(own, shown, matched),
    )


def _count_own(own: Sized, shown: Sized, matched: int) -> int | None:
    if len(own) == len(shown):
        return max(matched, len(own))
    return len(own) if matched <= len(shown) else None


def _found_span(span: _Span) -> FoundSpan:
    """Attributes come without their scope, intrinsics as text."""
    texts = {pair.key: label_value(pair.value) for pair in span.attributes}
    return FoundSpan(
        id=id_from_hex(span.span_id, 8),
        name=span.name,
        service=texts.get("service.name"),
        start_ns=span.start_ns,
        duration_ns=span.duration_ns,
        is_root=texts.get("nestedSetParent") == "-1",
        is_error=texts.get("status") == "error",
        attributes=[Label(name, texts[name]) for name in sorted(texts) if name not in _OWN_KEYS],
    )
