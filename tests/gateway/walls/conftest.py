"""Two gateways for one member of the shop: beside the bank's telemetry, errors and people, and in a world without them."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from datasources.postgres.engine import Database
from gateway.app import create_app
from gateway.demo.scenario import Scenario
from gateway.demo.scenario.requests import Request
from gateway.demo.simulators.faults import Faults
from gateway.embedded_postgres import EmbeddedPostgres
from gateway.resources import Resources, open_resources
from gateway.settings import Loki, Prometheus, Tempo, load_settings
from tests.gateway.conftest import EMAILS, MAKERS
from tests.postgres_fixtures import administer
from tests.serving import serving
from tests.store_rows import new_call

FORGET_THE_BANK = (
    "DELETE FROM error_events WHERE project_id = (SELECT id FROM projects WHERE slug = 'bank')",
    "DELETE FROM error_event_ids WHERE project_id = (SELECT id FROM projects WHERE slug = 'bank')",
    "DELETE FROM projects WHERE slug = 'bank'",
    f"DELETE FROM users WHERE email = '{EMAILS['bank']}'",
)
AT_ONCE = 4
LIMIT = 1_000
FAULTS = {"INTERNAL_SERVER_ERROR", "PARSING_ERROR", "GRAPHQL_VALIDATION_FAILED"}
"""A document that is no question proves nothing, and an internal error is never an answer."""


class ShopAlone(Scenario):
    """The same shop, and nobody else."""

    namespaces = ("shop",)

    def request(self, trace_id: str) -> Request | None:
        found = super().request(trace_id)
        return found if found is not None and found.namespace == "shop" else None


@dataclass
class World:
    """A client, and whom it may ask as. Answers are plain, without what differs from one run to the next."""

    client: httpx.AsyncClient
    sources: dict[str, Faults]
    tokens: dict[str, str]
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))

    async def ask(self, document: str, variables: dict[str, Any] | None = None, *, who: str = "shop") -> Any:
        headers = {"authorization": f"Bearer {self.tokens[who]}"}
        async with self.turns:
            response = await self.client.post(
                "/graphql", json={"query": document, "variables": variables or {}}, headers=headers
            )
        return in_order(response.json())

    def asked(self) -> int:
        """How many requests reached the sources so far."""
        return sum(len(source.requests) for source in self.sources.values())


@dataclass
class Worlds:
    """Both, and the instant that all their clocks show."""

    beside: World
    alone: World
    now_ns: int

    async def both(self, document: str, variables: dict[str, Any] | None = None) -> tuple[Any, Any]:
        """What the shop's member is answered in each."""
        beside, alone = await asyncio.gather(self.beside.ask(document, variables), self.alone.ask(document, variables))
        return beside, alone

    async def differences(self, document: str, variables: list[dict[str, Any]]) -> list[str]:
        """The variables for which the two answers differ."""
        return differences(variables, await self.answers(document, variables))

    async def answers(self, document: str, variables: list[dict[str, Any]]) -> list[tuple[Any, Any]]:
        """Both answers for each set of variables."""
        return await asyncio.gather(*(self.both(document, each) for each in variables))


def differences(variables: list[dict[str, Any]], answers: list[tuple[Any, Any]]) -> list[str]:
    """The variables for which the two answers differ, and where."""
    return [
        f"{json.dumps(given)} {first_difference(*pair)}"
        for given, pair in zip(variables, answers, strict=True)
        if pair[0] != pair[1]
    ]


def in_order(answer: Any) -> Any:
    """The answer with what is in no order sorted: its errors, each once, and a vector's samples.

    Of what was cut at the limit only the count is kept: what comes first is up to the source.
    """
    answer.pop("extensions", None)
    errors = []
    for error in answer.get("errors", []):
        assert error["extensions"]["code"] not in FAULTS, error
        told = {name: value for name, value in error["extensions"].items() if name != "tookMs"}
        errors.append({"message": error["message"], "extensions": told})
    if errors:
        answer["errors"] = sorted({json.dumps(error): error for error in errors}.values(), key=json.dumps)
    _put_in_order(answer.get("data"))
    return answer


def _put_in_order(value: Any) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "vector" and inner:
                inner.sort(key=json.dumps)
            if (name == "series" and value.get("truncated")) or (name == "vector" and len(inner or ()) >= LIMIT):
                inner[:] = [len(inner)]
            _put_in_order(inner)
    elif isinstance(value, list):
        for inner in value:
            _put_in_order(inner)


def first_difference(one: Any, other: Any, path: str = "") -> str:
    """Where two answers differ first, and how."""
    if isinstance(one, dict) and isinstance(other, dict) and one.keys() == other.keys():
        pairs = [(f"{path}.{key}", one[key], other[key]) for key in one]
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        pairs = [(f"{path}[{place}]", *pair) for place, pair in enumerate(zip(one, other, strict=True))]
    else:
        return f"{path}: {str(one)[:500]} != {str(other)[:500]}"
    return next((first_difference(a, b, where) for where, a, b in pairs if a != b), "")


@pytest.fixture(scope="session")
def walls_now_ns(seeded_template: str) -> int:
    """The instant at which both worlds stand still, after the store was seeded."""
    return time.time_ns()


@pytest.fixture(scope="session")
def walls_sources(walls_now_ns: int, scenario: Scenario) -> Iterator[list[dict[str, tuple[Faults, str]]]]:
    """The sources of each world, with their addresses."""
    with serving() as start:
        yield [_serve(start, each, walls_now_ns) for each in (scenario, ShopAlone(1))]


def _serve(start: Callable[[Any], str], scenario: Scenario, now_ns: int) -> dict[str, tuple[Faults, str]]:
    apps = {name: Faults(make(scenario, lambda: now_ns)) for name, make in MAKERS.items()}
    return {name: (app, start(app)) for name, app in apps.items()}


@pytest.fixture(scope="session")
def walls_databases(postgres_server: EmbeddedPostgres, seeded_template: str) -> list[str]:
    """A seeded store with the bank, and the same store without it."""
    return asyncio.run(_make_databases(postgres_server, seeded_template))


async def _make_databases(server: EmbeddedPostgres, template: str) -> list[str]:
    names = ["walls_beside", "walls_alone"]
    for name in names:
        await administer(server, f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY file_copy")
    async with Database.open(server.dsn(names[1]), timeout_s=30) as database:
        for sql in FORGET_THE_BANK:
            await database.execute(sql, call=new_call())
    return [server.dsn(name) for name in names]


@pytest.fixture
async def worlds(
    walls_databases: list[str],
    walls_sources: list[dict[str, tuple[Faults, str]]],
    walls_now_ns: int,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Worlds]:
    """Both worlds, with the shop's member signed in to each, and the bank's to the one that has it."""
    monkeypatch.setattr("gateway.context.time", SimpleNamespace(time_ns=lambda: walls_now_ns, monotonic=time.monotonic))
    async with AsyncExitStack() as stack:
        opened = zip(walls_databases, walls_sources, strict=True)
        yield Worlds(*[await _open(stack, dsn, sources, tmp_path) for dsn, sources in opened], walls_now_ns)


async def _open(stack: AsyncExitStack, dsn: str, sources: dict[str, tuple[Faults, str]], data_dir: Path) -> World:
    urls = {name: url for name, (_, url) in sources.items()}
    settings = load_settings(
        {},
        data_dir=data_dir,
        request_timeout_s=60,
        database_timeout_s=60,
        prometheus=Prometheus(url=urls["prometheus"], timeout_s=60),
        loki=Loki(url=urls["loki"], timeout_s=60),
        tempo=Tempo(url=urls["tempo"], timeout_s=60),
    )
    resources = await stack.enter_async_context(open_resources(settings, dsn))
    transport = httpx.ASGITransport(create_app(resources))
    client = await stack.enter_async_context(
        httpx.AsyncClient(transport=transport, base_url="http://gateway", timeout=120)
    )
    tokens = {slug: token for slug in EMAILS if (token := await _token(resources, slug)) is not None}
    return World(client, {name: app for name, (app, _) in sources.items()}, tokens)


async def _token(resources: Resources, slug: str) -> str | None:
    """An access token of the project's member, without the time that a password takes; None where there is none."""
    user = await resources.repositories.users.by_email(EMAILS[slug], call=new_call())
    if user is None:
        return None
    _, digest = resources.credentials.new_secret("gwr_")
    expires_at = datetime.now(UTC) + timedelta(hours=1)
    session = await resources.repositories.sessions.begin(user.key, digest, expires_at=expires_at, call=new_call())
    return resources.credentials.issue_access_token(user.key, session)[0]
