"""The one exit of errors: ours become a stable code, what a client may see stays, the rest is hidden behind an id that the log knows."""

from __future__ import annotations

import secrets

import structlog
from graphql import GraphQLError

from datasources.exceptions import DeadlineExceeded, GatewayError

from .request import Json

log = structlog.get_logger(__name__)

INTERNAL = "INTERNAL_SERVER_ERROR"


def formatted(error: GraphQLError, *, code: str | None = None) -> Json:
    """The error as it goes over the wire.

    Shape: {message, locations?, path?, extensions: {code, ...}}. `code` is that of the phase, for errors without an origin.
    """
    origin = _origin(error)
    found = error.formatted
    if isinstance(origin, GatewayError):
        return {**found, "message": origin.message, "extensions": {"code": origin.code, **origin.extensions}}
    if isinstance(origin, TimeoutError):
        late = DeadlineExceeded("the request's deadline has passed")
        return {**found, "message": late.message, "extensions": {"code": late.code}}
    if origin is None or isinstance(origin, GraphQLError):
        return {**found, "extensions": {"code": code or "BAD_USER_INPUT", **(found.get("extensions") or {})}}
    return {**found, "message": "internal error", "extensions": hidden(origin, path=error.path)}


def hidden(origin: BaseException, *, path: object = None) -> Json:
    """Logs an error that no client may see.

    Shape: {code, errorId}, the id under which the log has it.
    """
    error_id = secrets.token_hex(8)
    log.error("internal_error", error_id=error_id, path=path, exc_info=origin)
    return {"code": INTERNAL, "errorId": error_id}


def _origin(error: GraphQLError) -> BaseException | None:
    origin: BaseException | None = error.original_error
    while isinstance(origin, GraphQLError) and origin.original_error is not None:
        origin = origin.original_error
    return origin
