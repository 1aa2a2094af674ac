"""One small service of a shop: SHOP_SERVICE names which. It works a little, calls others, and sometimes fails."""

from __future__ import annotations

import asyncio
import os
import random
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import telemetry
from opentelemetry import propagate
from opentelemetry.trace import SpanKind, Status, StatusCode
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route


@dataclass(frozen=True)
class Endpoint:
    """One route: how long it works by itself, whom it calls, and how often it fails by itself."""

    method: str
    path: str
    work_s: float
    calls: tuple[tuple[str, str, str], ...] = ()
    failure_ratio: float = 0.0
    failure: str = ""


PRODUCTS = ("GET", "catalog", "/products")
SERVICES: dict[str, tuple[Endpoint, ...]] = {
    "frontend": (
        Endpoint("GET", "/", 0.005, (PRODUCTS,)),
        Endpoint("POST", "/checkout", 0.008, (PRODUCTS, ("POST", "checkout", "/orders"))),
    ),
    "catalog": (Endpoint("GET", "/products", 0.012),),
    "checkout": (Endpoint("POST", "/orders", 0.015, (("POST", "payment", "/charges"),)),),
    "payment": (Endpoint("POST", "/charges", 0.04, failure_ratio=0.04, failure="card processor timed out"),),
}


class CallFailed(Exception):
    """A service that was called answered with an error."""


def create_app(service: str) -> Starlette:
    """The service as an ASGI app."""
    signals = telemetry.start(service, os.environ.get("HOSTNAME", f"{service}-1"))
    client = httpx.AsyncClient(timeout=5)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with client:
            yield

    routes = [
        Route(endpoint.path, _handler(endpoint, signals, client), methods=[endpoint.method])
        for endpoint in SERVICES[service]
    ]
    return Starlette(routes=[*routes, Route("/health", _health)], lifespan=lifespan)


async def _health(request: Request) -> Response:
    return JSONResponse({"status": "live"})


def _handler(endpoint: Endpoint, signals: telemetry.Telemetry, client: httpx.AsyncClient) -> Callable[..., object]:
    async def handle(request: Request) -> Response:
        started = time.perf_counter()
        attributes = {"http.request.method": endpoint.method, "http.route": endpoint.path, "url.scheme": "http"}
        with signals.tracer.start_as_current_span(
            f"{endpoint.method} {endpoint.path}",
            context=propagate.extract(request.headers),
            kind=SpanKind.SERVER,
            attributes=attributes,
            record_exception=False,
        ) as span:
            status = 200
            try:
                await _work(endpoint, signals, client)
            except (CallFailed, httpx.HTTPError, TimeoutError) as error:
                status = 500 if isinstance(error, TimeoutError) else 502
                span.record_exception(error)
                span.set_status(Status(StatusCode.ERROR, str(error)))
            span.set_attribute("http.response.status_code", status)
            seconds = time.perf_counter() - started
            # Within the span, so that the observation carries the trace as its exemplar.
            signals.duration.record(seconds, {**attributes, "http.response.status_code": status})
            signals.log(
                "ERROR" if status >= 500 else "INFO",
                f"{endpoint.method} {endpoint.path} {status}",
                **{
                    "http.route": endpoint.path,
                    "http.response.status_code": status,
                    "duration_ms": round(seconds * 1000),
                },
            )
        return JSONResponse({"status": status}, status)

    return handle


async def _work(endpoint: Endpoint, signals: telemetry.Telemetry, client: httpx.AsyncClient) -> None:
    await asyncio.sleep(random.lognormvariate(0, 0.5) * endpoint.work_s)
    for method, server, path in endpoint.calls:
        await _call(signals, client, method, server, path)
    if random.random() < endpoint.failure_ratio:
        raise TimeoutError(endpoint.failure)


async def _call(signals: telemetry.Telemetry, client: httpx.AsyncClient, method: str, server: str, path: str) -> None:
    attributes = {"http.request.method": method, "server.address": server, "url.path": path}
    with signals.tracer.start_as_current_span(method, kind=SpanKind.CLIENT, attributes=attributes) as span:
        headers: dict[str, str] = {}
        propagate.inject(headers)
        response = await client.request(method, f"http://{_address(server)}{path}", headers=headers)
        span.set_attribute("http.response.status_code", response.status_code)
        if response.is_error:
            raise CallFailed(f"{server} answered {response.status_code}")


def _address(server: str) -> str:
    return os.environ.get(f"{server.upper()}_ADDRESS", f"shop-{server}:8000")


def from_environment() -> Starlette:
    """For uvicorn's --factory."""
    return create_app(os.environ["SHOP_SERVICE"])
