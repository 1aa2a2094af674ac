"""One scenario for all tests of traces: it is a pure function and keeps what it worked out."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest

from gateway.demo.scenario.scenario import Scenario
from tests.resolvers.traces.simulated import Simulated


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    return Scenario(1)


@pytest.fixture
async def tempo(scenario: Scenario) -> AsyncIterator[Simulated]:
    simulated = Simulated(scenario)
    yield simulated
    await simulated.source.close()
