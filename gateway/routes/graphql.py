"""GraphQL over HTTP: POST with JSON, GET for queries. Source: the GraphQL-over-HTTP specification."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import anyio
import orjson
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from datasources.exceptions import GatewayError, RateLimited, Unauthenticated
from resolvers.context import RequestContext

from ..execution.pipeline import Pipeline
from ..execution.request import GraphQLAnswer, GraphQLRequest, Json, RequestFault, parse_request
from .media_types import JSON, RESPONSE_JSON, essence, negotiate

OFFERED = (JSON, RESPONSE_JSON)
MakeContext = Callable[[Request], Awaitable[RequestContext]]


class GraphQLEndpoint:
    """The ASGI endpoint at /graphql."""

    def __init__(self, pipeline: Pipeline, make_context: MakeContext, *, body_max_bytes: int) -> None:
        self._pipeline = pipeline
        self._make_context = make_context
        self._body_max_bytes = body_max_bytes

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answers one request; a client that goes away ends it, and with it its upstream requests."""
        request = Request(scope, receive)
        try:
            response = await self._respond(request)
        except ClientDisconnect:
            return
        if response is not None:
            await response(scope, receive, send)

    async def _respond(self, request: Request) -> Response | None:
        media_type = negotiate(request.headers.get("accept"), OFFERED)
        if media_type is None:
            return fault_response(
                RequestFault(f"this answers {' or '.join(OFFERED)}", status=406, code="NOT_ACCEPTABLE")
            )
        try:
            parsed = await self._read(request)
            context = await self._make_context(request)
            answer = await until_disconnect(request.receive, self._pipeline.answer(parsed, context))
        except RequestFault as fault:
            return fault_response(fault, media_type)
        except GatewayError as error:
            return error_response(error, media_type)
        return None if answer is None else answer_response(answer, media_type)

    async def _read(self, request: Request) -> GraphQLRequest:
        if request.method == "GET":
            return _from_query(request)
        if request.method != "POST":
            raise RequestFault("GET or POST", status=405, code="METHOD_NOT_ALLOWED")
        media_type, charset = essence(request.headers.get("content-type"))
        if media_type != JSON or charset not in (None, "utf-8", "utf8"):
            raise RequestFault(f"send {JSON} in UTF-8", status=415, code="UNSUPPORTED_MEDIA_TYPE")
        return parse_request(decode_json(await read_body(request, self._body_max_bytes)))


def _from_query(request: Request) -> GraphQLRequest:
    given = request.query_params
    body: Json = {name: given[name] for name in ("query", "operationName") if name in given}
    for name in ("variables", "extensions"):
        if given.get(name):
            body[name] = decode_json(given[name].encode())
    return parse_request(body, read_only=True)


async def read_body(request: Request, max_bytes: int) -> bytes:
    """The whole body. Raises: RequestFault (413) as soon as it is larger than `max_bytes`."""
    parts, size = [], 0
    async for part in request.stream():
        size += len(part)
        if size > max_bytes:
            raise RequestFault(f"the body is larger than {max_bytes} bytes", status=413, code="BODY_TOO_LARGE")
        parts.append(part)
    return b"".join(parts)


def decode_json(raw: bytes) -> object:
    """Raises: RequestFault where it is no JSON in UTF-8."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise RequestFault("this is no JSON in UTF-8", code="BAD_REQUEST") from None


async def until_disconnect(receive: Receive, work: Awaitable[GraphQLAnswer]) -> GraphQLAnswer | None:
    """The work's result; None, and the work cancelled, if the client goes away first."""
    answer: GraphQLAnswer | None = None
    fault: BaseException | None = None
    async with anyio.create_task_group() as group:

        async def watch() -> None:
            while (await receive())["type"] != "http.disconnect":
                pass
            group.cancel_scope.cancel()

        group.start_soon(watch)
        try:
            answer = await work
        except (RequestFault, GatewayError) as error:
            fault = error  # raised outside, so that it is not wrapped in a group
        group.cancel_scope.cancel()
    if fault is not None:
        raise fault
    return answer


def answer_response(answer: GraphQLAnswer, media_type: str) -> Response:
    """200; with application/graphql-response+json 400 where nothing was executed."""
    status = 400 if media_type == RESPONSE_JSON and not answer.executed else 200
    return _json(answer.body(), media_type, status, retry_after(answer.errors))


def retry_after(errors: Sequence[Json] | None) -> dict[str, str]:
    """The header that goes with RATE_LIMITED, the longest wait of several. Source: RFC 9110 section 10.2.3."""
    waits = [error["extensions"]["retryAfterS"] for error in errors or () if "retryAfterS" in error["extensions"]]
    return {"retry-after": str(max(waits))} if waits else {}


def fault_response(fault: RequestFault, media_type: str = JSON) -> Response:
    """The fault as a GraphQL error, with its HTTP status."""
    headers = {"allow": "GET, POST"} if fault.status == 405 else {}
    return _json({"errors": fault.errors()}, media_type, fault.status, headers)


def error_response(error: GatewayError, media_type: str = JSON) -> Response:
    """A credential that is not accepted (401), too many attempts (429), or a store that is away (503)."""
    body = {"errors": [{"message": error.message, "extensions": {"code": error.code, **error.extensions}}]}
    if isinstance(error, Unauthenticated):
        return _json(body, media_type, 401, {"www-authenticate": "Bearer"})
    if isinstance(error, RateLimited):
        return _json(body, media_type, 429, {"retry-after": str(error.extensions["retryAfterS"])})
    return _json(body, media_type, 503)


def _json(body: object, media_type: str, status: int, headers: dict[str, str] | None = None) -> Response:
    content = orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS)
    return Response(
        content,
        status,
        {"cache-control": "no-store", "content-type": f"{media_type}; charset=utf-8", **(headers or {})},
    )
