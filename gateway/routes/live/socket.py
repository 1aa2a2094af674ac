"""One WebSocket in graphql-transport-ws: its messages, its operations, its end. Source: PROTOCOL.md of graphql-ws."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping

import structlog
from starlette.requests import HTTPConnection
from starlette.types import Receive, Send

from datasources.exceptions import GatewayError, Unauthenticated
from resolvers.access import Principal

from ...execution.caller import COST_HEADER, Caller
from ...execution.masking import hidden
from ...execution.request import Json, Refused, RequestFault, parse_request
from ...execution.streams import Stream, respond
from .channel import Channel, Gone
from .messages import CloseCode, Message, ProtocolFault, Type, parse_message
from .service import Live, told
from .viewers import Viewer


class GraphQLSocket:
    """From its acceptance to its end. Operations run side by side, in tasks that end with it."""

    def __init__(self, live: Live, connection: HTTPConnection, receive: Receive, send: Send) -> None:
        self._live = live
        self._connection = connection
        self._receive = receive
        self._channel = Channel(send)
        self._tasks = asyncio.TaskGroup()
        self._operations: dict[str, asyncio.Task[None]] = {}
        self._subscriptions: set[str] = set()
        self._headers: Mapping[str, str] = {}
        self._viewer: Viewer | None = None
        self._is_ending = False

    async def run(self) -> None:
        """Serves it until either side ends it."""
        try:
            async with self._tasks:
                try:
                    await self._converse()
                except ProtocolFault as fault:
                    await self._channel.close(fault.code, fault.reason)
                raise Gone  # which ends the tasks that are left
        except* Gone:
            pass
        except* Exception as faults:  # noqa: BLE001 - the last exit: nothing internal leaves, and no socket breaks off
            hidden(faults)
            await self._channel.close(CloseCode.INTERNAL_ERROR, "Internal server error")
        finally:
            self._channel.is_closed = True

    async def end(self) -> None:
        """Completes the subscriptions, lets answers under way be finished, and says 1001."""
        self._is_ending = True
        try:
            for key in list(self._subscriptions):
                await self._finish(key)
            if self._operations:
                await asyncio.wait(self._operations.values())
        except Gone:
            return
        finally:
            await self._channel.close(CloseCode.GOING_AWAY, "The gateway is shutting down")

    async def _converse(self) -> None:
        message = await self._initialisation()
        if message is None:
            return
        self._headers = _headers(message.payload or {})
        principal = await self._identify()
        with self._live.viewers.watched(self._authorization, principal, self._lose) as self._viewer:
            await self._channel.message("connection_ack")
            self._tasks.create_task(self._ping())
            while (message := await self._next()) is not None:
                await self._handle(message)

    async def _initialisation(self) -> Message | None:
        """The first message that is not about the connection's life; None if the client leaves before."""
        try:
            async with asyncio.timeout(self._live.limits.initialisation_s):
                while (message := await self._next()) is not None:
                    if message.type is Type.CONNECTION_INIT:
                        break
                    await self._handle(message)
                return message
        except TimeoutError:
            raise ProtocolFault(CloseCode.INITIALISATION_TIMEOUT, "Connection initialisation timeout") from None

    async def _next(self) -> Message | None:
        event = await self._receive()
        return parse_message(event.get("text")) if event["type"] == "websocket.receive" else None

    @property
    def _authorization(self) -> str | None:
        """Of connection_init, else of the handshake: browsers cannot give the latter a header."""
        return self._headers.get("authorization") or self._connection.headers.get("authorization")

    async def _identify(self) -> Principal:
        try:
            return await self._live.viewers.identify(self._authorization)
        except Unauthenticated as error:
            raise ProtocolFault(CloseCode.FORBIDDEN, f"Forbidden: {error.message}") from None
        except GatewayError:
            raise ProtocolFault(CloseCode.TRY_AGAIN_LATER, "Try again later") from None

    async def _handle(self, message: Message) -> None:
        match message.type:
            case Type.PING:
                await self._channel.message("pong", payload=message.payload)
            case Type.SUBSCRIBE:
                await self._subscribe(message.id, message.payload or {})
            case Type.COMPLETE:
                self._subscriptions.discard(message.id)
                task = self._operations.pop(message.id, None)
                if task is not None:
                    task.cancel()
            case Type.CONNECTION_INIT:
                raise ProtocolFault(CloseCode.TOO_MANY_INITIALISATIONS, "Too many initialisation requests")

    async def _subscribe(self, key: str, payload: Json) -> None:
        if self._viewer is None:
            raise ProtocolFault(CloseCode.UNAUTHORIZED, "Unauthorized")
        if key in self._operations:
            raise ProtocolFault(CloseCode.SUBSCRIBER_EXISTS, f"Subscriber for {key} already exists")
        most = self._live.limits.operations
        if len(self._operations) >= most:
            message = f"this socket has {most} operations under way already"
            await self._channel.message("error", key, told("TOO_MANY_OPERATIONS", message))
        elif self._is_ending:
            await self._channel.message("error", key, told("SHUTTING_DOWN", "the gateway is shutting down"))
        else:
            self._operations[key] = self._tasks.create_task(self._operate(key, payload, self._viewer))

    async def _operate(self, key: str, payload: Json, viewer: Viewer) -> None:
        with structlog.contextvars.bound_contextvars(request_id=secrets.token_hex(8)):
            errors = await self._answer(key, payload, viewer)
        # before the client knows that it may use the id again
        del self._operations[key]
        self._subscriptions.discard(key)
        await self._close_operation(key, errors)

    async def _answer(self, key: str, payload: Json, viewer: Viewer) -> list[Json] | None:
        """Sends what there is; the errors that end the operation, None where it ends by itself."""
        caller = Caller(transport="websocket", wants_cost=self._headers.get(COST_HEADER) in ("1", "true"))
        try:
            context = self._live.make_context(self._connection, lambda: viewer.principal)
            found = await respond(self._live.pipeline, parse_request(payload), context, caller)
        except RequestFault as fault:
            return fault.errors()
        if isinstance(found, Stream):
            return await self._follow(key, found)
        if not found.executed:
            return found.errors or told("BAD_REQUEST", "the request cannot be executed")
        await self._channel.message("next", key, found.body())
        return None

    async def _follow(self, key: str, stream: Stream) -> list[Json] | None:
        try:
            if stream.is_subscription and self._is_ending:
                return None
            if stream.is_subscription:
                self._subscriptions.add(key)
            async for body in stream:
                await self._channel.message("next", key, body)
        except Refused as refused:
            return refused.errors
        finally:
            await stream.aclose()
        return None

    async def _close_operation(self, key: str, errors: list[Json] | None) -> None:
        if errors is None:
            await self._channel.message("complete", key)
        else:
            await self._channel.message("error", key, errors)

    async def _finish(self, key: str, errors: list[Json] | None = None) -> None:
        """Ends an operation from this side."""
        self._subscriptions.discard(key)
        task = self._operations.pop(key, None)
        if task is not None:
            task.cancel()
            await self._close_operation(key, errors)

    def _lose(self, error: GatewayError) -> None:
        if not self._channel.is_closed:
            self._tasks.create_task(self._dismiss(error))

    async def _dismiss(self, error: GatewayError) -> None:
        """A credential that ended ends everything; a role that changed, the subscriptions that were begun with it."""
        is_over = isinstance(error, Unauthenticated)
        for key in list(self._operations if is_over else self._subscriptions):
            await self._finish(key, told(error.code, error.message))
        if is_over:
            await self._channel.close(CloseCode.FORBIDDEN, f"Forbidden: {error.message}")

    async def _ping(self) -> None:
        while True:
            await asyncio.sleep(self._live.limits.ping_every_s)
            self._channel.require_reader(self._live.limits.send_timeout_s)
            self._tasks.create_task(self._channel.message("ping"))


def _headers(payload: Json) -> Mapping[str, str]:
    """What connection_init says in place of headers, by names in lower case; `headers` in it is read, too."""
    nested = payload.get("headers")
    given = {**nested, **payload} if isinstance(nested, dict) else payload
    found = {name.lower(): value for name, value in given.items() if value is not None}
    if not isinstance(found.get("authorization", ""), str):
        raise ProtocolFault(CloseCode.BAD_REQUEST, "Invalid message received: its authorization is no text")
    return {name: value for name, value in found.items() if isinstance(value, str)}
