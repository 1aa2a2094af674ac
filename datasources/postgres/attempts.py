"""Attempts counted for all gateways together: each uses up a share of what is allowed, and time gives it back."""

from __future__ import annotations

from datetime import datetime, timedelta

from ..calls import Call
from .engine import Database


class AttemptsRepository:
    """A leaky bucket per key, kept as the instant at which it is empty."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def count(self, key: bytes, *, every: timedelta, burst: int, now: datetime, call: Call) -> float:
        """Counts one attempt: `burst` at once are allowed, and one more `every` so often.

        Units: 0 where it is allowed, else the seconds to wait; what is not allowed is not counted. Statements of all
        gateways meet at the row, so that no two take the last place.
        """
        sql = """
            INSERT INTO attempts AS a (key, free_at) VALUES ($1, $2::timestamptz + $3::interval)
            ON CONFLICT (key) DO UPDATE SET free_at = greatest(a.free_at, $2) + $3
            WHERE greatest(a.free_at, $2) + $3 <= $2 + $4::interval RETURNING free_at
        """
        async with self._database.transaction(call=call) as statements:
            if await statements.fetchval(sql, key, now, every, every * burst) is not None:
                return 0.0
            free_at: datetime | None = await statements.fetchval("SELECT free_at FROM attempts WHERE key = $1", key)
        wait = (free_at or now) + every - (now + every * burst)
        return max(wait.total_seconds(), 1.0)

    async def forgive(self, key: bytes, *, call: Call) -> None:
        """Gives all of it back."""
        await self._database.execute("DELETE FROM attempts WHERE key = $1", key, call=call)

    async def give_back(self, key: bytes, *, every: timedelta, call: Call) -> None:
        """Gives one attempt back."""
        sql = "UPDATE attempts SET free_at = free_at - $2::interval WHERE key = $1"
        await self._database.execute(sql, key, every, call=call)

    async def forget(self, now: datetime, *, call: Call) -> None:
        """Deletes what has no effect any more."""
        await self._database.execute("DELETE FROM attempts WHERE free_at < $1", now, call=call)
