"""The parameters of a request as Go's `Form` holds them: the body's before the address's, the first of a name counts."""

from __future__ import annotations

from urllib.parse import parse_qsl

from starlette.requests import HTTPConnection, Request

_FORM = "application/x-www-form-urlencoded"


class Parameters(dict[str, str]):
    """The first value of each name; `all` gives the others too."""

    def __init__(self, pairs: list[tuple[str, str]]) -> None:
        super().__init__(reversed(pairs))
        self._pairs = pairs

    def all(self, name: str) -> list[str]:
        """Every value of a name."""
        return [value for key, value in self._pairs if key == name]


def from_address(connection: HTTPConnection) -> Parameters:
    """What stands behind the question mark."""
    return Parameters(_address(connection))


def _address(connection: HTTPConnection) -> list[tuple[str, str]]:
    return parse_qsl(connection.scope["query_string"].decode("latin-1"), keep_blank_values=True)


async def from_request(request: Request) -> Parameters:
    """Body and address; a body that is no form is not read."""
    address = _address(request)
    if request.method != "POST" or not request.headers.get("content-type", "").startswith(_FORM):
        return Parameters(address)
    body = parse_qsl((await request.body()).decode("utf-8", "replace"), keep_blank_values=True)
    return Parameters([*body, *address])
