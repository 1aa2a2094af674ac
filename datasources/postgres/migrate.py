"""Brings a database to this version's tables, and tells whether it is there."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import asyncpg

from .dsn import driver_dsn
from .exceptions import MigrationError
from .failures import FAILURES, to_source_error

__all__ = ["FOLDER", "MigrationError", "apply", "find_drift", "head", "require_current", "upgrade"]

FOLDER = Path(__file__).parents[2] / "migrations"
TIMEOUT_S = 10.0
_REVISION = re.compile(r"^(down_)?revision(?::[^=]+)? = [\"'](\w+)[\"']", re.MULTILINE)


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
    if await _current(database_url) != head():
        from . import alembic_runner  # noqa: PLC0415 - a start with nothing to migrate need not wait for SQLAlchemy

        await alembic_runner.apply(database_url, FOLDER)


async def find_drift(database_url: str) -> str | None:
    """What the tables in code have that the migrations don't give, or the other way round; None where they agree."""
    from . import alembic_runner  # noqa: PLC0415 - as above

    return await alembic_runner.find_drift(database_url, FOLDER)


def head() -> str:
    """The latest revision in the folder. Raises: MigrationError where it is not a single one."""
    _, last = _revisions()
    return last


def _revisions() -> tuple[set[str], str]:
    """(all revisions, the one that no other follows), read without importing them."""
    known: set[str] = set()
    followed: set[str] = set()
    for path in (FOLDER / "versions").glob("*.py"):
        for down, revision in _REVISION.findall(path.read_text("utf-8")):
            (followed if down else known).add(revision)
    heads = known - followed
    if len(heads) != 1:
        raise MigrationError(f"the folder {FOLDER} has {len(heads)} latest migrations and should have one")
    return known, heads.pop()


async def _require_current(database_url: str) -> None:
    found = await _current(database_url)
    known, last = _revisions()
    if found == last:
        return
    if found is not None and found not in known:
        raise MigrationError(f"the store was migrated to {found} by a newer gateway; this one knows up to {last}")
    raise MigrationError(
        f"the store's tables are of {found or 'no'} revision, this gateway needs {last}: run `python -m gateway migrate`"
    )


async def _current(database_url: str) -> str | None:
    """The revision that the database is at; None for one without tables."""
    try:
        async with asyncio.timeout(TIMEOUT_S):
            connection = await asyncpg.connect(driver_dsn(database_url))
            try:
                if await connection.fetchval("SELECT to_regclass('alembic_version')") is None:
                    return None
                found: str | None = await connection.fetchval("SELECT version_num FROM alembic_version")
                return found
            finally:
                await connection.close()
    except FAILURES as error:
        raise to_source_error(error, took_ms=0) from error
