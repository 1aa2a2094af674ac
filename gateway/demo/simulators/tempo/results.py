"""A found trace as a search shows it."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.demo.scenario.requests import Request
from gateway.demo.simulators.tempo.traceql.attributes import Attribute
from gateway.demo.simulators.tempo.traceql.getters import Getter, getter, stripped
from gateway.demo.simulators.tempo.traceql.spansets import Spanset
from gateway.demo.simulators.tempo.traceql.views import SpanView
from gateway.demo.simulators.tempo.wire import Json, any_value

_SHOWN_ELSEWHERE = frozenset(
    {"name", "duration", "traceDuration", "rootServiceName", "rootName", "trace:id", "span:id"}
)
_NAME = Attribute("name", intrinsic=True)


def trace_summary(request: Request) -> Json:
    """What is known without looking into the trace. Durations below a millisecond are left out, as nought is."""
    root = request.variant.spans[0]
    shown: Json = {
        "traceID": stripped(request.trace_id),
        "rootServiceName": root.service,
        "rootTraceName": root.name,
        "startTimeUnixNano": str(request.start_ns),
    }
    end = max(span.end_offset_ns for span in request.variant.spans)
    if milliseconds := end // 1_000_000:
        shown["durationMs"] = milliseconds
    return shown


def shown_trace(request: Request, spansets: Sequence[Spanset], attributes: Sequence[Attribute], limit: int) -> Json:
    """`spanSet` is the first of `spanSets`, for clients of old."""
    columns = [(_key(attribute), getter(attribute)) for attribute in attributes if not _is_shown_elsewhere(attribute)]
    shown = [_spanset(spanset, columns, limit, named=_NAME in attributes) for spanset in spansets]
    return {**trace_summary(request), "spanSet": shown[0], "spanSets": shown, "serviceStats": _service_stats(request)}


def _is_shown_elsewhere(attribute: Attribute) -> bool:
    return attribute.intrinsic and attribute.name in _SHOWN_ELSEWHERE


def _key(attribute: Attribute) -> str:
    """Without its scope."""
    return attribute.name


def _spanset(spanset: Spanset, columns: Sequence[tuple[str, Getter]], limit: int, *, named: bool) -> Json:
    shown: Json = {
        "spans": [_span(view, columns, named=named) for view in spanset.views[:limit]],
        "matched": len(spanset.views),
    }
    if spanset.attributes:
        shown["attributes"] = [{"key": key, "value": any_value(value)} for key, value in spanset.attributes]
    return shown


def _span(view: SpanView, columns: Sequence[tuple[str, Getter]], *, named: bool) -> Json:
    span = view.span
    shown: Json = {"spanID": span.span_id}
    if named:
        shown["name"] = span.name
    shown |= {"startTimeUnixNano": str(span.start_ns), "durationNanos": str(span.duration_ns)}
    values = {key: value for key, get in columns if (value := get(view)) is not None}
    if values:
        shown["attributes"] = [{"key": key, "value": any_value(value)} for key, value in values.items()]
    return shown


def _service_stats(request: Request) -> Json:
    stats: dict[str, Json] = {}
    for span in request.variant.spans:
        of_service = stats.setdefault(span.service, {"spanCount": 0})
        of_service["spanCount"] += 1
        if span.status == "ERROR":
            of_service["errorCount"] = of_service.get("errorCount", 0) + 1
    return stats
