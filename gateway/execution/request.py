"""A GraphQL request as a transport hands it over, and its answer."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from msgspec import Struct

Json = dict[str, Any]
_SHA256 = re.compile(r"(?:sha256:)?([0-9a-f]{64})")


class RequestFault(Exception):
    """The transport cannot carry the request, or it is no well-formed one; `status` is the HTTP status that says so."""

    def __init__(
        self, message: str, *, status: int = 400, code: str = "BAD_REQUEST", headers: Mapping[str, str] | None = None
    ) -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code
        self.headers = dict(headers or {})

    def errors(self) -> list[Json]:
        """The fault in the shape of GraphQL errors."""
        return [{"message": self.message, "extensions": {"code": self.code}}]


class Refused(Exception):
    """A well-formed request that is not executed; `errors` are in the shape that goes over the wire."""

    def __init__(self, errors: list[Json]) -> None:
        super().__init__("the request was refused")
        self.errors = errors

    @classmethod
    def because(cls, message: str, code: str, **extensions: object) -> Refused:
        """With one error."""
        return cls([{"message": message, "extensions": {"code": code, **extensions}}])


class GraphQLRequest(Struct, frozen=True, kw_only=True):
    """Document or the hash that names it, operation's name and variables.

    `read_only` where the transport allows queries only (GET). `sha256` comes from `documentId` or from the
    `persistedQuery` extension.
    """

    query: str | None = None
    sha256: str | None = None
    operation_name: str | None = None
    variables: Json | None = None
    extensions: Json | None = None
    read_only: bool = False


class GraphQLAnswer(Struct, frozen=True, kw_only=True):
    """`data` is absent where nothing was executed: then the request itself was at fault.

    `headers` are for the transports that have any.
    """

    data: Json | None = None
    errors: list[Json] | None = None
    extensions: Json | None = None
    executed: bool = True
    headers: Mapping[str, str] = {}

    def body(self) -> Json:
        """The answer as it goes over the wire."""
        found: Json = {}
        if self.errors:
            found["errors"] = self.errors
        if self.executed:
            found["data"] = self.data
        if self.extensions:
            found["extensions"] = self.extensions
        return found


def parse_request(body: object, *, read_only: bool = False) -> GraphQLRequest:
    """A decoded JSON body, or the payload of a subscribe message, as a request.

    Raises: RequestFault where it is no object, or a member has the wrong type. Source: GraphQL over HTTP, "Request".
    """
    if not isinstance(body, dict):
        raise RequestFault("the body must be a JSON object with a `query`")
    operation_name = body.get("operationName")
    if operation_name is not None and not isinstance(operation_name, str):
        raise RequestFault("`operationName` must be a text")
    for member in ("variables", "extensions"):
        if not isinstance(body.get(member), dict | None):
            raise RequestFault(f"`{member}` must be an object")
    sha256, query = _document_hash(body), body.get("query")
    if (query is not None or sha256 is None) and (not isinstance(query, str) or not query.strip()):
        raise RequestFault("`query` must be a text that is not empty")
    return GraphQLRequest(
        query=query,
        sha256=sha256,
        operation_name=operation_name or None,
        variables=body.get("variables"),
        extensions=body.get("extensions"),
        read_only=read_only,
    )


def _document_hash(body: Json) -> str | None:
    persisted = (body.get("extensions") or {}).get("persistedQuery")
    if persisted is not None and (not isinstance(persisted, dict) or persisted.get("version") != 1):
        raise RequestFault("`extensions.persistedQuery` must be {version: 1, sha256Hash}")
    given = body.get("documentId") if persisted is None else persisted.get("sha256Hash", "")
    if given is None:
        return None
    found = _SHA256.fullmatch(given) if isinstance(given, str) else None
    if found is None:
        raise RequestFault("a document is named by its SHA-256, 64 hexadecimal digits in lower case")
    return found[1]
