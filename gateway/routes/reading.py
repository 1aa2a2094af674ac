"""From an HTTP request to GraphQL requests. Source: GraphQL over HTTP, "Request"."""

from __future__ import annotations

import asyncio
from typing import TypeAlias

import orjson
from msgspec import Struct
from starlette.requests import Request

from ..execution.request import GraphQLRequest, Json, RequestFault, parse_request
from .media_types import JSON, essence
from .preflight import require_preflight

PARAMETERS = ("query", "operationName", "variables", "extensions", "documentId")
Item: TypeAlias = GraphQLRequest | RequestFault
Read: TypeAlias = GraphQLRequest | list[Item]
"""One request, or those of a batch, among which may be some that are none."""


class ReadingLimits(Struct, frozen=True, kw_only=True):
    """Bounds on what a client sends. `batch_max` of 0 allows no batch."""

    body_max_bytes: int = 1_048_576
    body_timeout_s: float = 10.0
    batch_max: int = 0


async def read_request(request: Request, limits: ReadingLimits) -> Read:
    """The requests in a GET's parameters or a POST's body.

    Raises: RequestFault with the HTTP status that says what is wrong; ClientDisconnect.
    """
    if request.method == "GET":
        require_preflight(request.headers)
        return _from_parameters(request, limits)
    if request.method != "POST":
        raise RequestFault("GET or POST", status=405, code="METHOD_NOT_ALLOWED", headers={"allow": "GET, POST"})
    media_type, charset = essence(request.headers.get("content-type"))
    if media_type != JSON or charset not in (None, "utf-8", "utf8"):
        raise RequestFault(f"send {JSON} in UTF-8", status=415, code="UNSUPPORTED_MEDIA_TYPE")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise RequestFault("send the body without a content encoding", status=415, code="UNSUPPORTED_MEDIA_TYPE")
    body = decode_json(await read_body(request, limits))
    return _batch(body, limits) if isinstance(body, list) else parse_request(body)


def decode_json(raw: bytes) -> object:
    """Raises: RequestFault where it is no JSON in UTF-8."""
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise RequestFault("this is no JSON in UTF-8") from None


async def read_body(request: Request, limits: ReadingLimits) -> bytes:
    """The whole body. Raises: RequestFault as soon as it is too large (413), or where it is too slow (408)."""
    declared = request.headers.get("content-length", "")
    parts, size = [], 0
    too_large = RequestFault(
        f"the body is larger than {limits.body_max_bytes} bytes", status=413, code="BODY_TOO_LARGE"
    )
    if declared.isdigit() and (len(declared) > 18 or int(declared) > limits.body_max_bytes):
        raise too_large
    try:
        async with asyncio.timeout(limits.body_timeout_s):
            async for part in request.stream():
                size += len(part)
                if size > limits.body_max_bytes:
                    raise too_large
                parts.append(part)
    except TimeoutError:
        raise RequestFault("the body took too long", status=408, code="BODY_TIMEOUT") from None
    return b"".join(parts)


def _from_parameters(request: Request, limits: ReadingLimits) -> GraphQLRequest:
    if len(request.scope["query_string"]) > limits.body_max_bytes:
        raise RequestFault("the parameters are too long", status=414, code="BODY_TOO_LARGE")
    given = request.query_params
    for name in PARAMETERS:
        if len(given.getlist(name)) > 1:
            raise RequestFault(f"`{name}` is there twice")
    body: Json = {name: given[name] for name in PARAMETERS if name in given}
    for name in ("variables", "extensions"):
        if name in body:
            body[name] = decode_json(body[name].encode("utf-8", "surrogatepass")) if body[name] else None
    return parse_request(body, read_only=True)


def _batch(body: list[object], limits: ReadingLimits) -> list[Item]:
    if not limits.batch_max:
        raise RequestFault("batches are not taken here: send one request at a time", code="BATCHING_OFF")
    if not 1 <= len(body) <= limits.batch_max:
        raise RequestFault(f"a batch has 1 to {limits.batch_max} requests", code="BATCH_SIZE")
    return [_item(each) for each in body]


def _item(body: object) -> Item:
    try:
        return parse_request(body)
    except RequestFault as fault:
        return fault
