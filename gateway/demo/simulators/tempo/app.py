"""The simulated Tempo as an ASGI app: routes to answers, refusals to plain text."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import orjson
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from gateway.demo.scenario import Scenario
from gateway.demo.simulators.tempo.history import History
from gateway.demo.simulators.tempo.llm import compact_trace
from gateway.demo.simulators.tempo.metrics import Metrics
from gateway.demo.simulators.tempo.parameters import BadRequest, trace_id
from gateway.demo.simulators.tempo.protobuf import trace_by_id_response, traces_data
from gateway.demo.simulators.tempo.queries import Queries
from gateway.demo.simulators.tempo.search import Search
from gateway.demo.simulators.tempo.tags import Tags
from gateway.demo.simulators.tempo.templates import Templates
from gateway.demo.simulators.tempo.traceql.errors import InvalidQuery
from gateway.demo.simulators.tempo.traces import FILTERED, Traces, resource_spans

PROTOBUF = "application/protobuf"
LLM = "application/vnd.grafana.llm"
BUILD = dict.fromkeys(("version", "revision", "branch", "buildUser", "buildDate"), "") | {"goVersion": "go1.27.3"}
INSPECTED_BYTES = 7_098_063
_VARY = {"vary": "Accept-Encoding"}
_NOSNIFF = {"x-content-type-options": "nosniff"}
_METHODS = ["GET", "POST"]
"""A POST's body is ignored, as the real one does."""


def create_app(scenario: Scenario, clock: Callable[[], int]) -> ASGIApp:
    """`clock` gives nanoseconds since 1970. The endpoints are no coroutines: they compute, and run in threads."""
    history = History(scenario, Templates())
    queries = Queries(history.templates)
    search, metrics, tags = Search(history, queries, clock), Metrics(history, queries, clock), Tags(history, clock)
    traces = TraceEndpoints(Traces(history, clock))
    routes = [
        Route("/api/traces/{id}", traces.v1, methods=_METHODS),
        Route("/api/v2/traces/{id}", traces.v2, methods=_METHODS),
        Route("/api/search", _json(lambda request: search.answer(request.query_params)), methods=_METHODS),
        Route("/api/search/tags", _json(lambda r: tags.names_v1(r.query_params)), methods=_METHODS),
        Route("/api/v2/search/tags", _json(lambda r: tags.names(r.query_params)), methods=_METHODS),
        Route(
            "/api/search/tag/{tag:path}/values",
            _json(lambda r: tags.values_v1(r.path_params["tag"], r.query_params)),
            methods=_METHODS,
        ),
        Route(
            "/api/v2/search/tag/{tag:path}/values",
            _json(lambda r: tags.values(r.path_params["tag"], r.query_params)),
            methods=_METHODS,
        ),
        Route("/api/metrics/query_range", _json(lambda r: metrics.query_range(r.query_params)), methods=_METHODS),
        Route("/api/metrics/query", _json(lambda r: metrics.query(r.query_params)), methods=_METHODS),
        Route("/ready", _text("ready\n")),
        Route("/api/echo", _text("echo\n")),
        Route("/api/status/buildinfo", _build_info),
    ]
    handlers = {BadRequest: _refuse, InvalidQuery: _refuse, HTTPException: _http_error}
    return Starlette(routes=routes, exception_handlers=handlers)


class TraceEndpoints:
    """One trace, in the form that `Accept` asks for."""

    def __init__(self, traces: Traces) -> None:
        self._traces = traces

    def v1(self, request: Request) -> Response:
        spans = self._traces.spans(trace_id(request.path_params["id"]), request.query_params)
        if not spans:
            return Response(status_code=404, headers=_VARY)
        if PROTOBUF in request.headers.get("accept", ""):
            return Response(traces_data(spans), media_type=PROTOBUF, headers=_VARY)
        return _answer({"batches": resource_spans(spans)})

    def v2(self, request: Request) -> Response:
        wanted = trace_id(request.path_params["id"])
        spans, partial = self._traces.filtered(wanted, request.query_params)
        accept = request.headers.get("accept", "")
        if PROTOBUF in accept:
            return Response(trace_by_id_response(spans), media_type=PROTOBUF, headers=_VARY)
        if not spans:
            return _answer({"trace": {}, "metrics": {}})
        status = {"status": "PARTIAL", "message": FILTERED} if partial else {}
        if LLM in accept:
            metrics = {"inspectedBytes": INSPECTED_BYTES}
            body = {"trace": compact_trace(wanted, spans), "metrics": metrics, "status": "COMPLETE", **status}
            return Response(orjson.dumps(body), media_type=f"{LLM}+json", headers=_VARY)
        trace = {"resourceSpans": resource_spans(spans)}
        return _answer({"trace": trace, "metrics": {"inspectedBytes": str(INSPECTED_BYTES)}, **status})


def _json(answer: Callable[[Request], Any]) -> Callable[[Request], Response]:
    def endpoint(request: Request) -> Response:
        return _answer(answer(request))

    return endpoint


def _answer(body: Any) -> Response:
    return Response(orjson.dumps(body), media_type="application/json", headers=_VARY)


def _text(text: str) -> Callable[[Request], Response]:
    def endpoint(_: Request) -> Response:
        return PlainTextResponse(text, headers=_NOSNIFF)

    return endpoint


def _build_info(_: Request) -> Response:
    return Response(orjson.dumps(BUILD), media_type="application/json")


def _refuse(_: Request, error: Exception) -> Response:
    return PlainTextResponse(str(error), status_code=400, headers=_VARY)


def _http_error(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    text = "404 page not found\n" if error.status_code == 404 else ""
    return PlainTextResponse(text, status_code=error.status_code, headers={**_NOSNIFF, **(error.headers or {})})
