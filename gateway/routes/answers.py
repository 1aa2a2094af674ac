"""From answers to HTTP responses. Source: GraphQL over HTTP, "Response"; every body is JSON, and none is to be kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import orjson
from starlette.responses import Response

from datasources.exceptions import GatewayError, RateLimited, Unauthenticated

from ..execution.request import GraphQLAnswer, Json, RequestFault
from .media_types import JSON, RESPONSE_JSON


def answer_response(answer: GraphQLAnswer, media_type: str) -> Response:
    """200; with application/graphql-response+json 400 where nothing was executed."""
    status = 400 if media_type == RESPONSE_JSON and not answer.executed else 200
    return json_response(answer.body(), media_type, status, {**answer.headers, **retry_after(answer.errors)})


def batch_response(answers: Sequence[GraphQLAnswer], media_type: str) -> Response:
    """200 and a list in the requests' order, whatever became of each."""
    headers: dict[str, str] = {}
    for answer in answers:
        headers |= answer.headers
    errors = [error for answer in answers for error in answer.errors or ()]
    return json_response([answer.body() for answer in answers], media_type, 200, {**headers, **retry_after(errors)})


def fault_answer(fault: RequestFault) -> GraphQLAnswer:
    """The answer to a request in a batch that is none."""
    return GraphQLAnswer(errors=fault.errors(), executed=False, headers=fault.headers)


def fault_response(fault: RequestFault, media_type: str = JSON) -> Response:
    """The fault as a GraphQL error, with its HTTP status."""
    return json_response({"errors": fault.errors()}, media_type, fault.status, fault.headers)


def error_response(error: GatewayError, media_type: str = JSON) -> Response:
    """A credential that is not accepted (401), too many attempts (429), or a store that is away (503)."""
    body = {"errors": [{"message": error.message, "extensions": {"code": error.code, **error.extensions}}]}
    if isinstance(error, Unauthenticated):
        return json_response(body, media_type, 401, {"www-authenticate": "Bearer"})
    if isinstance(error, RateLimited):
        return json_response(body, media_type, 429, {"retry-after": str(error.extensions["retryAfterS"])})
    return json_response(body, media_type, 503)


def retry_after(errors: Sequence[Json] | None) -> dict[str, str]:
    """The header that goes with RATE_LIMITED, the longest wait of several. Source: RFC 9110 section 10.2.3."""
    waits = [error["extensions"]["retryAfterS"] for error in errors or () if "retryAfterS" in error["extensions"]]
    return {"retry-after": str(max(waits))} if waits else {}


def json_response(
    body: object, media_type: str = JSON, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Any body in the one encoding that is used."""
    content = orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS)
    standing = {"cache-control": "no-store", "content-type": f"{media_type}; charset=utf-8"}
    return Response(content, status, {**standing, **(headers or {})})
