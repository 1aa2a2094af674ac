"""When keys were last used, written for many at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Literal
from uuid import UUID

from ..calls import Call
from .engine import Database


async def write_last_use(
    database: Database, table: Literal["api_tokens", "ingest_keys"], uses: Mapping[UUID, datetime], *, call: Call
) -> None:
    """Never sets an instant back. A row that another gateway is writing now is left to it."""
    sql = f"""
        WITH free AS (SELECT id FROM {table} WHERE id = ANY($1) ORDER BY id FOR NO KEY UPDATE SKIP LOCKED)
        UPDATE {table} t SET last_used_at = greatest(t.last_used_at, n.at)
        FROM free, unnest($1::uuid[], $2::timestamptz[]) AS n(id, at) WHERE t.id = free.id AND n.id = free.id
    """
    if uses:
        await database.execute(sql, list(uses), list(uses.values()), call=call)
