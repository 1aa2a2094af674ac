"""Makes a simulated server slow, broken or silent on demand, and remembers who asked for what and who went away."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Literal, TypeAlias
from urllib.parse import unquote

import msgspec
from starlette.types import ASGIApp, Message, Receive, Scope, Send

Mode: TypeAlias = Literal["none", "slow", "fail", "cut", "hang", "garbage"]

GARBAGE = b'{"status": <!doctype html> \xff\xfe'
KEPT_FORM_BYTES = 65_536


class Fault(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What happens to requests whose path starts with `path`; only to the first `times` of them, where that is given.

    slow: answers after `delay_s`. fail: answers `status`. cut: promises the whole body, sends half and hangs up.
    hang: never answers. garbage: answers 200 with bytes that are no JSON.
    """

    mode: Mode = "none"
    delay_s: float = 0.0
    status: int = 500
    path: str = ""
    times: int | None = None


class SeenRequest(msgspec.Struct):
    """One request as the simulator saw it. Times are seconds of the epoch; `outcome` is None while it is under way."""

    method: str
    path: str
    query: str
    form: str
    started_at: float
    ended_at: float | None = None
    outcome: Literal["done", "cancelled"] | None = None
    status: int | None = None


class Faults:
    """ASGI middleware around one simulated server.

    POST /-/faults takes a Fault as JSON, GET shows it, DELETE clears it; GET /-/requests lists the recent requests,
    oldest first, DELETE forgets them. These two are neither recorded nor disturbed.
    """

    def __init__(self, app: ASGIApp, *, kept_requests: int = 2000, clock: Callable[[], float] = time.time) -> None:
        self.app = app
        self.fault = Fault()
        self.requests: deque[SeenRequest] = deque(maxlen=kept_requests)
        self._clock = clock
        self._left: int | None = None

    def set(self, fault: Fault) -> None:
        """Replaces the fault from the next request on."""
        self.fault = fault
        self._left = fault.times

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in {"http", "websocket"}:
            await self.app(scope, receive, send)
        elif scope["type"] == "http" and scope["path"] in {"/-/faults", "/-/requests"}:
            await self._control(scope, receive, send)
        else:
            await self._serve(scope, receive, send)

    async def _control(self, scope: Scope, receive: Receive, send: Send) -> None:
        about_faults, method = scope["path"] == "/-/faults", scope["method"]
        if method == "DELETE":
            self.set(Fault()) if about_faults else self.requests.clear()
        elif method == "POST" and about_faults:
            try:
                self.set(msgspec.json.decode(await _body(receive), type=Fault))
            except msgspec.DecodeError as error:
                await _respond(send, 400, b"text/plain", str(error).encode())
                return
        elif method != "GET":
            await _respond(send, 405, b"text/plain", b"")
            return
        shown = self.fault if about_faults else list(self.requests)
        await _respond(send, 200, b"application/json", msgspec.json.encode(shown))

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        fault = self._fault_of(scope["path"])
        is_http = scope["type"] == "http"
        body = await _body(receive) if is_http else b""
        seen = SeenRequest(
            method=scope["method"] if is_http else "WEBSOCKET",
            path=scope["path"],
            query=unquote(scope["query_string"].decode("latin-1").replace("+", " ")),
            form=unquote(body[:KEPT_FORM_BYTES].decode("utf-8", "replace").replace("+", " ")),
            started_at=self._clock(),
        )
        self.requests.append(seen)
        exchange = _HttpExchange(seen, body, receive, send) if is_http else _SocketExchange(seen, receive, send)
        try:
            seen.outcome = "done" if await exchange.run(self.app, scope, fault) else "cancelled"
        except asyncio.CancelledError:
            seen.outcome = "cancelled"
            raise
        finally:
            seen.ended_at = self._clock()
            seen.outcome = seen.outcome or "done"

    def _fault_of(self, path: str) -> Fault:
        if self.fault.mode == "none" or not path.startswith(self.fault.path) or self._left == 0:
            return Fault()
        if self._left is not None:
            self._left -= 1
        return self.fault


class _HttpExchange:
    """One request: runs the application beside a watch on the connection, and stops it when the client goes away."""

    def __init__(self, seen: SeenRequest, body: bytes, receive: Receive, send: Send) -> None:
        self._seen, self._body, self._receive, self._send = seen, body, receive, send
        self._gone = asyncio.Event()
        self._body_given = self._completed = False

    async def run(self, app: ASGIApp, scope: Scope, fault: Fault) -> bool:
        """Whether the answer was given before the client went away."""
        async with asyncio.TaskGroup() as group:
            watch = group.create_task(self._watch())
            work = group.create_task(self._answer(app, scope, fault))
            await asyncio.wait({watch, work}, return_when=asyncio.FIRST_COMPLETED)
            if self._completed:
                await asyncio.wait({work})
            watch.cancel()
            work.cancel()
        return self._completed or not self._gone.is_set()

    async def _watch(self) -> None:
        while (await self._receive())["type"] != "http.disconnect":
            pass
        self._gone.set()

    async def _replay(self) -> Message:
        if self._body_given:
            await self._gone.wait()
            return {"type": "http.disconnect"}
        self._body_given = True
        return {"type": "http.request", "body": self._body, "more_body": False}

    async def _answer(self, app: ASGIApp, scope: Scope, fault: Fault) -> None:
        if fault.mode == "hang":
            await self._gone.wait()
        elif fault.mode == "fail":
            await _respond(self._note_status, fault.status, b"text/plain; charset=utf-8", b"simulated failure\n")
        elif fault.mode == "garbage":
            await _respond(self._note_status, 200, b"application/json", GARBAGE)
        elif fault.mode == "cut":
            await self._cut(app, scope)
        else:
            await asyncio.sleep(fault.delay_s if fault.mode == "slow" else 0)
            await app(scope, self._replay, self._note_status)

    async def _note_status(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self._seen.status = message["status"]
        elif not message.get("more_body", False):
            self._completed = True
        await self._send(message)

    async def _cut(self, app: ASGIApp, scope: Scope) -> None:
        """Ends without the last body message: the server then closes a connection that still owes bytes."""
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await app(scope, self._replay, keep)
        body = b"".join(message.get("body", b"") for message in messages[1:])
        headers = [pair for pair in messages[0].get("headers", []) if pair[0].lower() != b"content-length"]
        promised = (b"content-length", str(len(body) + 1).encode())
        await self._note_status({**messages[0], "headers": [*headers, promised]})
        await self._send({"type": "http.response.body", "body": body[: len(body) // 2], "more_body": True})


class _SocketExchange:
    """One WebSocket; `cut` and `garbage` strike with the first frame."""

    def __init__(self, seen: SeenRequest, receive: Receive, send: Send) -> None:
        self._seen, self._receive, self._send = seen, receive, send
        self._left_by_client = False
        self._cut = False

    async def run(self, app: ASGIApp, scope: Scope, fault: Fault) -> bool:
        """Whether the server ended it, not the client."""
        if fault.mode == "hang":
            await self._hang()
        elif fault.mode == "fail":
            await self._refuse(scope, fault.status)
        else:
            await asyncio.sleep(fault.delay_s if fault.mode == "slow" else 0)
            await app(scope, self._note_disconnect, self._spoiling(fault))
        return not self._left_by_client

    async def _hang(self) -> None:
        while (await self._note_disconnect())["type"] != "websocket.disconnect":
            pass

    async def _refuse(self, scope: Scope, status: int) -> None:
        self._seen.status = status
        if "websocket.http.response" not in scope.get("extensions", {}):
            await self._send({"type": "websocket.close"})
            return
        await _respond(self._send, status, b"text/plain; charset=utf-8", b"simulated failure\n", kind="websocket.http.")

    async def _note_disconnect(self) -> Message:
        if self._cut:
            return {"type": "websocket.disconnect", "code": 1011}
        message = await self._receive()
        self._left_by_client = self._left_by_client or message["type"] == "websocket.disconnect"
        return message

    def _spoiling(self, fault: Fault) -> Callable[[Message], Awaitable[None]]:
        async def send(message: Message) -> None:
            if self._cut:
                return
            if message["type"] == "websocket.send" and fault.mode == "garbage":
                message = {"type": "websocket.send", "text": GARBAGE.decode("latin-1")}
            await self._send(message)
            if message["type"] == "websocket.send" and fault.mode == "cut":
                self._cut = True
                await self._send({"type": "websocket.close", "code": 1011})

        return send


async def _body(receive: Receive) -> bytes:
    chunks = []
    while True:
        message = await receive()
        chunks.append(message.get("body", b""))
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _respond(send: Send, status: int, content_type: bytes, body: bytes, *, kind: str = "http.") -> None:
    headers = [(b"content-type", content_type), (b"content-length", str(len(body)).encode())]
    await send({"type": f"{kind}response.start", "status": status, "headers": headers})
    await send({"type": f"{kind}response.body", "body": body})
