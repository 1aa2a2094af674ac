"""From a connection to a RequestContext: who asks, until when, and with which sources."""

from __future__ import annotations

import time
from collections.abc import Callable

from starlette.requests import HTTPConnection

from datasources.calls import Call, Deadline, Ledger
from resolvers.access import Principal
from resolvers.account_rules import SignUpPolicy
from resolvers.context import RequestContext

from .resources import Resources


class ContextMaker:
    """Makes one context per request, and one per event of what outlives a request."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._sign_up = SignUpPolicy.parse(resources.settings.sign_up)

    async def __call__(self, connection: HTTPConnection) -> RequestContext:
        """The context of a request. Raises: Unauthenticated, and SourceError where the store cannot tell who it is."""
        call = self._call()
        principal = await self._resources.authenticate(connection.headers.get("authorization"), call=call)
        return self._context(connection, principal, call)

    async def identify(self, authorization: str | None) -> Principal:
        """Who sends this credential, as of now. Raises: as above."""
        return await self._resources.authenticate(authorization, call=self._call())

    def live(self, connection: HTTPConnection, who: Callable[[], Principal]) -> RequestContext:
        """The context of an operation that outlives a request; `who` tells the viewer as last checked."""
        context = self._context(connection, who(), self._call())
        context.renew = lambda: self.live(connection, who)
        return context

    def _call(self) -> Call:
        return Call(Deadline.after(self._resources.settings.request_timeout_s), Ledger())

    def _context(self, connection: HTTPConnection, principal: Principal, call: Call) -> RequestContext:
        resources = self._resources
        return RequestContext(
            principal=principal,
            sources=resources.sources,
            repositories=resources.repositories,
            credentials=resources.credentials,
            call=call,
            now_ns=time.time_ns(),
            sign_up=self._sign_up,
            client_address=connection.client.host if connection.client else "",
            public_url=resources.settings.public_url or str(connection.base_url).rstrip("/"),
        )
