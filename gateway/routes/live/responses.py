"""A stream as the answer to an HTTP request: written as it comes, ended when the client goes away or has to."""

from __future__ import annotations

import asyncio

from starlette.requests import HTTPConnection
from starlette.types import Message, Receive, Scope, Send

from datasources.exceptions import GatewayError

from ...execution.request import Json, Refused
from ...execution.streams import Stream
from .formats import Format
from .service import Live, told

HEADERS = {"cache-control": "no-store", "x-accel-buffering": "no"}
"""No proxy may wait for more before it passes something on."""


class StreamResponse:
    """ASGI. It closes the stream in the end."""

    def __init__(self, live: Live, stream: Stream, form: Format) -> None:
        self._live = live
        self._stream = stream
        self._format = form
        self._errors: list[Json] | None = None
        self._has_begun = False
        self._is_gone = False
        self._turn = asyncio.Lock()
        self._over = asyncio.Event()
        self._following: asyncio.Task[None] | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serves it until either side ends it."""
        connection, context = HTTPConnection(scope), self._stream.operation.context
        authorization = connection.headers.get("authorization")
        self._live.connections.add(self)
        try:
            with self._live.viewers.watched(authorization, context.principal, self._lose) as viewer:
                context.renew = lambda: self._live.make_context(connection, lambda: viewer.principal)
                await self._run(receive, send)
        finally:
            self._live.connections.remove(self)
            self._over.set()
            await self._stream.aclose()

    async def end(self) -> None:
        """A subscription is complete now; an answer in parts gets its rest."""
        if self._stream.is_subscription and self._following:
            self._following.cancel()
        await self._over.wait()

    def _lose(self, error: GatewayError) -> None:
        if self._stream.is_subscription and self._following:
            self._errors = told(error.code, error.message)
            self._following.cancel()

    async def _run(self, receive: Receive, send: Send) -> None:
        async with asyncio.TaskGroup() as group:
            self._following = group.create_task(self._follow(send))
            beside = [group.create_task(self._watch(receive)), group.create_task(self._beat(send))]
            await asyncio.wait({self._following})
            for task in beside:
                task.cancel()
        if not self._is_gone:
            last = self._format.ending(self._errors, has_begun=self._has_begun)
            await self._send(send, {"type": "http.response.body", "body": last, "more_body": False})

    async def _follow(self, send: Send) -> None:
        headers = {**HEADERS, "content-type": self._format.content_type, **self._stream.operation.headers}
        raw = [(name.encode("latin-1"), value.encode("latin-1")) for name, value in headers.items()]
        await self._send(send, {"type": "http.response.start", "status": 200, "headers": raw})
        await self._write(send, self._format.opening)
        try:
            async for body in self._stream:
                await self._write(send, self._format.body(body))
                self._has_begun = True
        except Refused as refused:
            self._errors = refused.errors

    async def _watch(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass
        self._leave()

    async def _beat(self, send: Send) -> None:
        every_s = self._format.heartbeat_every_s
        while every_s is not None:
            await asyncio.sleep(every_s)
            await self._write(send, self._format.heartbeat)

    async def _write(self, send: Send, data: bytes) -> None:
        await self._send(send, {"type": "http.response.body", "body": data, "more_body": True})

    async def _send(self, send: Send, message: Message) -> None:
        try:
            async with asyncio.timeout(self._live.limits.send_timeout_s), self._turn:
                await send(message)
        except OSError:  # a TimeoutError is one, too: what is sent stays unread
            self._leave()

    def _leave(self) -> None:
        self._is_gone = True
        if self._following:
            self._following.cancel()
