"""The WebSocket at /graphql: which handshakes are accepted."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.requests import HTTPConnection
from starlette.types import Receive, Scope, Send

from .messages import PROTOCOL, CloseCode
from .service import Live
from .socket import GraphQLSocket


class GraphQLSockets:
    """The ASGI endpoint. A refusal is said by a close code, which pages can read, not by the handshake's status."""

    def __init__(self, live: Live) -> None:
        self._live = live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves one socket."""
        if (await receive())["type"] != "websocket.connect":
            return
        speaks = PROTOCOL in scope["subprotocols"]
        connection = HTTPConnection(scope)
        await send({"type": "websocket.accept", "subprotocol": PROTOCOL if speaks else None})
        refused = self._refusal(connection, speaks=speaks)
        if refused is not None:
            code, reason = refused
            await send({"type": "websocket.close", "code": int(code), "reason": reason})
            return
        socket = GraphQLSocket(self._live, connection, receive, send)
        self._live.connections.add(socket)
        try:
            await socket.run()
        finally:
            self._live.connections.remove(socket)

    def _refusal(self, connection: HTTPConnection, *, speaks: bool) -> tuple[CloseCode, str] | None:
        if not speaks:
            return CloseCode.SUBPROTOCOL_NOT_ACCEPTABLE, f"Subprotocol not acceptable: this speaks {PROTOCOL}"
        if not is_allowed_origin(connection, self._live.allowed_origins):
            return CloseCode.FORBIDDEN, "Forbidden: pages of this origin may not call the gateway"
        if self._live.connections.is_draining:
            return CloseCode.GOING_AWAY, "The gateway is shutting down"
        if self._live.connections.is_full:
            return CloseCode.TRY_AGAIN_LATER, "Too many connections: try again later"
        return None


def is_allowed_origin(connection: HTTPConnection, allowed: tuple[str, ...]) -> bool:
    """Whether a page of this origin may connect: CORS does not hold for sockets, and this is what takes its place."""
    origin = connection.headers.get("origin")
    if origin is None or "*" in allowed or origin in allowed:
        return True
    return urlsplit(origin).netloc.lower() == connection.headers.get("host", "").lower()
