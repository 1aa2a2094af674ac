"""The gateway as it is deployed, over the demo's sources, in one process: only the sockets of its clients are left out."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any
from uuid import uuid4

import httpx
import pytest

from datasources.postgres.engine import Database
from datasources.postgres.repositories import Repositories
from gateway.app import create_app
from gateway.auth.passwords import Passwords
from gateway.demo.query import DASHBOARD_QUERY
from gateway.demo.scenario import Scenario
from gateway.demo.seed import Accounts, seed_store
from gateway.demo.simulators import loki, prometheus, tempo
from gateway.demo.simulators.faults import Fault, Faults
from gateway.embedded_postgres import EmbeddedPostgres
from gateway.resources import Resources, open_resources
from gateway.settings import Loki, Prometheus, Tempo, load_settings
from tests.postgres_fixtures import TEMPLATE, administer
from tests.serving import serving

LIMIT_S = 2.0
EMAILS = {"shop": "shop@example.com", "bank": "bank@example.com"}
PASSWORD = "a long password"
SIGN_IN = "mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }"
MAKERS: dict[str, Callable[..., Any]] = {
    "prometheus": prometheus.create_app,
    "loki": loki.create_app,
    "tempo": tempo.create_app,
}


@dataclass
class World:
    """A client of the gateway, and the simulated sources behind it by name."""

    client: httpx.AsyncClient
    sources: dict[str, Faults]
    resources: Resources
    stop_store: Callable[[], Awaitable[None]]
    token: str = ""

    async def sign_in(self, project: str) -> None:
        """Goes on as the member of a project."""
        account = {"email": EMAILS[project], "password": PASSWORD}
        answer = await self.query(SIGN_IN, input=account)
        self.token = answer["data"]["signIn"]["accessToken"]

    async def query(self, document: str, **variables: Any) -> Any:
        """The decoded answer, whose status has to be 200."""
        headers = {"authorization": f"Bearer {self.token}"} if self.token else {}
        answer = await self.client.post("/graphql", json={"query": document, "variables": variables}, headers=headers)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def break_source(self, name: str, fault: Fault) -> None:
        """Makes a source misbehave from now on."""
        self.sources[name].set(fault)


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    """The scenario of seed 1."""
    return Scenario(1)


@pytest.fixture(scope="session")
def demo_sources(scenario: Scenario) -> Iterator[dict[str, tuple[Faults, str]]]:
    """The simulated sources and their addresses, warm from one test to the next."""
    with serving() as start:
        apps = {name: Faults(make(scenario, time.time_ns)) for name, make in MAKERS.items()}
        yield {name: (app, start(app)) for name, app in apps.items()}


@pytest.fixture(scope="session")
def seeded_template(postgres_server: EmbeddedPostgres, scenario: Scenario) -> str:
    """A database with the demo's day of history."""
    asyncio.run(_seed(postgres_server, scenario))
    return "seeded"


async def _seed(server: EmbeddedPostgres, scenario: Scenario) -> None:
    await administer(server, f"CREATE DATABASE seeded TEMPLATE {TEMPLATE} STRATEGY file_copy")
    async with Database.open(server.dsn("seeded"), timeout_s=30) as database:
        accounts = Accounts(EMAILS, await Passwords().hash(PASSWORD))
        await seed_store(Repositories.of(database), scenario, accounts)


async def _stop(server: EmbeddedPostgres, database: str) -> None:
    await administer(server, f"ALTER DATABASE {database} ALLOW_CONNECTIONS false")
    await administer(server, f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'")


@asynccontextmanager
async def _living(
    server: EmbeddedPostgres, urls: dict[str, str], data_dir: Path, *, limit_s: float
) -> AsyncIterator[tuple[httpx.AsyncClient, Resources, str]]:
    name = f"world_{uuid4().hex[:12]}"
    await administer(server, f"CREATE DATABASE {name} TEMPLATE seeded STRATEGY file_copy")
    settings = load_settings(
        {},
        data_dir=data_dir,
        request_timeout_s=30,
        prometheus=Prometheus(url=urls["prometheus"], timeout_s=limit_s),
        loki=Loki(url=urls["loki"], timeout_s=limit_s),
        tempo=Tempo(url=urls["tempo"], timeout_s=limit_s),
    )
    async with open_resources(settings, server.dsn(name)) as resources:
        transport = httpx.ASGITransport(create_app(resources))
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway", timeout=60) as client:
            yield client, resources, name
    await administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="session")
def warm_sources(
    postgres_server: EmbeddedPostgres,
    seeded_template: str,
    demo_sources: dict[str, tuple[Faults, str]],
    tmp_path_factory: pytest.TempPathFactory,
) -> dict[str, tuple[Faults, str]]:
    """The simulated sources after a dashboard without limits: the first one draws an hour of the scenario."""
    urls = {name: url for name, (_, url) in demo_sources.items()}

    async def warm_up() -> None:
        async with _living(postgres_server, urls, tmp_path_factory.mktemp("warm"), limit_s=30) as (
            client,
            resources,
            _,
        ):
            world = World(client, {}, resources, stop_store=lambda: asyncio.sleep(0))
            await world.sign_in("shop")
            await world.query(DASHBOARD_QUERY)

    asyncio.run(warm_up())
    return demo_sources


@pytest.fixture
async def world(
    postgres_server: EmbeddedPostgres, warm_sources: dict[str, tuple[Faults, str]], tmp_path: Path
) -> AsyncIterator[World]:
    """A seeded gateway on a store of its own, its client signed in as the shop's member. Sources have two seconds."""
    sources = {name: app for name, (app, _) in warm_sources.items()}
    urls = {name: url for name, (_, url) in warm_sources.items()}
    async with _living(postgres_server, urls, tmp_path, limit_s=LIMIT_S) as (client, resources, name):
        found = World(client, sources, resources, partial(_stop, postgres_server, name))
        await found.sign_in("shop")
        yield found
    for app in sources.values():
        app.set(Fault())
