"""What is sent on a socket: one frame after the other, never more than the client reads."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from starlette.types import Send

from ...execution.request import Json
from ...execution.sharing import SharedBody
from .messages import CloseCode, close_reason


class Gone(Exception):
    """Nobody reads any more: the client has left, or leaves everything unread."""


class Channel:
    """A sender waits until the socket takes its frame, so that each operation has one answer under way at most."""

    def __init__(self, send: Send) -> None:
        self._send = send
        self._turn = asyncio.Lock()
        self._sending_since: float | None = None
        self.is_closed = False

    async def message(self, kind: str, key: str | None = None, payload: Any = None) -> None:
        """One message. Raises: Gone."""
        body: Json = {"type": kind}
        if key is not None:
            body["id"] = key
        if payload is not None:
            body["payload"] = orjson.Fragment(payload.encoded) if isinstance(payload, SharedBody) else payload
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

    def require_reader(self, timeout_s: float) -> None:
        """Raises: Gone where a frame has waited for longer than that. To be called now and then; a timer a frame costs more."""
        since = self._sending_since
        if since is not None and asyncio.get_running_loop().time() - since > timeout_s:
            self.is_closed = True
            raise Gone

    async def _frame(self, message: Json) -> None:
        async with self._turn:
            if self.is_closed:
                raise Gone
            self._sending_since = asyncio.get_running_loop().time()
            try:
                await self._send(message)
            except (OSError, RuntimeError):  # the server's words for a connection that is gone
                self.is_closed = True
                raise Gone from None
            finally:
                self._sending_since = None
