"""A trace of five spans, small enough to know by heart.

shop     (server, frontend, 1 s)
|- call  (client, frontend, 600 ms, error)
|  `- pay    (server, payment, 500 ms, error, two events)
|     `- db  (client, payment, 100 ms)
`- render    (internal, frontend, 50 ms)
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

from gateway.demo.scenario.signals import SpanData, SpanEvent
from gateway.demo.simulators.tempo.traceql.parser import parse_query
from gateway.demo.simulators.tempo.traceql.spansets import Spanset, compile_pipeline
from gateway.demo.simulators.tempo.traceql.validation import validate
from gateway.demo.simulators.tempo.traceql.views import TraceView

MS = 1_000_000
TRACE_ID = "0af7651916cd43dd8448eb211c80319c"
EVENTS = (
    SpanEvent("retry", 250 * MS, {"attempt": 2}),
    SpanEvent("exception", 600 * MS, {"exception.type": "Timeout", "exception.escaped": False}),
)


def _span(position: int, parent: int | None, service: str, name: str, kind: str, ms: int, **rest: Any) -> SpanData:
    resource = {"service.name": service, "service.namespace": "shop"}
    given: dict[str, Any] = {"status": "UNSET", "status_message": "", "attributes": {}, "events": (), **rest}
    return SpanData(
        trace_id=TRACE_ID,
        span_id=f"{position + 1:016x}",
        parent_id=None if parent is None else f"{parent + 1:016x}",
        service=service,
        namespace="shop",
        name=name,
        kind=kind,
        start_ns=position * MS,
        duration_ns=ms * MS,
        links=(),
        resource=resource,
        **given,
    )


PARENTS = (None, 0, 1, 2, 0)
SPANS = (
    _span(0, None, "frontend", "shop", "SERVER", 1000, attributes={"http.status": 502, "ratio": 0.5, "ok": True}),
    _span(1, 0, "frontend", "call", "CLIENT", 600, status="ERROR", attributes={"http.status": 502, "peer": "payment"}),
    _span(2, 1, "payment", "pay", "SERVER", 500, status="ERROR", status_message="late", events=EVENTS),
    _span(3, 2, "payment", "db", "CLIENT", 100, attributes={"tables": ["orders", "users"], "rows": 3}),
    _span(4, 0, "frontend", "render", "INTERNAL", 50, attributes={"service.name": "override", "rows": 5, "a b": 1}),
)


def small_trace() -> TraceView:
    placed = [
        SimpleNamespace(parent=parent, end_offset_ns=span.start_ns + span.duration_ns)
        for parent, span in zip(PARENTS, SPANS, strict=True)
    ]
    request = SimpleNamespace(
        trace_id=TRACE_ID, variant=SimpleNamespace(spans=placed), span=lambda position: SPANS[position]
    )
    return TraceView(request)  # type: ignore[arg-type]


def run(query: str) -> list[Spanset]:
    parsed = parse_query(query)
    validate(parsed)
    return compile_pipeline(parsed.expression)(small_trace())  # type: ignore[arg-type]


def found(query: str) -> list[str]:
    """The names of the spans of all spansets, in order."""
    return [view.span.name for spanset in run(query) for view in spanset.views]
