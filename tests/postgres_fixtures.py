"""A PostgreSQL for the tests: one server per worker, real migrations once, a database of its own for each test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import UTC, datetime
from itertools import count

import asyncpg
import pytest

from datasources.calls import Call, Deadline, Ledger
from datasources.postgres import migrate
from datasources.postgres.engine import Database
from datasources.postgres.partitions import make_partitions
from datasources.postgres.repositories import Repositories
from gateway.embedded_postgres import EmbeddedPostgres

TEMPLATE = "migrated"
_numbers = count(1)


async def administer(server: EmbeddedPostgres, sql: str) -> None:
    """Runs one statement in the server's own database."""
    connection = await asyncpg.connect(server.dsn())
    try:
        await connection.execute(sql)
    finally:
        await connection.close()


async def _prepare(server: EmbeddedPostgres) -> None:
    await administer(server, f"CREATE DATABASE {TEMPLATE}")
    await migrate.apply(server.dsn(TEMPLATE))
    async with Database.open(server.dsn(TEMPLATE), timeout_s=30) as database:
        call = Call(Deadline.after(30), Ledger())
        await make_partitions(database, datetime.now(UTC), days_back=3, days_ahead=2, call=call)


@pytest.fixture(scope="session")
def postgres_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedPostgres]:
    """A server that gives up durability for speed, with a migrated template and partitions around today."""
    with EmbeddedPostgres(tmp_path_factory.mktemp("postgres"), durable=False) as server:
        asyncio.run(_prepare(server))
        yield server


@pytest.fixture
def empty_database_url(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """A new database without tables."""
    name = f"empty_{next(_numbers)}"
    asyncio.run(administer(postgres_server, f"CREATE DATABASE {name}"))
    yield postgres_server.dsn(name)
    asyncio.run(administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
def database_url(postgres_server: EmbeddedPostgres) -> Iterator[str]:
    """A new migrated database without rows."""
    name = f"test_{next(_numbers)}"
    asyncio.run(administer(postgres_server, f"CREATE DATABASE {name} TEMPLATE {TEMPLATE} STRATEGY file_copy"))
    yield postgres_server.dsn(name)
    asyncio.run(administer(postgres_server, f"DROP DATABASE {name} WITH (FORCE)"))


@pytest.fixture
async def database(database_url: str) -> AsyncIterator[Database]:
    """A pool on a database of its own."""
    async with Database.open(database_url, timeout_s=30) as opened:
        yield opened


@pytest.fixture
def repositories(database: Database) -> Repositories:
    """The repositories on a database of their own."""
    return Repositories.of(database)


@pytest.fixture
def store_call() -> Call:
    """A call with half a minute, and an empty ledger that counts the statements."""
    return Call(Deadline.after(30), Ledger())
