"""What was done to error groups."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ...calls import Call
from ...records.errors import ErrorActivity, EventQuery
from ...records.shared import Connection
from ..cursors import decode_cursor
from ..engine import Database, Row
from ..pages import cut, lateral, split
from ..parameters import Parameters

_ACTIVITY = "a.id, a.at, a.user_id, a.kind, a.body, a.data"


class ActivityRepository:
    """The latest first."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of_groups(
        self, groups: Sequence[UUID], query: EventQuery, *, call: Call
    ) -> list[Connection[ErrorActivity]]:
        """A page of each group's activity, in one statement. Raises: BadInput for a cursor of another list."""
        parameters = Parameters(list(groups))
        conditions = ["a.group_id = parent.key"]
        if query.after is not None:
            at, key = decode_cursor("activity", query.after, datetime)
            conditions.append(f"(a.at, a.id) < ({parameters.add(at)}, {parameters.add(key)})")
        limit = parameters.add(query.first + 1)
        sql = lateral(_ACTIVITY, "error_activity a", conditions, sort="a.at", key="a.id", limit=limit)
        rows = await self._database.fetch(sql, *parameters.values, call=call)
        found: list[Connection[ErrorActivity]] = []
        for its_rows in split(rows, groups):
            nodes, page = cut(its_rows, query.first, order="activity", after=query.after, make=_activity)
            found.append(Connection(nodes=nodes, **page))
        return found


def _activity(row: Row) -> ErrorActivity:
    return ErrorActivity(
        key=row["id"],
        at=row["at"],
        user_key=row["user_id"],
        kind=row["kind"],
        body=row["body"],
        data=row["data"],
    )
