"""The endpoint with its live transports on a schema of a few fields, on a real socket, without a store and without sources."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from typing import Any, cast
from uuid import UUID

import msgspec
import strawberry
import uvicorn
from starlette.applications import Starlette
from starlette.requests import HTTPConnection
from starlette.routing import Route, WebSocketRoute
from strawberry.schema.config import StrawberryConfig

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import Forbidden, SourceUnavailable, Unauthenticated
from datasources.records.users import Role
from gateway.execution.documents import Documents
from gateway.execution.limits import Limits
from gateway.execution.pipeline import Pipeline
from gateway.execution.selection import select_operation
from gateway.execution.trusted import TrustedDocuments
from gateway.live_limits import LiveLimits
from gateway.routes.graphql import GraphQLEndpoint
from gateway.routes.live.connections import LiveConnections
from gateway.routes.live.endpoint import GraphQLSockets
from gateway.routes.live.service import Live
from gateway.routes.live.viewers import Viewers
from gateway.routes.reading import ReadingLimits
from gateway.server import GatewayServer
from resolvers.access import ANONYMOUS, Principal
from resolvers.context import RequestContext

PROJECT = UUID(int=1)
SECRET = "the secret is in /etc/secret, class Secret"


@dataclass
class Journal:
    """What resolvers saw: how many of them run, and when they were ended."""

    running: int = 0
    ended_at: list[float] = field(default_factory=list)
    contexts: list[Any] = field(default_factory=list)

    @contextmanager
    def entry(self) -> Iterator[None]:
        """Around a resolver that may be ended."""
        self.running += 1
        try:
            yield
        finally:
            self.running -= 1
            self.ended_at.append(time.monotonic())


JOURNAL = Journal()


@strawberry.type
class Slow:
    """Sections that take their time, or fail."""

    @strawberry.field
    def name(self) -> str:
        return "quick"

    @strawberry.field
    async def late(self, seconds: float = 0.1) -> str | None:
        with JOURNAL.entry():
            await asyncio.sleep(seconds)
        return "late"

    @strawberry.field
    async def broken(self) -> str | None:
        raise SourceUnavailable("no connection", source="loki")

    @strawberry.field
    async def required(self) -> str:
        raise ValueError(SECRET)

    @strawberry.field
    def numbers(self, count: int = 5) -> list[int]:
        return list(range(count))


class MomentRecord(msgspec.Struct, frozen=True):
    number: int


@strawberry.type
class Moment:
    number: int

    @strawberry.field
    def seen(self) -> int:
        JOURNAL.contexts.append(self)
        return len(JOURNAL.contexts)


MOMENT = MomentRecord(1)


@strawberry.type
class Query:
    @strawberry.field
    def hello(self, name: str = "world") -> str:
        return f"hello {name}"

    @strawberry.field
    def slow(self) -> Slow:
        return Slow()

    @strawberry.field
    def internal(self) -> str | None:
        raise ValueError(SECRET)

    @strawberry.field
    def roles(self, info: strawberry.Info) -> int:
        return len(info.context.principal.roles)


@strawberry.type
class Mutation:
    @strawberry.mutation
    def change(self) -> bool:
        return True


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def ticks(self, info: strawberry.Info, count: int = 1_000_000, every_s: float = 0.01) -> AsyncIterator[int]:
        with JOURNAL.entry():
            for number in range(count):
                yield number
                await asyncio.sleep(every_s)

    @strawberry.subscription
    async def sections(self) -> AsyncIterator[Slow]:
        for _ in range(2):
            yield Slow()

    @strawberry.subscription
    async def forbidden(self) -> AsyncIterator[int]:
        raise Forbidden("this needs the role VIEWER, yours is none")
        yield 1

    @strawberry.subscription
    async def breaking(self, internal: bool = False) -> AsyncIterator[int]:
        yield 1
        if internal:
            raise ValueError(SECRET)
        raise SourceUnavailable("the tail was cut", source="loki")

    @strawberry.subscription
    async def moments(self) -> AsyncIterator[Moment]:
        yield cast(Moment, MOMENT)

    @strawberry.subscription
    async def large(self) -> AsyncIterator[str]:
        with JOURNAL.entry():
            while True:
                JOURNAL.contexts.append(1)
                yield "x" * 100_000


SCHEMA = strawberry.Schema(
    Query, Mutation, Subscription, config=StrawberryConfig(enable_experimental_incremental_execution=True)
)._schema


class Playground:
    """One process's endpoint. `people` are the credentials that are accepted, by token."""

    def __init__(self, *, limits: LiveLimits | None = None, connections: int = 100, **options: Any) -> None:
        self.people: dict[str, Principal] = {"good": Principal(UUID(int=7), {PROJECT: Role.VIEWER})}
        self.connections = LiveConnections(connections)
        self.viewers = Viewers(self.identify, every_s=0.05)
        self.contexts: list[RequestContext] = []
        documents = Documents(SCHEMA, limits=Limits(), size=100)
        trusted = options.pop("trusted", TrustedDocuments())
        pipeline = Pipeline(SCHEMA, (trusted, documents, select_operation))
        self.live = Live(
            pipeline=pipeline,
            make_context=self.make_live,
            viewers=self.viewers,
            connections=self.connections,
            limits=limits or LiveLimits(),
            **options,
        )
        http = GraphQLEndpoint(pipeline, self.make_context, ReadingLimits(), self.live)
        self.app = Starlette(routes=[WebSocketRoute("/graphql", GraphQLSockets(self.live)), Route("/graphql", http)])

    async def identify(self, authorization: str | None) -> Principal:
        """As the gateway's authenticator, of the people."""
        if authorization is None:
            return ANONYMOUS
        principal = self.people.get(authorization.removeprefix("Bearer "))
        if principal is None:
            raise Unauthenticated("the access token is not valid")
        return principal

    async def make_context(self, connection: HTTPConnection) -> RequestContext:
        """A request's."""
        return self._context(await self.identify(connection.headers.get("authorization")))

    def make_live(self, connection: HTTPConnection, who: Callable[[], Principal]) -> RequestContext:
        """An event's."""
        context = self._context(who())
        context.renew = lambda: self.make_live(connection, who)
        return context

    def _context(self, principal: Principal) -> RequestContext:
        found = RequestContext(
            principal=principal,
            sources=cast(Any, None),
            repositories=cast(Any, None),
            credentials=cast(Any, None),
            call=Call(Deadline.after(2.0), Ledger()),
            now_ns=time.time_ns(),
        )
        self.contexts.append(found)
        return found


class Server(GatewayServer):
    """The gateway's, in a thread, which takes no signals."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """None."""
        yield


@contextmanager
def playing(playground: Playground, *, timeout_s: float = 5.0) -> Iterator[tuple[str, Server]]:
    """(The address of a server with the playground, the server, which ends when `should_exit` is set)."""

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        async with playground.viewers.running():
            yield

    app = Starlette(routes=playground.app.routes, lifespan=lifespan)
    config = uvicorn.Config(app, port=0, log_level="critical", ws="websockets-sansio", ws_per_message_deflate=False)
    server = Server(config, timeout_s=timeout_s, drain=playground.connections.drain)
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.005)
    yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/graphql", server
    server.should_exit = True
    thread.join(timeout=timeout_s + 5)
    assert not thread.is_alive(), "the server did not end"
