"""The migrations give the tables of the code, on an empty database and again."""

from __future__ import annotations

import asyncio
import subprocess
import sys

import asyncpg
import pytest
from alembic.script import ScriptDirectory

from datasources.exceptions import SourceUnavailable
from datasources.postgres import migrate
from datasources.postgres.engine import Database
from datasources.postgres.migrate import MigrationError
from tests.store_rows import new_call

ROOT = migrate.FOLDER.parent


def execute(url: str, sql: str) -> None:
    async def run() -> None:
        connection = await asyncpg.connect(url)
        await connection.execute(sql)
        await connection.close()

    asyncio.run(run())


async def test_migrations_give_the_tables_of_the_code(database_url: str) -> None:
    assert await migrate.find_drift(database_url) is None


async def test_drift_is_found(database_url: str, database: Database) -> None:
    await database.execute("ALTER TABLE users DROP COLUMN name", call=new_call())
    drift = await migrate.find_drift(database_url)
    assert drift is not None
    assert "name" in drift


async def test_partitions_are_no_drift(database_url: str, database: Database) -> None:
    found = await database.fetchval(
        "SELECT count(*) FROM pg_inherits WHERE inhparent = 'error_events'::regclass", call=new_call()
    )
    assert found > 0
    assert await migrate.find_drift(database_url) is None


def test_latest_revision_is_the_one_that_alembic_finds() -> None:
    assert migrate.head() == ScriptDirectory(str(migrate.FOLDER)).get_current_head()


def test_nothing_that_serves_imports_sqlalchemy() -> None:
    serving = "datasources.postgres.repositories, datasources.postgres.migrate, datasources.postgres.partitions"
    code = f"import sys, {serving}; sys.exit('sqlalchemy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False, cwd=ROOT).returncode == 0


def test_second_upgrade_does_nothing(database_url: str) -> None:
    migrate.upgrade(database_url)
    migrate.require_current(database_url)


def test_two_upgrades_at_once_are_one(empty_database_url: str) -> None:
    async def both() -> None:
        await asyncio.gather(migrate.apply(empty_database_url), migrate.apply(empty_database_url))

    asyncio.run(both())
    migrate.require_current(empty_database_url)


def test_database_without_tables_is_not_current(empty_database_url: str) -> None:
    with pytest.raises(MigrationError, match="of no revision, this gateway needs .*: run `python -m gateway migrate`"):
        migrate.require_current(empty_database_url)


def test_database_of_a_newer_gateway_is_refused(database_url: str) -> None:
    execute(database_url, "UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(MigrationError, match="9999 by a newer gateway"):
        migrate.require_current(database_url)
    with pytest.raises(MigrationError, match="cannot be migrated"):
        migrate.upgrade(database_url)


@pytest.mark.parametrize("work", [migrate.upgrade, migrate.require_current])
def test_unreachable_database_is_a_source_error(work, tmp_path) -> None:
    with pytest.raises(SourceUnavailable, match="no connection"):
        work(f"postgresql://gateway@/postgres?host={tmp_path}")
