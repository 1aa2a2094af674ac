"""GET /api/traces and /api/v2/traces: one trace as OTLP, whole or cut down to the spans that a filter finds."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from gateway.demo.scenario.requests import Request
from gateway.demo.scenario.signals import SpanData
from gateway.demo.simulators.tempo.history import History
from gateway.demo.simulators.tempo.parameters import BadRequest, check_query_size, second_range
from gateway.demo.simulators.tempo.traceql.errors import InvalidQuery
from gateway.demo.simulators.tempo.traceql.getters import SCOPE_VERSION, instrumentation_name
from gateway.demo.simulators.tempo.traceql.nodes import Pipeline, SpansetFilter
from gateway.demo.simulators.tempo.traceql.parser import parse_query
from gateway.demo.simulators.tempo.traceql.spansets import compile_pipeline
from gateway.demo.simulators.tempo.traceql.validation import validate
from gateway.demo.simulators.tempo.wire import Json, base64_id, key_values

FILTERED = "Trace filtered, only a subset of spans matching the filter is returned"


class Traces:
    """Looks traces up. Spans are seen as soon as they have ended, long before a search finds them."""

    def __init__(self, history: History, clock: Callable[[], int]) -> None:
        self._history = history
        self._clock = clock

    def spans(self, trace_id: str, params: Mapping[str, str]) -> Sequence[SpanData]:
        """Shape: empty where there is no such trace. Raises: BadRequest."""
        second_range(params)
        request = self._history.scenario.request(trace_id)
        if request is None:
            return ()
        now = self._clock()
        return [span for span in request.spans if span.start_ns + span.duration_ns <= now]

    def filtered(self, trace_id: str, params: Mapping[str, str]) -> tuple[Sequence[SpanData], bool]:
        """The spans that `q` finds, with their ancestors if `keep_hierarchy` asks for it; and whether any are missing."""
        check_query_size(params)
        wanted = _filter(params.get("q", ""))
        spans = self.spans(trace_id, params)
        request = self._history.scenario.request(trace_id)
        if wanted is None or request is None or not spans:
            return spans, False
        kept = self._kept(request, wanted, hierarchy=params.get("keep_hierarchy") == "true")
        remaining = [span for span in spans if span.span_id in kept]
        return remaining, len(remaining) < len(spans)

    def _kept(self, request: Request, wanted: Pipeline, *, hierarchy: bool) -> set[str]:
        trace = self._history.templates.trace(request)
        kept: set[str] = set()
        for spanset in compile_pipeline(wanted)(trace):
            for view in spanset.views:
                position: int | None = view.position
                while position is not None:
                    kept.add(trace.views[position].span.span_id)
                    position = trace.parents[position] if hierarchy else None
        return kept


def _filter(text: str) -> Pipeline | None:
    """Raises: BadRequest."""
    if not text:
        return None
    try:
        query = parse_query(text)
        validate(query)
    except InvalidQuery as error:
        raise BadRequest(f"invalid TraceQL filter: failed to parse TraceQL spanset filter: {error}") from error
    expression = query.expression
    if not isinstance(expression, Pipeline) or len(expression.stages) != 1:
        raise BadRequest("invalid TraceQL filter: failed to parse TraceQL spanset filter: expected one spanset filter")
    if not isinstance(expression.stages[0], SpansetFilter):
        raise BadRequest("invalid TraceQL filter: failed to parse TraceQL spanset filter: expected one spanset filter")
    return expression


def resource_spans(spans: Sequence[SpanData]) -> list[Json]:
    """OTLP in protojson: ids in base64, one ResourceSpans per service, nothing that has its default."""
    by_service: dict[str, list[SpanData]] = {}
    for span in spans:
        by_service.setdefault(span.service, []).append(span)
    return [
        {
            "resource": {"attributes": key_values(group[0].resource)},
            "scopeSpans": [
                {
                    "scope": {"name": instrumentation_name(group[0]), "version": SCOPE_VERSION},
                    "spans": [_span(span) for span in group],
                }
            ],
        }
        for group in by_service.values()
    ]


def _span(span: SpanData) -> Json:
    shown: Json = {"traceId": base64_id(span.trace_id), "spanId": base64_id(span.span_id)}
    if span.parent_id:
        shown["parentSpanId"] = base64_id(span.parent_id)
    shown |= {
        "name": span.name,
        "kind": f"SPAN_KIND_{span.kind}",
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.start_ns + span.duration_ns),
    }
    if span.attributes:
        shown["attributes"] = key_values(span.attributes)
    if span.events:
        shown["events"] = [
            {"timeUnixNano": str(event.at_ns), "name": event.name, "attributes": key_values(event.attributes)}
            for event in span.events
        ]
    if span.links:
        shown["links"] = [
            {
                "traceId": base64_id(link.trace_id),
                "spanId": base64_id(link.span_id),
                "attributes": key_values(link.attributes),
            }
            for link in span.links
        ]
    shown["status"] = _status(span)
    return shown


def _status(span: SpanData) -> Json:
    status = {"message": span.status_message} if span.status_message else {}
    return status if span.status == "UNSET" else {**status, "code": f"STATUS_CODE_{span.status}"}
