"""The answer to one HTTP request in the form that its Accept header and its operation leave: JSON, events or parts."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import ASGIApp

from resolvers.context import RequestContext

from ...execution.caller import Caller
from ...execution.request import GraphQLAnswer, GraphQLRequest, RequestFault
from ...execution.streams import Stream, respond
from ..answers import answer_response
from .accept import Streams
from .formats import Format
from .responses import HEADERS, StreamResponse
from .service import Live


async def negotiated(
    live: Live,
    request: GraphQLRequest,
    context: RequestContext,
    caller: Caller,
    *,
    media_type: str | None,
    streams: Streams,
) -> ASGIApp:
    """`media_type` is the JSON type that the client takes, if any. Raises: RequestFault where nothing of it fits."""
    found = await respond(
        live.pipeline,
        request,
        context,
        caller,
        subscriptions=streams.subscription is not None,
        sections=streams.incremental is not None,
    )
    if not isinstance(found, Stream):
        if streams.whole is not None:
            return _whole(found, streams.whole)
        if media_type is None:
            raise RequestFault("this answers application/json", status=406, code="NOT_ACCEPTABLE")
        return answer_response(found, media_type)
    form = streams.subscription if found.is_subscription else streams.incremental
    assert form is not None
    if found.is_subscription and (live.connections.is_full or live.connections.is_draining):
        await found.aclose()
        raise RequestFault(
            "too many subscriptions: try again later",
            status=503,
            code="TOO_MANY_CONNECTIONS",
            headers={"retry-after": "5"},
        )
    return StreamResponse(live, found, form)


def _whole(answer: GraphQLAnswer, form: Format) -> Response:
    content = form.opening + form.body(answer.body()) + form.ending(None, has_begun=True)
    return Response(content, 200, {**HEADERS, **answer.headers, "content-type": form.content_type})
