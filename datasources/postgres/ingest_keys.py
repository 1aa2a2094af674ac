"""The keys that clients report errors with."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

from ..calls import Call
from ..records.projects import IngestKey
from .engine import Database, Row
from .last_use import write_last_use

_KEY = "k.id, k.project_id, p.number, k.label, k.public_key, k.created_at, k.last_used_at, k.revoked_at"


class IngestKeysRepository:
    """They are public: whoever has one may report, and read nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create(self, project_key: UUID, *, label: str, public_key: str, call: Call) -> IngestKey:
        """A new key. `public_key` is 32 hex digits."""
        sql = f"""
            WITH k AS (INSERT INTO ingest_keys (project_id, label, public_key) VALUES ($1, $2, $3) RETURNING *)
            SELECT {_KEY} FROM k JOIN projects p ON p.id = k.project_id
        """
        async with self._database.transaction(call=call) as statements:
            return _key(await statements.fetchrow(sql, project_key, label, public_key))

    async def by_keys(self, keys: Sequence[UUID], *, call: Call) -> list[IngestKey]:
        """Those of these keys, in no order; unknown ones are left out."""
        sql = f"SELECT {_KEY} FROM ingest_keys k JOIN projects p ON p.id = k.project_id WHERE k.id = ANY($1)"
        return [_key(row) for row in await self._database.fetch(sql, list(keys), call=call)]

    async def of_projects(self, project_keys: Sequence[UUID], *, call: Call) -> list[IngestKey]:
        """All keys of these projects, the newest first."""
        sql = f"""
            SELECT {_KEY} FROM ingest_keys k JOIN projects p ON p.id = k.project_id
            WHERE k.project_id = ANY($1) ORDER BY k.created_at DESC, k.id
        """
        return [_key(row) for row in await self._database.fetch(sql, list(project_keys), call=call)]

    async def revoke(self, key: UUID, *, now: datetime, call: Call) -> IngestKey | None:
        """The key, revoked now or before; None where there is none."""
        sql = f"""
            WITH k AS (UPDATE ingest_keys SET revoked_at = coalesce(revoked_at, $2) WHERE id = $1 RETURNING *)
            SELECT {_KEY} FROM k JOIN projects p ON p.id = k.project_id
        """
        async with self._database.transaction(call=call) as statements:
            row = await statements.fetchrow(sql, key, now)
        return None if row is None else _key(row)

    async def used(self, uses: Mapping[UUID, datetime], *, call: Call) -> None:
        """Notes when keys were last used."""
        await write_last_use(self._database, "ingest_keys", uses, call=call)


def _key(row: Row) -> IngestKey:
    return IngestKey(
        key=row["id"],
        project_key=row["project_id"],
        project_number=row["number"],
        label=row["label"],
        public_key=row["public_key"],
        created_at=row["created_at"],
        last_used_at=row["last_used_at"],
        revoked_at=row["revoked_at"],
    )
