"""The simulated Loki as an ASGI application: its routes, and how it refuses."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TypeAlias

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import BaseRoute, Route, WebSocketRoute
from starlette.websockets import WebSocket

from gateway.demo.scenario.scenario import Scenario
from gateway.demo.simulators.loki import fields, index_queries, queries
from gateway.demo.simulators.loki.answers import bare, plain
from gateway.demo.simulators.loki.form import Parameters, from_request
from gateway.demo.simulators.loki.refusals import LokiRefusal
from gateway.demo.simulators.loki.tail import FLAGS_HEADER, tail
from gateway.demo.simulators.loki.tenants import HEADER, Tenants, View

_PREFIX = "/loki/api/v1"
_GZIP_FROM_BYTES = 4096
_MODULES = (
    "query-frontend", "server", "ring", "querier", "distributor", "ruler", "memberlist-kv", "compactor",
    "pattern-ingester", "query-scheduler", "store", "ingester",
)  # fmt: skip

Answer: TypeAlias = Callable[[View, Parameters, Request], Response]
Endpoint: TypeAlias = Callable[[Request], Awaitable[Response]]


def create_app(scenario: Scenario, clock: Callable[[], int], *, multi_tenant: bool = False) -> Starlette:
    """Shape: the HTTP interface of one Loki. Units: `clock` gives nanoseconds since 1970.

    With `multi_tenant`, X-Scope-OrgID is required and each namespace of the scenario is a tenant.
    """
    tenants = Tenants(scenario, clock, separate=multi_tenant)
    app = Starlette(
        routes=_routes(tenants),
        middleware=[Middleware(GZipMiddleware, minimum_size=_GZIP_FROM_BYTES, compresslevel=1)],
        exception_handlers={404: _not_found, 405: _wrong_method, LokiRefusal: _refused},
    )
    app.router.redirect_slashes = False
    return app


def _routes(tenants: Tenants) -> list[BaseRoute]:
    async def follow(websocket: WebSocket) -> None:
        try:
            view = tenants.view(websocket.headers.get(HEADER))
        except LokiRefusal as error:
            await websocket.send_denial_response(Response(error.text, error.status, media_type="text/plain"))
            return
        await tail(websocket, view.store)

    queried = [
        Route(f"{_PREFIX}/{path}", _endpoint(tenants, answer), methods=["GET", "POST"]) for path, answer in _ANSWERS
    ]
    return [
        *queried,
        WebSocketRoute(f"{_PREFIX}/tail", follow),
        Route(f"{_PREFIX}/tail", _no_upgrade),
        Route(f"{_PREFIX}/status/buildinfo", _build_info),
        Route("/prometheus/api/v1/rules", _rules),
        Route("/ready", _ready),
        Route("/services", _services),
    ]


_ANSWERS: tuple[tuple[str, Answer], ...] = (
    (
        "query_range",
        lambda view, form, request: queries.query_range(view.samples, form, categorize=_categorize(request)),
    ),
    ("query", lambda view, form, _: queries.query(view.samples, form)),
    ("format_query", lambda _view, form, _: queries.format_query(form)),
    ("labels", lambda view, form, _: index_queries.labels(view.store, form)),
    ("label", lambda view, form, _: index_queries.labels(view.store, form)),
    ("label/{name}/values", lambda view, form, request: index_queries.label_values(view.store, form, _name(request))),
    ("series", lambda view, form, _: index_queries.series(view.store, form)),
    ("index/stats", lambda view, form, _: index_queries.index_stats(view.store, view.volumes, form)),
    ("index/volume", lambda view, form, _: index_queries.index_volume(view.store, view.volumes, form)),
    ("index/volume_range", lambda view, form, _: index_queries.index_volume_range(view.store, view.volumes, form)),
    ("patterns", lambda view, form, _: view.patterns.answer(form)),
    ("detected_labels", lambda view, form, _: index_queries.detected_labels(view.store, form)),
    ("detected_fields", lambda view, form, _: fields.detected_fields(view.store, form)),
    (
        "detected_field/{name}/values",
        lambda view, form, request: fields.detected_field_values(view.store, form, _name(request)),
    ),
)


def _endpoint(tenants: Tenants, answer: Answer) -> Endpoint:
    """Runs beside the event loop: a long range may take seconds, and the others shall not wait for it."""

    async def endpoint(request: Request) -> Response:
        view, form = tenants.view(request.headers.get(HEADER)), await from_request(request)
        return await run_in_threadpool(answer, view, form, request)

    return endpoint


def _categorize(request: Request) -> bool:
    return "categorize-labels" in request.headers.get(FLAGS_HEADER, "")


def _name(request: Request) -> str:
    return str(request.path_params["name"])


async def _refused(_request: Request, error: Exception) -> Response:
    assert isinstance(error, LokiRefusal)
    return plain(error.text, error.status)


async def _not_found(_request: Request, _error: Exception) -> Response:
    return plain("404 page not found\n", 404)


async def _wrong_method(_request: Request, _error: Exception) -> Response:
    return Response(status_code=405)


async def _no_upgrade(_request: Request) -> Response:
    return plain("Bad Request\n", 400)


async def _ready(_request: Request) -> Response:
    return plain("ready\n")


async def _services(_request: Request) -> Response:
    return plain("".join(f"{name} => Running\n" for name in _MODULES))


async def _rules(_request: Request) -> Response:
    return bare({"status": "success", "data": {"groups": []}, "errorType": "", "error": ""}, 200, "application/json")


async def _build_info(_request: Request) -> Response:
    names = ("version", "revision", "branch", "buildUser", "buildDate", "goVersion")
    return bare(dict.fromkeys(names, "") | {"version": "3.8.0-demo", "goVersion": "go1.27.3"}, 200, "application/json")
