"""Alembic on an open connection. Imported when there is something to migrate: SQLAlchemy takes as long to import as all else."""

from __future__ import annotations

import io
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TypeVar

import asyncpg
from alembic import command
from alembic.config import Config
from alembic.util import CommandError
from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine
from sqlalchemy.pool import NullPool

from .dsn import driver_dsn
from .exceptions import MigrationError
from .failures import FAILURES, to_source_error

_LOCK = 7_305_001
"""Of PostgreSQL's advisory locks: gateways that start together migrate one after the other."""

T = TypeVar("T")


async def apply(database_url: str, folder: Path) -> None:
    """Applies what is missing, all or nothing."""
    async with _connect(database_url) as connection:
        await connection.execute(text(f"SELECT pg_advisory_xact_lock({_LOCK})"))
        await connection.run_sync(_with_config(folder, lambda config: command.upgrade(config, "head")))


async def find_drift(database_url: str, folder: Path) -> str | None:
    """What the tables in code have that the migrations don't give, or the other way round; None where they agree."""
    async with _connect(database_url) as connection:
        try:
            await connection.run_sync(_with_config(folder, command.check))
        except CommandError as error:
            return str(error)
        return None


def create_engine(database_url: str) -> AsyncEngine:
    """SQLAlchemy's engine on the same address, without a pool: migrations use it once.

    The driver reads the address itself, so that an `sslmode` or a socket's folder means the same on both ways.
    """
    dsn = driver_dsn(database_url)
    return create_async_engine("postgresql+asyncpg://", async_creator=lambda: asyncpg.connect(dsn), poolclass=NullPool)


def _with_config(folder: Path, work: Callable[[Config], T]) -> Callable[[Connection], T]:
    def run(connection: Connection) -> T:
        config = Config(attributes={"connection": connection}, stdout=io.StringIO())
        config.set_main_option("script_location", str(folder))
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
