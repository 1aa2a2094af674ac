"""Lists of error events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ...calls import Call
from ...records.errors import ErrorEvent, ErrorLevel, EventQuery
from ...records.shared import Connection, Label
from ..cursors import decode_cursor
from ..engine import Database, Row
from ..pages import cut, lateral, split
from ..parameters import Parameters

_EVENT = """e.id, e.project_id, e.group_id, e.event_id, e.timestamp, e.received_at, e.message, e.level, e.platform,
    e.environment, e.release, e.server_name, e.transaction, e.service, e.trace_id, e.span_id, e.tags,
    e.body::text AS body_json"""


class EventsRepository:
    """Events, the latest received first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_keys(self, keys: Sequence[UUID], *, call: Call) -> list[ErrorEvent]:
        """The events of these keys, in no order; unknown keys are left out."""
        rows = await self._database.fetch(
            f"SELECT {_EVENT} FROM error_events e WHERE e.id = ANY($1)", list(keys), call=call
        )
        return [_event(row) for row in rows]

    async def of_groups(self, groups: Sequence[UUID], query: EventQuery, *, call: Call) -> list[Connection[ErrorEvent]]:
        """A page of each group's events, in one statement. Raises: BadInput for a cursor of another list."""
        parameters = Parameters(list(groups))
        conditions = ["e.group_id = parent.key"]
        if query.start is not None:
            conditions.append(f"e.received_at >= {parameters.add(query.start)}")
        if query.end is not None:
            conditions.append(f"e.received_at < {parameters.add(query.end)}")
        if query.after is not None:
            at, key = decode_cursor("event", query.after, datetime)
            conditions.append(f"(e.received_at, e.id) < ({parameters.add(at)}, {parameters.add(key)})")
        limit = parameters.add(query.first + 1)
        sql = lateral(_EVENT, "error_events e", conditions, sort="e.received_at", key="e.id", limit=limit)
        rows = await self._database.fetch(sql, *parameters.values, call=call)
        found: list[Connection[ErrorEvent]] = []
        for its_rows in split(rows, groups):
            nodes, page = cut(its_rows, query.first, order="event", after=query.after, make=_event)
            found.append(Connection(nodes=nodes, **page))
        return found

    async def latest(self, groups: Sequence[UUID], *, call: Call) -> list[ErrorEvent | None]:
        """Each group's latest event; None where retention left none."""
        sql = lateral(
            _EVENT, "error_events e", ["e.group_id = parent.key"], sort="e.received_at", key="e.id", limit="1"
        )
        rows = await self._database.fetch(sql, list(groups), call=call)
        return [_event(its_rows[0]) if its_rows else None for its_rows in split(rows, groups)]

    async def of_traces(self, traces: Sequence[tuple[UUID, str]], *, limit: int, call: Call) -> list[list[ErrorEvent]]:
        """The events of each (project, trace id), in order of time, at most `limit` of each."""
        sql = f"""
            SELECT parent.place, page.* FROM unnest($1::uuid[], $2::text[]) WITH ORDINALITY AS parent(project, trace, place)
            CROSS JOIN LATERAL (
                SELECT {_EVENT} FROM error_events e WHERE e.project_id = parent.project AND e.trace_id = parent.trace
                ORDER BY e.timestamp, e.id LIMIT $3
            ) AS page
            ORDER BY parent.place, page.timestamp, page.id
        """
        projects, ids = [project for project, _ in traces], [trace for _, trace in traces]
        found: list[list[ErrorEvent]] = [[] for _ in traces]
        for row in await self._database.fetch(sql, projects, ids, limit, call=call):
            found[row["place"] - 1].append(_event(row))
        return found


def _event(row: Row) -> ErrorEvent:
    return ErrorEvent(
        key=row["id"],
        project_key=row["project_id"],
        group_key=row["group_id"],
        event_id=row["event_id"].hex,
        timestamp=row["timestamp"],
        received_at=row["received_at"],
        message=row["message"],
        level=ErrorLevel(row["level"]),
        platform=row["platform"],
        environment=row["environment"],
        release=row["release"],
        server_name=row["server_name"],
        transaction=row["transaction"],
        service=row["service"],
        trace_id=row["trace_id"],
        span_id=row["span_id"],
        tags=[Label(name, value) for name, value in sorted(row["tags"].items())],
        body_json=row["body_json"],
    )
