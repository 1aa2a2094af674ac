"""How reports get in: events, their groups and everything that is counted of them, in one transaction."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from uuid import UUID, uuid4

import asyncpg

from ...calls import Call
from ...exceptions import SourceRefused
from ...records.errors import NewEvent
from ..engine import Database, Statements
from ..failures import NAME
from .upserts import (
    ADD_HOURS,
    ADD_TAGS,
    ADD_USERS,
    FIND_GROUPS,
    INSERT_GROUPS,
    NOTE_REOPENED,
    REMEMBER,
    TAKE_NUMBERS,
    TOUCH_GROUPS,
)

_COLUMNS = (
    "id", "received_at", "project_id", "group_id", "event_id", "timestamp", "message", "level", "platform",
    "environment", "release", "server_name", "transaction", "service", "trace_id", "span_id", "tags", "body",
)  # fmt: skip
_ATTRIBUTES = {"project_id": "project_key"}
GroupName = tuple[UUID, bytes]
"""(project, fingerprint)."""


class ReportsRepository:
    """One transaction per batch: all of it is there, or nothing."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def store(self, events: Sequence[NewEvent], *, call: Call) -> int:
        """Stores the events that are not there yet, and tells how many.

        A group that was resolved before a report came in is open again and marked as regressed.
        Raises: SourceRefused where a report's day has no partition; whoever calls makes them ahead.
        """
        try:
            return await self._store(events, call)
        except asyncpg.CheckViolationError as error:
            if error.constraint_name is not None:
                raise
            raise SourceRefused(f"{NAME}: there is no partition for a report's day", source=NAME) from error

    async def _store(self, events: Sequence[NewEvent], call: Call) -> int:
        async with self._database.transaction(call=call) as statements:
            fresh = await _without_known(statements, events)
            if fresh:
                groups = await _group(statements, fresh)
                await _count(statements, fresh, groups)
                rows = (_row(event, groups[event.project_key, event.fingerprint]) for event in fresh)
                await statements.copy("error_events", _COLUMNS, rows)
        return len(fresh)


async def _without_known(statements: Statements, events: Sequence[NewEvent]) -> list[NewEvent]:
    by_id = {(event.project_key, event.event_id): event for event in reversed(events)}
    ids = sorted(by_id)
    rows = await statements.fetch(
        REMEMBER, [key for key, _ in ids], [key for _, key in ids], [by_id[one].received_at for one in ids]
    )
    taken = {(row["project_id"], row["event_id"]) for row in rows}
    fresh = [by_id[one] for one in taken]
    return sorted(fresh, key=lambda event: event.received_at)


async def _group(statements: Statements, events: Iterable[NewEvent]) -> dict[GroupName, UUID]:
    """The group of each fingerprint, made where there is none; a merged one leads to where it was merged into."""
    firsts: dict[GroupName, NewEvent] = {}
    for event in events:
        firsts.setdefault((event.project_key, event.fingerprint), event)
    found = await _find(statements, firsts)
    missing = [name for name in firsts if name not in found]
    if missing:
        await _make(statements, [firsts[name] for name in missing])
        found |= await _find(statements, missing)
    return found


async def _find(statements: Statements, names: Iterable[GroupName]) -> dict[GroupName, UUID]:
    names = list(names)
    rows = await statements.fetch(FIND_GROUPS, [project for project, _ in names], [mark for _, mark in names])
    return {(row["project_id"], row["fingerprint"]): row["id"] for row in rows}


async def _make(statements: Statements, firsts: Sequence[NewEvent]) -> None:
    """In the order of time. Numbers are taken under the project's lock, which also keeps two batches from waiting in a circle."""
    numbers: dict[UUID, int] = {}
    for project, count in sorted(Counter(event.project_key for event in firsts).items()):
        numbers[project] = await statements.fetchval(TAKE_NUMBERS, project, count)
    rows = []
    for event in firsts:
        number = numbers[event.project_key] = numbers[event.project_key] + 1
        named = (event.project_key, number, event.fingerprint, event.grouping_version)
        rows.append((*named, event.title, event.culprit, event.level, event.received_at, event.release))
    await statements.execute(INSERT_GROUPS, *_columns(rows, 9))


async def _count(statements: Statements, events: Sequence[NewEvent], groups: dict[GroupName, UUID]) -> None:
    """In the order of the groups' keys: two batches never wait for each other in a circle."""
    latest: dict[UUID, NewEvent] = {}
    totals: Counter[UUID] = Counter()
    hours: Counter[tuple[object, ...]] = Counter()
    tags: Counter[tuple[object, ...]] = Counter()
    users: set[tuple[object, ...]] = set()
    for event in events:
        group, project = groups[event.project_key, event.fingerprint], event.project_key
        hour = event.received_at.replace(minute=0, second=0, microsecond=0)
        latest[group] = event
        totals[group] += 1
        hours[group, project, hour] += 1
        tags.update((group, project, name, value) for name, value in _tags(event).items())
        if event.user_digest is not None:
            users.add((group, project, hour, event.user_digest))
    touched = [
        (group, totals[group], event.received_at, event.title, event.culprit, event.message, event.level, event.release)
        for group, event in sorted(latest.items())
    ]
    for row in await statements.fetch(TOUCH_GROUPS, *_columns(touched, 8)):
        if row["reopened"]:
            await statements.execute(NOTE_REOPENED, row["id"], row["project_id"], latest[row["id"]].received_at)
    await statements.execute(ADD_HOURS, *_columns(sorted((*key, count) for key, count in hours.items()), 4))
    await statements.execute(ADD_TAGS, *_columns(sorted((*key, count) for key, count in tags.items()), 5))
    await statements.execute(ADD_USERS, *_columns(sorted(users), 4))


def _tags(event: NewEvent) -> dict[str, str]:
    """The tags, and what can be filtered by like one."""
    standing = {"service": event.service, "environment": event.environment, "release": event.release}
    return {**event.tags, **{name: value for name, value in standing.items() if value is not None}}


def _row(event: NewEvent, group: UUID) -> list[object]:
    return [
        uuid4(),
        *(group if name == "group_id" else getattr(event, _ATTRIBUTES.get(name, name)) for name in _COLUMNS[1:]),
    ]


def _columns(rows: Sequence[Sequence[object]], width: int) -> list[list[object]]:
    return [[row[place] for row in rows] for place in range(width)]
