"""Prometheus's HTTP interface as an ASGI app."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from threading import Lock

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from gateway.demo.scenario import Scenario
from gateway.demo.simulators.prometheus import metadata, queries, rules
from gateway.demo.simulators.prometheus.answers import failure, success
from gateway.demo.simulators.prometheus.parameters import BadData, Parameters
from gateway.demo.simulators.prometheus.storage.scenario import ScenarioStorage
from gateway.demo.simulators.prometheus.values import format_datetime

Handler = Callable[[Parameters, Request], Response]
Endpoint = Callable[[Request], Awaitable[Response]]

VERSION = "3.14.0"


def create_app(scenario: Scenario, clock: Callable[[], int]) -> Starlette:
    """`clock` gives nanoseconds since 1970. Evaluation runs in a thread, one query at a time."""
    storage, turn = ScenarioStorage(scenario, clock), Lock()
    started_ms = storage.now_ms()

    def answered(handler: Handler) -> Endpoint:
        def in_turn(parameters: Parameters, request: Request) -> Response:
            with turn:
                return handler(parameters, request)

        async def endpoint(request: Request) -> Response:
            try:
                return await run_in_threadpool(in_turn, await Parameters.of(request), request)
            except BadData as fault:
                return failure(400, "bad_data", str(fault))

        return endpoint

    def get(path: str, handler: Handler, *, post: bool = False) -> Route:
        return Route(path, answered(handler), methods=["GET", "POST"] if post else ["GET"])

    routes = [
        get("/api/v1/query", lambda given, _: queries.query(storage, given, storage.now_ms()), post=True),
        get("/api/v1/query_range", lambda given, _: queries.query_range(storage, given), post=True),
        get(
            "/api/v1/query_exemplars",
            lambda given, _: queries.query_exemplars(storage, given, storage.now_ms()),
            post=True,
        ),
        get("/api/v1/format_query", lambda given, _: queries.format_query(given), post=True),
        get("/api/v1/series", lambda given, _: metadata.series(storage, given), post=True),
        get("/api/v1/labels", lambda given, _: metadata.label_names(storage, given), post=True),
        get(
            "/api/v1/label/{name}/values",
            lambda given, asked: metadata.label_values(storage, asked.path_params["name"], given),
        ),
        get("/api/v1/metadata", lambda given, _: metadata.metadata(given)),
        get("/api/v1/rules", lambda given, _: rules.rules(storage, given, storage.now_ms())),
        get("/api/v1/alerts", lambda given, _: rules.alerts(storage, storage.now_ms())),
        get("/api/v1/status/buildinfo", lambda given, _: _build()),
        get("/api/v1/status/runtimeinfo", lambda given, _: _runtime(started_ms, storage.now_ms())),
        Route("/-/healthy", lambda request: PlainTextResponse("Prometheus Server is Healthy.\n"), methods=["GET"]),
        Route("/-/ready", lambda request: PlainTextResponse("Prometheus Server is Ready.\n"), methods=["GET"]),
    ]
    handlers = {404: _not_found, 405: _not_allowed}
    return Starlette(
        routes=routes,
        middleware=[Middleware(GZipMiddleware, minimum_size=1, compresslevel=1)],
        exception_handlers=handlers,
    )


def _build() -> Response:
    return success(
        {
            "version": VERSION,
            "revision": "",
            "branch": "HEAD",
            "buildUser": "",
            "buildDate": "",
            "goVersion": "go1.27.3",
        }
    )


def _runtime(started_ms: int, now_ms: int) -> Response:
    return success(
        {
            "startTime": format_datetime(started_ms),
            "CWD": "/prometheus",
            "hostname": "prometheus",
            "serverTime": format_datetime(now_ms),
            "reloadConfigSuccess": True,
            "lastConfigTime": format_datetime(started_ms),
            "corruptionCount": 0,
            "goroutineCount": 40,
            "GOMAXPROCS": 2,
            "GOMEMLIMIT": 1 << 33,
            "GOGC": "75",
            "GODEBUG": "",
            "storageRetention": "2d",
        }
    )


async def _not_found(request: Request, error: Exception) -> Response:
    return PlainTextResponse("404 page not found\n", 404, {"x-content-type-options": "nosniff"})


async def _not_allowed(request: Request, error: Exception) -> Response:
    allowed = dict((error.headers if isinstance(error, HTTPException) else None) or {}).get("Allow", "GET")
    names = ", ".join(sorted({name.strip() for name in allowed.split(",")} - {"HEAD"} | {"OPTIONS"}))
    return PlainTextResponse("Method Not Allowed\n", 405, {"allow": names, "x-content-type-options": "nosniff"})
