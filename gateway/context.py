"""From a connection to a RequestContext: who asks, until when, and with which sources."""

from __future__ import annotations

import time

from starlette.requests import HTTPConnection

from datasources.calls import Call, Deadline, Ledger
from resolvers.context import RequestContext

from .auth.authenticate import authenticate
from .resources import Resources


class ContextMaker:
    """Makes one context per request."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources

    async def __call__(self, connection: HTTPConnection) -> RequestContext:
        """The context of a request. Raises: Unauthenticated, and SourceError where the store cannot tell who it is."""
        resources = self._resources
        call = Call(Deadline.after(resources.settings.request_timeout_s), Ledger())
        principal = await authenticate(
            connection.headers.get("authorization"),
            resources.credentials.tokens,
            resources.repositories.users,
            call=call,
        )
        return RequestContext(
            principal=principal,
            sources=resources.sources,
            repositories=resources.repositories,
            credentials=resources.credentials,
            call=call,
            now_ns=time.time_ns(),
        )
