"""A trace in Tempo's compact form for language models: hex ids, plain values, sorted attributes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from gateway.demo.scenario.signals import SpanData
from gateway.demo.simulators.tempo.traceql.getters import SCOPE_VERSION, instrumentation_name
from gateway.demo.simulators.tempo.wire import Json


def compact_trace(trace_id: str, spans: Sequence[SpanData]) -> Json:
    by_service: dict[str, list[SpanData]] = {}
    for span in spans:
        by_service.setdefault(span.service, []).append(span)
    return {"traceId": trace_id, "services": [_service(name, group) for name, group in by_service.items()]}


def _service(name: str, spans: Sequence[SpanData]) -> Json:
    resource = {key: value for key, value in _sorted(spans[0].resource).items() if key != "service.name"}
    scope = {"name": instrumentation_name(spans[0]), "version": SCOPE_VERSION, "spans": [_span(span) for span in spans]}
    return {"serviceName": name, "resource": resource, "scopes": [scope]}


def _span(span: SpanData) -> Json:
    shown: Json = {"spanId": span.span_id, "name": span.name}
    if span.parent_id:
        shown["parentSpanId"] = span.parent_id
    shown |= {
        "kind": f"SPAN_KIND_{span.kind}",
        "startTimeUnixNano": str(span.start_ns),
        "endTimeUnixNano": str(span.start_ns + span.duration_ns),
        "durationMs": span.duration_ns / 1e6,
        "attributes": _sorted(span.attributes),
    }
    if span.events:
        shown["events"] = [
            {"name": event.name, "timeUnixNano": str(event.at_ns), "attributes": _sorted(event.attributes)}
            for event in span.events
        ]
    if span.links:
        shown["links"] = [
            {"traceId": link.trace_id, "spanId": link.span_id, "attributes": _sorted(link.attributes)}
            for link in span.links
        ]
    return {**shown, "status": {"code": f"STATUS_CODE_{span.status}", "message": span.status_message}}


def _sorted(values: Mapping[str, Any]) -> Json:
    return dict(sorted(values.items()))
