from __future__ import annotations

from collections.abc import AsyncIterator, Callable

import httpx
import pytest

from gateway.demo.scenario import Scenario
from gateway.demo.simulators.tempo import create_app

RECORDED_AT_NS = 1_795_335_032_340_780_780


class Clock:
    """Stands still at the moment the recorded answers were made, until a test moves it."""

    def __init__(self) -> None:
        self.now_ns = RECORDED_AT_NS

    def __call__(self) -> int:
        return self.now_ns


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    return Scenario(1)


@pytest.fixture(scope="session")
def _served(scenario: Scenario) -> tuple[Clock, object]:
    clock = Clock()
    return clock, create_app(scenario, clock)


@pytest.fixture
def clock(_served: tuple[Clock, object]) -> Clock:
    _served[0].now_ns = RECORDED_AT_NS
    return _served[0]


@pytest.fixture
async def tempo(_served: tuple[Clock, object], clock: Clock) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(_served[1])  # type: ignore[arg-type]
    async with httpx.AsyncClient(transport=transport, base_url="http://tempo") as client:
        yield client


@pytest.fixture
def search(tempo: httpx.AsyncClient) -> Callable[..., object]:
    """Searches the recorded hour and returns the traces."""

    async def ask(query: str, **params: object) -> list[dict[str, object]]:
        given = {"q": query, "start": 1795331415, "end": 1795335015, **params}
        answer = await tempo.get("/api/search", params=given)  # type: ignore[arg-type]
        assert answer.status_code == 200, answer.text
        traces: list[dict[str, object]] = answer.json()["traces"]
        return traces

    return ask
