"""Whether all servers give the same answer to the same question."""

from __future__ import annotations

import json
from typing import Any
from urllib.request import Request, urlopen

from .processes import Child
from .works import Work


def answer(child: Child, token: str, work: Work, number: int) -> Any:
    """The decoded answer. Raises: AssertionError where it has errors."""
    headers = {"content-type": "application/json", "accept": "application/json", "authorization": f"Bearer {token}"}
    request = Request(f"http://127.0.0.1:{child.port}/graphql", work.body(number), headers)
    with urlopen(request, timeout=60) as found:
        decoded = json.load(found)
    assert "errors" not in decoded, f"{child.name}, {work.name}: {json.dumps(decoded['errors'])[:600]}"
    return decoded["data"]


def difference(one: Any, other: Any, path: str = "data") -> str | None:
    """Where two answers differ first, None where they are equal. 1 and 1.0 are the same number in JSON."""
    if isinstance(one, dict) and isinstance(other, dict):
        if list(one) != list(other):
            return f"{path}: {list(one)} and {list(other)}"
        return next((found for key in one if (found := difference(one[key], other[key], f"{path}.{key}"))), None)
    if isinstance(one, list) and isinstance(other, list):
        if len(one) != len(other):
            return f"{path}: {len(one)} and {len(other)} items"
        pairs = enumerate(zip(one, other, strict=True))
        return next((found for at, (a, b) in pairs if (found := difference(a, b, f"{path}[{at}]"))), None)
    return None if one == other else f"{path}: {str(one)[:80]!r} and {str(other)[:80]!r}"
