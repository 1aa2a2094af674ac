"""A GraphQL request as a transport hands it over, and its answer."""

from __future__ import annotations

from typing import Any

from msgspec import Struct

Json = dict[str, Any]


class RequestFault(Exception):
    """The request is no well-formed GraphQL request; `status` is the HTTP status that says so."""

    def __init__(self, message: str, *, status: int = 400, code: str = "BAD_REQUEST") -> None:
        super().__init__(message)
        self.message = message
        self.status = status
        self.code = code

    def errors(self) -> list[Json]:
        """The fault in the shape of GraphQL errors."""
        return [{"message": self.message, "extensions": {"code": self.code}}]


class GraphQLRequest(Struct, frozen=True, kw_only=True):
    """Document, operation's name and variables. `read_only` where the transport allows queries only (GET)."""

    query: str
    operation_name: str | None = None
    variables: Json | None = None
    extensions: Json | None = None
    read_only: bool = False


class GraphQLAnswer(Struct, frozen=True, kw_only=True):
    """`data` is absent where nothing was executed: then the request itself was at fault."""

    data: Json | None = None
    errors: list[Json] | None = None
    extensions: Json | None = None
    executed: bool = True

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
    """A decoded JSON body as a request.

    Raises: RequestFault where it is no object, or a member has the wrong type. Source: GraphQL over HTTP, "Request".
    """
    if not isinstance(body, dict):
        raise RequestFault("the body must be a JSON object with a `query`")
    query = body.get("query")
    if not isinstance(query, str) or not query.strip():
        raise RequestFault("`query` must be a text that is not empty")
    operation_name = body.get("operationName")
    if operation_name is not None and not isinstance(operation_name, str):
        raise RequestFault("`operationName` must be a text")
    for member in ("variables", "extensions"):
        if not isinstance(body.get(member), dict | None):
            raise RequestFault(f"`{member}` must be an object")
    return GraphQLRequest(
        query=query,
        operation_name=operation_name or None,
        variables=body.get("variables"),
        extensions=body.get("extensions"),
        read_only=read_only,
    )
