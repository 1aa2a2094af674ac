from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from gateway.demo.scenario import Scenario
from gateway.demo.simulators.loki import create_app
from gateway.demo.simulators.loki.samples import Samples
from gateway.demo.simulators.loki.store import LogStore

NOW_NS = 1_795_335_022_633_000_000


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    return Scenario(1)


@pytest.fixture(scope="session")
def _app(scenario: Scenario) -> object:
    return create_app(scenario, lambda: NOW_NS)


@pytest.fixture
async def loki(_app: object) -> AsyncIterator[httpx.AsyncClient]:
    """The simulated Loki at the moment the recorded answers were made."""
    transport = httpx.ASGITransport(_app)
    async with httpx.AsyncClient(transport=transport, base_url="http://loki") as client:
        yield client


@pytest.fixture(scope="session")
def demo(scenario: Scenario) -> Samples:
    return Samples(LogStore(scenario, lambda: NOW_NS))
