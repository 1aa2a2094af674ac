"""From a connection to a RequestContext: who asks, until when, and with which sources."""

from __future__ import annotations

import time

from starlette.requests import HTTPConnection

from datasources.calls import Call, Deadline, Ledger
from resolvers.account_rules import SignUpPolicy
from resolvers.context import RequestContext

from .resources import Resources


class ContextMaker:
    """Makes one context per request."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._sign_up = SignUpPolicy.parse(resources.settings.sign_up)

    async def __call__(self, connection: HTTPConnection) -> RequestContext:
        """The context of a request. Raises: Unauthenticated, and SourceError where the store cannot tell who it is."""
        resources = self._resources
        call = Call(Deadline.after(resources.settings.request_timeout_s), Ledger())
        principal = await resources.authenticate(connection.headers.get("authorization"), call=call)
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
