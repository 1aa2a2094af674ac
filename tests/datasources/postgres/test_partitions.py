"""Partitions are made ahead once and dropped with what was counted of them."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime, timedelta

import pytest

from datasources.postgres.engine import Database
from datasources.postgres.partitions import drop_partitions, existing_days, is_partition, make_partitions
from datasources.postgres.repositories import Repositories
from tests.store_rows import NOW, make_project, new_call, new_event, store_events


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("error_events_20261122", True),
        ("error_events", False),
        ("error_event_ids", False),
        ("error_events_2026", False),
    ],
)
def test_partitions_are_told_by_their_names(table: str, expected: bool) -> None:
    assert is_partition(table) is expected


async def test_missing_days_are_made_once(database: Database) -> None:
    now = datetime(2031, 12, 31, 23, 30, tzinfo=UTC)
    both = await asyncio.gather(*(make_partitions(database, now, days_ahead=1, call=new_call()) for _ in range(2)))
    assert [date(2031, 12, 31), date(2032, 1, 1)] in both
    assert await make_partitions(database, now, days_ahead=1, call=new_call()) == []


async def test_retention_drops_days_and_what_is_counted_of_them(repositories: Repositories) -> None:
    database, project = repositories.database, await make_project(repositories)
    await store_events(repositories, new_event(project, ago=timedelta(days=1)), new_event(project))
    dropped = await drop_partitions(database, NOW, call=new_call())
    assert (NOW - timedelta(days=1)).date() in dropped
    assert min(await existing_days(database, call=new_call())) == NOW.date()
    for table in ("error_events", "error_event_ids", "error_group_hours", "error_group_users"):
        assert await database.fetchval(f"SELECT count(*) FROM {table}", call=new_call()) == 1, table
