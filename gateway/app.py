"""The ASGI application: routes, middleware and the lifespan as visible lists."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles

from .context import ContextMaker
from .execution.pipeline import Pipeline
from .graphql_pipeline import make_pipeline
from .middleware.access_log import AccessLog
from .middleware.compression import Compression
from .middleware.security_headers import SecurityHeaders
from .readiness import Readiness
from .resources import Resources
from .routes.graphql import GraphQLEndpoint
from .routes.health import HealthRoutes
from .routes.live.connections import LiveConnections
from .routes.live.endpoint import GraphQLSockets
from .routes.live.service import Live
from .routes.live.viewers import Viewers
from .routes.pages import STATIC, Pages
from .routes.preflight import FORCING
from .routes.reading import ReadingLimits
from .settings import Settings
from .workers.account_retention import AccountRetention
from .workers.last_use import LastUseWriter
from .workers.retention import Retention
from .workers.source_health import SourceHealth
from .workers.source_probes import SourceProbes


def create_app(resources: Resources, *, demo_account: dict[str, str] | None = None) -> Starlette:
    """The gateway. `demo_account` signs GraphiQL in: {email, password}."""
    contexts, pipeline = ContextMaker(resources), make_pipeline(resources)
    live = _live(resources.settings, pipeline, contexts)
    endpoint = GraphQLEndpoint(pipeline, contexts, _reading_limits(resources.settings), live)
    readiness = Readiness()
    retention, health = Retention(resources), SourceHealth(resources)
    accounts, last_use, probes = AccountRetention(resources), LastUseWriter(resources), SourceProbes(resources)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        workers = (retention, health, accounts, last_use, probes, live.viewers)
        async with AsyncExitStack() as running:
            for worker in workers:
                await running.enter_async_context(worker.running())
            yield

    app = Starlette(
        routes=[
            WebSocketRoute("/graphql", GraphQLSockets(live)),
            *_routes(
                endpoint,
                HealthRoutes(resources, readiness),
                Pages(resources.settings, demo_account),
                resources.settings,
            ),
        ],
        middleware=_middleware(resources.settings),
        lifespan=lifespan,
    )
    app.state.connections, app.state.readiness = live.connections, readiness
    return app


def _reading_limits(settings: Settings) -> ReadingLimits:
    return ReadingLimits(
        body_max_bytes=settings.body_max_bytes,
        body_timeout_s=settings.request_timeout_s,
        batch_max=settings.batch_max,
    )


def _live(settings: Settings, pipeline: Pipeline, contexts: ContextMaker) -> Live:
    own = (settings.public_url,) if settings.public_url else ()
    return Live(
        pipeline=pipeline,
        make_context=contexts.live,
        viewers=Viewers(contexts.identify, every_s=settings.live.recheck_s),
        connections=LiveConnections(settings.live.max_connections),
        limits=settings.live.limits(),
        allowed_origins=(*settings.allowed_origins, *own),
    )


def _routes(endpoint: Any, health: HealthRoutes, pages: Pages, settings: Settings) -> list[BaseRoute]:
    routes: list[BaseRoute] = [
        Route("/graphql", endpoint),
        Route("/health/live", health.live),
        Route("/health/ready", health.ready),
        Route("/.well-known/jwks.json", health.jwks),
    ]
    if settings.graphiql:
        routes += [
            Route("/", pages.home),
            Route("/graphiql", pages.graphiql),
            Mount("/static/graphiql", StaticFiles(directory=STATIC / "graphiql")),
        ]
    return routes


def _middleware(settings: Settings) -> list[Middleware]:
    found = [Middleware(AccessLog), Middleware(SecurityHeaders)]
    if settings.allowed_origins:
        everybody = "*" in settings.allowed_origins
        found.append(
            Middleware(
                CORSMiddleware,
                allow_origins=["*"] if everybody else list(settings.allowed_origins),
                allow_methods=["GET", "POST"],
                allow_headers=[
                    "authorization",
                    "content-type",
                    "traceparent",
                    "x-graphql-cost",
                    "x-request-id",
                    *FORCING,
                ],
                expose_headers=[
                    "x-request-id",
                    "retry-after",
                    "ratelimit-limit",
                    "ratelimit-remaining",
                    "ratelimit-reset",
                ],
                max_age=3600,
            )
        )
    return [*found, Middleware(Compression)]
