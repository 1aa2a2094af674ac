"""An endpoint like the gateway's on a schema of a few fields, without a store and without sources."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from itertools import count
from types import SimpleNamespace
from typing import Any, cast

import httpx
import strawberry
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.routing import Route

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import SourceUnavailable
from datasources.rate_limits.memory import MemoryRateLimiter
from gateway.execution.cost import Budgets
from gateway.execution.documents import Documents
from gateway.execution.limits import Limits
from gateway.execution.phases import phases
from gateway.execution.pipeline import Pipeline
from gateway.execution.rate_limit import RateLimit, Rates
from gateway.execution.trusted import TrustedDocuments
from gateway.routes.graphql import GraphQLEndpoint
from gateway.routes.reading import ReadingLimits
from resolvers.access import ANONYMOUS
from resolvers.context import RequestContext
from resolvers.loaders import Loaders

_numbers = count(1)


@strawberry.type
class Thing:
    name: str = "thing"

    @strawberry.field
    def thing(self) -> Thing:
        return Thing()


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    def thing(self) -> Thing:
        return Thing()

    @strawberry.field
    def things(self, first: int = 10) -> list[Thing]:
        return [Thing()] * min(first, 100)

    @strawberry.field
    def broken(self) -> str | None:
        raise SourceUnavailable("no connection", source="tempo")

    @strawberry.field
    def internal(self) -> str | None:
        raise ValueError("the secret is in /etc/secret, class Secret")

    @strawberry.field
    def context_number(self, info: strawberry.Info) -> int:
        return cast(int, info.context.number)

    @strawberry.field
    async def slow(self, info: strawberry.Info) -> str | None:
        try:
            await asyncio.sleep(30)
        finally:
            info.context.ended.set()
        return "late"


@strawberry.type
class Mutation:
    @strawberry.mutation
    def change(self) -> bool:
        return True


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self) -> AsyncIterator[int]:
        yield 1


SCHEMA = strawberry.Schema(Query, Mutation, Subscription)._schema


def pipeline(*, limits: Limits = Limits(), trusted: TrustedDocuments | None = None, **options: Any) -> Pipeline:  # noqa: B008
    """All phases over the tiny schema."""
    documents = Documents(SCHEMA, limits=limits, size=100, introspection=options.pop("introspection", True))
    rate_limit = options.pop("rate_limit", None) or RateLimit(MemoryRateLimiter(), Rates())
    listed = phases(
        SCHEMA,
        trusted=trusted or TrustedDocuments(),
        documents=documents,
        budgets=options.pop("budgets", Budgets()),
        rate_limit=rate_limit,
    )
    return Pipeline(SCHEMA, listed, charge_refused=rate_limit.charge_refused, **options)


def context(*, seconds: float = 5.0, principal: Any = ANONYMOUS, address: str = "192.0.2.1") -> RequestContext:
    """A request's context, with an event that `slow` sets when it is ended."""
    call = Call(Deadline.after(seconds), Ledger())
    found = SimpleNamespace(call=call, principal=principal, now_ns=0, client_address=address)
    found.ended, found.number = asyncio.Event(), next(_numbers)
    found.loaders = Loaders(cast(RequestContext, found))
    return cast(RequestContext, found)


async def make_context(connection: HTTPConnection) -> RequestContext:
    """As the gateway's, for whoever it is."""
    return context()


def endpoint(limits: ReadingLimits = ReadingLimits(), **options: Any) -> GraphQLEndpoint:  # noqa: B008
    """The endpoint over HTTP."""
    return GraphQLEndpoint(pipeline(**options), options.pop("make_context", make_context), limits)


def app(limits: ReadingLimits = ReadingLimits(), **options: Any) -> Starlette:  # noqa: B008
    """The endpoint at /graphql."""
    return Starlette(routes=[Route("/graphql", endpoint(limits, **options))])


def client(app: Any) -> httpx.AsyncClient:
    """Asks an app without a socket; what the app raises is raised here."""
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway.test", timeout=10)
