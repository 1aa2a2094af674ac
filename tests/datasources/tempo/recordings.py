"""The answers that a real Tempo gave, as the sender would hand them over, and a source that gives them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from datasources.calls import Call, Deadline, Ledger
from datasources.http import HttpSender, SourceResponse, SourceSettings
from datasources.records.shared import NS_PER_S, Interval
from datasources.records.sources import SourceKind
from datasources.scope import Rule, Scope
from datasources.tempo.client import TempoSource

FOLDER = Path(__file__).parents[2] / "fixtures" / "tempo"
NAMES = sorted(path.stem for path in FOLDER.glob("*.json"))
SHOP = Scope(frozenset({"shop"}), (Rule("service_namespace", ("shop",)),))
BANK = Scope(frozenset({"bank"}), (Rule("service_namespace", ("bank",)),))
BOTH = Scope(frozenset({"shop", "bank"}), (Rule("service_namespace", ("shop", "bank")),))
HOUR = Interval(1795331415 * NS_PER_S, 1795335015 * NS_PER_S)


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


def json_response(body: object, status: int = 200) -> SourceResponse:
    """A made-up answer."""
    return SourceResponse(status, "application/json", json.dumps(body).encode())


def recorded_queries() -> list[str]:
    """Every TraceQL text that a recording asked for."""
    asked = (recording(name)["request"].get("params") or {} for name in NAMES)
    return sorted({params["q"] for params in asked if isinstance(params.get("q"), str)})


def call() -> Call:
    """Ten seconds."""
    return Call(Deadline.after(10), Ledger())


class Upstream:
    """Keeps the requests and answers them by `answer`, a function of the request or a recording's name."""

    def __init__(self, answer: Callable[[httpx.Request], SourceResponse] | str) -> None:
        self.requests: list[httpx.Request] = []
        self._answer = answer

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [request.url.path for request in self.requests]

    @property
    def params(self) -> list[dict[str, str]]:
        """With which parameters, in order."""
        return [dict(request.url.params) for request in self.requests]

    def source(self, **settings: Any) -> TempoSource:
        """A client that asks this upstream."""
        sender = HttpSender(
            SourceSettings("tempo", "http://tempo:3200", **settings),
            SourceKind.TEMPO,
            transport=httpx.MockTransport(self._handle),
        )
        return TempoSource(sender)

    def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = recorded_response(self._answer) if isinstance(self._answer, str) else self._answer(request)
        return httpx.Response(answer.status, headers={"content-type": answer.content_type}, content=answer.body)
