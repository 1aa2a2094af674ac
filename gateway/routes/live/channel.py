"""What is sent on a socket: one frame after the other, never more than the client reads."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from starlette.types import Send

from ...execution.request import Json
from .messages import CloseCode, close_reason


class Gone(Exception):
    """Nobody reads any more: the client has left, or leaves everything unread."""


class Channel:
    """A sender waits until the socket takes its frame, so that each operation has one answer under way at most."""

    def __init__(self, send: Send, *, timeout_s: float) -> None:
        self._send = send
        self._timeout_s = timeout_s
        self._turn = asyncio.Lock()
        self.is_closed = False

    async def message(self, kind: str, key: str | None = None, payload: Any = None) -> None:
        """One message. Raises: Gone."""
        body: Json = {"type": kind}
        if key is not None:
            body["id"] = key
        if payload is not None:
            body["payload"] = payload
        text = orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS).decode()
        await self._frame({"type": "websocket.send", "text": text})

    async def close(self, code: CloseCode, reason: str) -> None:
        """Ends the socket, if it has not ended yet. Never raises for a client that has left."""
        if self.is_closed:
            return
        try:
            await self._frame({"type": "websocket.close", "code": int(code), "reason": close_reason(reason)})
        except Gone:
            pass
        self.is_closed = True

    async def _frame(self, message: Json) -> None:
        if self.is_closed:
            raise Gone
        try:
            async with asyncio.timeout(self._timeout_s), self._turn:
                if self.is_closed:
                    raise Gone
                await self._send(message)
        except (OSError, RuntimeError):
            # the server's words for a connection that is gone; a TimeoutError is an OSError, too
            self.is_closed = True
            raise Gone from None
