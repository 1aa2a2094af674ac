"""The answers that a real Loki gave, as the sender would hand them over."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from datasources.http import SourceResponse

FOLDER = Path(__file__).parents[2] / "fixtures" / "loki"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))


def recording(name: str) -> dict[str, Any]:
    """The whole recording: request, response."""
    found: dict[str, Any] = json.loads((FOLDER / f"{name}.json").read_text())
    return found


def recorded_response(name: str) -> SourceResponse:
    """The recorded response with its body as bytes."""
    response = recording(name)["response"]
    body = response["body"]
    raw = json.dumps(body, ensure_ascii=False) if response["body_encoding"] == "json" else str(body)
    content_type = response["headers"].get("content-type", "").partition(";")[0]
    return SourceResponse(response["status"], content_type, raw.encode())
