"""Lists of error groups."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ...calls import Call
from ...records.errors import (
    ErrorFilter,
    ErrorGroup,
    ErrorGroupConnection,
    ErrorLevel,
    ErrorOrder,
    ErrorStatus,
    GroupQuery,
)
from ..cursors import SortValue, decode_cursor
from ..engine import Database, Row
from ..pages import cut, lateral, split
from ..parameters import Parameters
from ..patterns import contains
from .spans import SpanTerms

_GROUP = """g.id, g.project_id, upper(p.slug) || '-' || g.number AS short_id, g.title, g.culprit, g.level, g.status,
    g.regressed, g.first_seen, g.last_seen, g.event_count, g.user_count, g.first_release, g.last_release, g.assignee_id"""
_SOURCE = "error_groups g JOIN projects p ON p.id = g.project_id"
_SORT = {
    ErrorOrder.LAST_SEEN: "g.last_seen",
    ErrorOrder.FIRST_SEEN: "g.first_seen",
    ErrorOrder.EVENTS: "g.event_count",
    ErrorOrder.USERS: "g.user_count",
}
_SORT_KIND: dict[ErrorOrder, type[SortValue]] = {
    ErrorOrder.LAST_SEEN: datetime,
    ErrorOrder.FIRST_SEEN: datetime,
    ErrorOrder.EVENTS: int,
    ErrorOrder.USERS: int,
}


class GroupsRepository:
    """Groups that were merged into others are not listed."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def by_keys(self, keys: Sequence[UUID], *, call: Call) -> list[ErrorGroup]:
        """The groups of these keys, in no order; unknown keys are left out."""
        sql = f"SELECT {_GROUP} FROM {_SOURCE} WHERE g.id = ANY($1)"
        return [_group(row) for row in await self._database.fetch(sql, list(keys), call=call)]

    async def of_projects(
        self, projects: Sequence[UUID], query: GroupQuery, *, call: Call
    ) -> list[ErrorGroupConnection]:
        """A page of each project's groups, in one statement.

        With a range, only groups with a report in it, and EVENTS and USERS order by what is in the range.
        Raises: BadInput for a cursor of another list or order.
        """
        parameters = Parameters(list(projects))
        conditions, sort = _conditions(query, parameters, "parent.key"), _sort(query, parameters)
        if query.after is not None:
            value, key = decode_cursor(query.order, query.after, _SORT_KIND[query.order])
            conditions.append(f"({sort}, g.id) < ({parameters.add(value)}, {parameters.add(key)})")
        limit = parameters.add(query.first + 1)
        sql = lateral(_GROUP, _SOURCE, conditions, sort=sort, key="g.id", limit=limit)
        rows = await self._database.fetch(sql, *parameters.values, call=call)
        found = []
        for project, its_rows in zip(projects, split(rows, projects), strict=True):
            nodes, page = cut(its_rows, query.first, order=query.order, after=query.after, make=_group)
            found.append(ErrorGroupConnection(nodes=nodes, project_key=project, query=query, **page))
        return found

    async def count(self, projects: Sequence[UUID], query: GroupQuery, *, call: Call) -> list[int]:
        """How many groups each project has on all pages of the query."""
        parameters = Parameters(list(projects))
        conditions = _conditions(query, parameters, "ANY($1)")
        sql = f"SELECT g.project_id, count(*) AS total FROM {_SOURCE} WHERE {' AND '.join(conditions)} GROUP BY 1"
        rows = await self._database.fetch(sql, *parameters.values, call=call)
        totals = {row["project_id"]: row["total"] for row in rows}
        return [totals.get(project, 0) for project in projects]


def _conditions(query: GroupQuery, parameters: Parameters, project: str) -> list[str]:
    found = [f"g.project_id = {project}", "g.merged_into IS NULL", *_filtered(query.filter, parameters)]
    if query.start is not None and query.end is not None:
        # the first two are implied by the third, and spare it most groups
        found += [f"g.first_seen < {parameters.add(query.end)}", f"g.last_seen >= {parameters.add(query.start)}"]
        found.append(SpanTerms(parameters, query.start, query.end, "g.id").seen())
    return found


def _sort(query: GroupQuery, parameters: Parameters) -> str:
    if query.start is None or query.end is None or query.order not in (ErrorOrder.EVENTS, ErrorOrder.USERS):
        return _SORT[query.order]
    terms = SpanTerms(parameters, query.start, query.end, "g.id")
    return terms.events() if query.order is ErrorOrder.EVENTS else terms.users()


def _filtered(wanted: ErrorFilter, parameters: Parameters) -> list[str]:
    found = []
    if wanted.statuses is not None:
        found.append(f"g.status = ANY({parameters.add([*wanted.statuses], 'text[]')})")
    if wanted.levels is not None:
        found.append(f"g.level = ANY({parameters.add([*wanted.levels], 'text[]')})")
    if wanted.assignee_key is not None:
        found.append(f"g.assignee_id = {parameters.add(wanted.assignee_key)}")
    for word in (wanted.search or "").split():
        pattern = parameters.add(contains(word))
        found.append(f"(g.title ILIKE {pattern} OR g.culprit ILIKE {pattern} OR g.message ILIKE {pattern})")
    tags = [(tag.name, tag.value) for tag in wanted.tags]
    tags += [("service", wanted.service)] if wanted.service is not None else []
    tags += [("environment", wanted.environment)] if wanted.environment is not None else []
    tags += [("release", wanted.release)] if wanted.release is not None else []
    for name, value in tags:
        named = f"t.name = {parameters.add(name)} AND t.value = {parameters.add(value)}"
        found.append(f"EXISTS (SELECT FROM error_tags t WHERE t.group_id = g.id AND {named})")
    return found


def _group(row: Row) -> ErrorGroup:
    return ErrorGroup(
        key=row["id"],
        project_key=row["project_id"],
        short_id=row["short_id"],
        title=row["title"],
        culprit=row["culprit"],
        level=ErrorLevel(row["level"]),
        status=ErrorStatus(row["status"]),
        regressed=row["regressed"],
        first_seen=row["first_seen"],
        last_seen=row["last_seen"],
        total_events=row["event_count"],
        total_users=row["user_count"],
        first_release=row["first_release"],
        last_release=row["last_release"],
        assignee_key=row["assignee_id"],
    )
