"""The simulated Loki behind the real client, with its requests counted."""

from __future__ import annotations

from collections.abc import AsyncIterator

import httpx
import pytest

from datasources.http import HttpSender, SourceSettings
from datasources.loki.client import LokiSource
from datasources.records.sources import SourceKind
from gateway.demo.scenario.scenario import Scenario
from gateway.demo.simulators.loki.app import create_app
from tests.resolvers.logs.things import NOW_NS


class Simulated:
    """A source, and the paths that were asked of it."""

    def __init__(self, scenario: Scenario) -> None:
        self.requests: list[str] = []
        self.app = httpx.ASGITransport(app=create_app(scenario, lambda: NOW_NS))
        sender = HttpSender(
            SourceSettings("loki", "http://loki:3100"), SourceKind.LOKI, transport=httpx.MockTransport(self._handle)
        )
        self.source = LokiSource(sender)

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request.url.path.removeprefix("/loki/api/v1/"))
        response = await self.app.handle_async_request(request)
        return httpx.Response(response.status_code, headers=response.headers, content=await response.aread())


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    return Scenario(1)


@pytest.fixture
async def loki(scenario: Scenario) -> AsyncIterator[Simulated]:
    simulated = Simulated(scenario)
    yield simulated
    await simulated.source.close()
