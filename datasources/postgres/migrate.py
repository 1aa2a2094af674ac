"""Brings a database to this version's tables, and tells whether it is there."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

from alembic import command
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection

from .dsn import create_engine
from .failures import FAILURES, to_source_error

FOLDER = Path(__file__).parents[2] / "migrations"
_LOCK = 7_305_001
"""Of PostgreSQL's advisory locks: gateways that start together migrate one after the other."""

T = TypeVar("T")


class MigrationError(Exception):
    """The tables are not of this version; the message is one line and says what to do."""


def upgrade(database_url: str) -> None:
    """Applies what is missing, all or nothing; does nothing where nothing is.

    Raises: SourceError where the database cannot be reached, MigrationError where a newer gateway migrated it.
    """
    asyncio.run(apply(database_url))


def require_current(database_url: str) -> None:
    """Raises: MigrationError where the tables are not exactly this version's, SourceError where they cannot be reached."""
    asyncio.run(_require_current(database_url))


async def apply(database_url: str) -> None:
    """`upgrade` for those who have a loop already."""
    async with _connect(database_url) as connection:
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        await connection.run_sync(_with_config(lambda config: command.upgrade(config, "head")))


async def find_drift(database_url: str) -> str | None:
    """What the tables in code have that the migrations don't give, or the other way round; None where they agree."""
    async with _connect(database_url) as connection:
        try:
            await connection.run_sync(_with_config(command.check))
        except CommandError as error:
            return str(error)
        return None


async def _require_current(database_url: str) -> None:
    scripts = ScriptDirectory(str(FOLDER))
    head = scripts.get_current_head()
    async with _connect(database_url) as connection:
        found = await connection.run_sync(lambda sync: MigrationContext.configure(sync).get_current_revision())
    if found == head:
        return
    if found is not None and found not in {revision.revision for revision in scripts.walk_revisions()}:
        raise MigrationError(f"the store was migrated to {found} by a newer gateway; this one knows up to {head}")
    raise MigrationError(
        f"the store's tables are of {found or 'no'} revision, this gateway needs {head}: run `python -m gateway migrate`"
    )


def _with_config(work: Callable[[Config], T]) -> Callable[[Connection], T]:
    def run(connection: Connection) -> T:
        config = Config(attributes={"connection": connection}, stdout=io.StringIO())
        config.set_main_option("script_location", str(FOLDER))
        config.set_main_option("path_separator", "os")
        return work(config)

    return run


@asynccontextmanager
async def _connect(database_url: str) -> AsyncIterator[AsyncConnection]:
    engine = create_engine(database_url)
    try:
        async with engine.begin() as connection:
            yield connection
    except DBAPIError as error:
        cause = error.orig.__cause__ if error.orig is not None and error.orig.__cause__ else error
        raise to_source_error(cause, took_ms=0) from error
    except FAILURES as error:
        raise to_source_error(error, took_ms=0) from error
    except CommandError as error:
        raise MigrationError(f"the store cannot be migrated: {error}") from error
    finally:
        await engine.dispose()
