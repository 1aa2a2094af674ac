"""Alembic's environment: runs on a connection that `datasources.postgres.migrate` hands over, or on `-x database_url=...`."""

from __future__ import annotations

import asyncio

from alembic import context
from sqlalchemy import Connection

from datasources.postgres.alembic_runner import create_engine
from datasources.postgres.partitions import is_partition
from datasources.postgres.tables import metadata


def _is_ours(name: str | None, kind: str, parents: object) -> bool:
    """Partitions are made and dropped at run time, not by migrations."""
    return not (kind == "table" and name is not None and is_partition(name))


def _run(connection: Connection) -> None:
    context.configure(
        connection=connection, target_metadata=metadata, include_name=_is_ours, compare_server_default=True
    )
    with context.begin_transaction():
        context.run_migrations()


async def _run_alone() -> None:
    engine = create_engine(context.get_x_argument(as_dictionary=True)["database_url"])
    async with engine.begin() as connection:
        await connection.run_sync(_run)
    await engine.dispose()


given = context.config.attributes.get("connection")
if given is not None:
    _run(given)
else:
    asyncio.run(_run_alone())
