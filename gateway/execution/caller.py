"""What the phases know of the connection that a request came by."""

from __future__ import annotations

from msgspec import Struct
from starlette.requests import HTTPConnection

COST_HEADER = "x-graphql-cost"


class Caller(Struct, frozen=True, kw_only=True):
    """`wants_cost` asks for `extensions.cost`; `traceparent` is the header of the client's own trace."""

    transport: str = "http"
    wants_cost: bool = False
    traceparent: str | None = None

    @classmethod
    def of(cls, connection: HTTPConnection, *, transport: str = "http") -> Caller:
        """The caller at the other end of a request or of a socket."""
        headers = connection.headers
        return cls(
            transport=transport,
            wants_cost=headers.get(COST_HEADER) in ("1", "true"),
            traceparent=headers.get("traceparent"),
        )


NOBODY = Caller()
"""For requests that come by no connection."""
