"""The simulated Tempo behind the real client, with its requests kept."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from unittest.mock import Mock
from uuid import UUID

import httpx

from datasources.calls import Call, Deadline, Ledger
from datasources.http import HttpSender, SourceSettings
from datasources.records.projects import Project
from datasources.records.sources import SourceKind
from datasources.records.users import Role
from datasources.tempo.client import TempoSource
from gateway.demo.scenario.scenario import Scenario
from gateway.demo.simulators.tempo.app import create_app
from resolvers.access import Principal
from resolvers.context import RequestContext, Sources
from tests.resolvers.traces.trees import SHOP, project

NOW_NS = 1_795_335_015_000_000_000
BANK = project("bank", 2)

Change = Callable[[httpx.Request, httpx.Response], httpx.Response]


class Simulated:
    """A source over the scenario as of `NOW_NS`. `change` may put another answer in a response's place."""

    def __init__(self, scenario: Scenario) -> None:
        self.requests: list[httpx.Request] = []
        self.change: Change = lambda request, response: response
        self._app = httpx.ASGITransport(app=create_app(scenario, lambda: NOW_NS))
        sender = HttpSender(
            SourceSettings("tempo", "http://tempo:3200", cache_max_bytes=0),
            SourceKind.TEMPO,
            transport=httpx.MockTransport(self._handle),
        )
        self.source = TempoSource(sender)

    @property
    def paths(self) -> list[str]:
        """What was asked for, in order."""
        return [request.url.path for request in self.requests]

    def context(self, *projects: Project, now_ns: int = NOW_NS) -> RequestContext:
        """One request of a viewer of these projects."""
        seen = projects or (SHOP,)
        repositories: Any = Mock()

        async def by_keys(keys: list[UUID], call: Call) -> list[Project]:
            return [each for each in seen if each.key in keys]

        repositories.projects.by_keys = by_keys
        return RequestContext(
            principal=Principal(UUID(int=99), {each.key: Role.VIEWER for each in seen}),
            sources=Sources(metrics={}, logs={}, traces={"tempo": self.source}),
            repositories=repositories,
            credentials=Mock(),
            call=Call(Deadline.after(20), Ledger()),
            now_ns=now_ns,
        )

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        answer = await self._app.handle_async_request(request)
        response = httpx.Response(answer.status_code, headers=answer.headers, content=await answer.aread())
        return self.change(request, response)
