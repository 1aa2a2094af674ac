"""The answers that a real Prometheus gave, as the sender would hand them over."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

from datasources.http import SourceResponse

FOLDER = Path(__file__).parents[2] / "fixtures" / "prometheus"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def recording(name: str) -> dict[str, Any]:
    """The whole recording: request, response."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


def recorded_response(name: str) -> SourceResponse:
    """The recorded response with its body as bytes."""
    response = recording(name)["response"]
    body = response["body"]
    match response["body_encoding"]:
        case "json":
            raw = json.dumps(body).encode()
        case "base64":
            raw = base64.b64decode(body)
        case _:
            raw = str(body).encode()
    content_type = response["headers"].get("content-type", "").partition(";")[0]
    return SourceResponse(response["status"], content_type, raw)


def recorded_queries() -> list[str]:
    """Every expression that a recording asked for."""
    found = set()
    for name in NAMES:
        request = recording(name)["request"]
        for parameters in (request.get("params") or {}, request.get("form") or {}):
            query = parameters.get("query") if isinstance(parameters, dict) else None
            if isinstance(query, str):
                found.add(query)
    return sorted(found)
