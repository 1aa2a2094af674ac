"""GraphQL over HTTP: POST with JSON, GET for queries. Source: the GraphQL-over-HTTP specification."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
from starlette.requests import ClientDisconnect, Request
from starlette.types import ASGIApp, Receive, Scope, Send

from datasources.exceptions import GatewayError
from resolvers.context import RequestContext

from ..execution.caller import Caller
from ..execution.pipeline import Pipeline
from ..execution.request import GraphQLAnswer, RequestFault
from .answers import answer_response, batch_response, error_response, fault_answer, fault_response
from .live.accept import NONE, Streams, accepted_streams
from .live.negotiated import negotiated
from .live.service import Live
from .media_types import JSON, RESPONSE_JSON, negotiate
from .reading import Item, Read, ReadingLimits, read_request

T = TypeVar("T")
OFFERED = (JSON, RESPONSE_JSON)
MakeContext = Callable[[Request], Awaitable[RequestContext]]


class GraphQLEndpoint:
    """The ASGI endpoint at /graphql."""

    def __init__(
        self, pipeline: Pipeline, make_context: MakeContext, limits: ReadingLimits, live: Live | None = None
    ) -> None:
        self._pipeline = pipeline
        self._make_context = make_context
        self._limits = limits
        self._live = live

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; a client that goes away ends it, and with it its upstream requests."""
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            return
        if response is not None:
            await response(scope, receive, send)

    async def _respond(self, request: Request) -> ASGIApp | None:
        accept = request.headers.get("accept")
        media_type = negotiate(accept, OFFERED)
        streams = accepted_streams(accept) if self._live else NONE
        if media_type is None and not streams:
            message = f"this answers {' or '.join(OFFERED)}"
            return fault_response(RequestFault(message, status=406, code="NOT_ACCEPTABLE"))
        try:
            read = await read_request(request, self._limits)
            return await until_disconnect(request.receive, self._answer(request, read, media_type, streams))
        except RequestFault as fault:
            return fault_response(fault, media_type or JSON)
        except GatewayError as error:
            return error_response(error, media_type or JSON)

    async def _answer(self, request: Request, read: Read, media_type: str | None, streams: Streams) -> ASGIApp:
        caller = Caller.of(request)
        if self._live and streams and not isinstance(read, list):
            context = await self._make_context(request)
            return await negotiated(self._live, read, context, caller, media_type=media_type, streams=streams)
        if media_type is None:
            raise RequestFault(f"a batch is answered by {JSON}", status=406, code="NOT_ACCEPTABLE")
        if not isinstance(read, list):
            context = await self._make_context(request)
            return answer_response(await self._pipeline.answer(read, context, caller), media_type)
        # a context for each: nothing that one has loaded or spent is another's
        contexts = [await self._make_context(request) for _ in read]
        items = zip(read, contexts, strict=True)
        answers = await asyncio.gather(*(self._item(item, context, caller) for item, context in items))
        return batch_response(answers, media_type)

    async def _item(self, item: Item, context: RequestContext, caller: Caller) -> GraphQLAnswer:
        try:
            if isinstance(item, RequestFault):
                raise item
            return await self._pipeline.answer(item, context, caller)
        except RequestFault as fault:
            return fault_answer(fault)


async def until_disconnect(receive: Receive, work: Awaitable[T]) -> T | None:
    """The work's result; None, and the work cancelled, if the client goes away first."""
    found: T | None = None
    fault: BaseException | None = None
    async with anyio.create_task_group() as group:

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        group.start_soon(watch)
        try:
            found = await work
        except (RequestFault, GatewayError) as error:
            fault = error  # raised outside, so that it is not wrapped in a group
        group.cancel_scope.cancel()
    if fault is not None:
        raise fault
    return found
