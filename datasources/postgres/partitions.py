"""Error events live in a partition per day: made ahead, dropped by retention."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, timedelta

from ..calls import Call
from .engine import Database

TABLE = "error_events"
_NAME = re.compile(rf"{TABLE}_(\d{{8}})")
_LOCK = 7_305_002

DAYS_AHEAD = 3


def is_partition(table: str) -> bool:
    """Whether a table is one of the partitions."""
    return _NAME.fullmatch(table) is not None


def partition_name(day: date) -> str:
    """The table of one UTC day."""
    return f"{TABLE}_{day:%Y%m%d}"


async def existing_days(database: Database, *, call: Call) -> list[date]:
    """The days that have a partition, in order."""
    sql = "SELECT relid::regclass::text AS name FROM pg_partition_tree($1::regclass) WHERE level = 1"
    names = [_NAME.fullmatch(row["name"]) for row in await database.fetch(sql, TABLE, call=call)]
    return sorted(datetime.strptime(name[1], "%Y%m%d").replace(tzinfo=UTC).date() for name in names if name)


async def make_partitions(
    database: Database, now: datetime, *, days_back: int = 0, days_ahead: int = DAYS_AHEAD, call: Call
) -> list[date]:
    """Makes the partitions that are missing around `now`, and tells which. Making one stops readers, so none is made twice."""
    wanted = [now.date() + timedelta(days=offset) for offset in range(-days_back, days_ahead + 1)]
    there = set(await existing_days(database, call=call))
    missing = [day for day in wanted if day not in there]
    if missing:
        async with database.transaction(call=call) as statements:
            await statements.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
            for day in missing:
                await statements.execute(
                    f"CREATE TABLE IF NOT EXISTS {partition_name(day)} PARTITION OF {TABLE} "
                    f"FOR VALUES FROM ('{day}T00:00:00Z') TO ('{day + timedelta(days=1)}T00:00:00Z')"
                )
    return missing


async def drop_partitions(database: Database, before: datetime, *, call: Call) -> list[date]:
    """Drops the days that lie wholly before an instant, with what is remembered and counted of them; tells which days."""
    old = [day for day in await existing_days(database, call=call) if day < before.date()]
    midnight = datetime(before.year, before.month, before.day, tzinfo=UTC)
    async with database.transaction(call=call) as statements:
        await statements.execute("SELECT pg_advisory_xact_lock($1)", _LOCK)
        for day in old:
            await statements.execute(f"DROP TABLE IF EXISTS {partition_name(day)}")
        await statements.execute("DELETE FROM error_event_ids WHERE received_at < $1", midnight)
        await statements.execute("DELETE FROM error_group_users WHERE hour < $1", midnight)
        await statements.execute("DELETE FROM error_group_hours WHERE hour < $1", midnight)
    return old
