"""Counts of errors: events, users, tags, and events per step, of groups or of whole projects."""

from __future__ import annotations

import enum
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ...calls import Call
from ...records.errors import CountPoint, TagCount, TagSummary
from ...records.shared import NS_PER_S, Interval
from ...records.time import ns_to_datetime
from ..engine import Database
from ..parameters import Parameters
from .spans import SpanTerms

HOUR_NS = 3600 * NS_PER_S
MAX_TAG_VALUES = 100


class Subject(enum.StrEnum):
    """What is counted by; the value is the column."""

    GROUP = "group_id"
    PROJECT = "project_id"


class CountsRepository:
    """Whole hours are counted beforehand; what is finer is counted from events."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def events(self, groups: Sequence[UUID], start: datetime, end: datetime, *, call: Call) -> list[int]:
        """How many events each group has in [start, end)."""
        return await self._of_groups("events", groups, start, end, call)

    async def users(self, groups: Sequence[UUID], start: datetime, end: datetime, *, call: Call) -> list[int]:
        """How many distinct users each group hit in the hours that [start, end) touches."""
        return await self._of_groups("users", groups, start, end, call)

    async def group_trends(self, groups: Sequence[UUID], interval: Interval, *, call: Call) -> list[list[CountPoint]]:
        """Events per step of each group, without gaps: one point per step from the interval's start on.

        Units: the interval's ends are multiples of its step.
        """
        return await self._trends(Subject.GROUP, groups, interval, call)

    async def project_trends(
        self, projects: Sequence[UUID], interval: Interval, *, call: Call
    ) -> list[list[CountPoint]]:
        """The same of whole projects."""
        return await self._trends(Subject.PROJECT, projects, interval, call)

    async def _trends(
        self, subject: Subject, keys: Sequence[UUID], interval: Interval, call: Call
    ) -> list[list[CountPoint]]:
        step_ns = interval.step_ns
        assert step_ns is not None
        points = -(-interval.range_ns // step_ns)
        counts = {key: [0] * points for key in keys}
        sql = _TRENDS_BY_HOUR if step_ns % HOUR_NS == 0 else _TRENDS_BY_EVENT[subject]
        start, end = ns_to_datetime(interval.start_ns), ns_to_datetime(interval.end_ns)
        sql = sql.format(column=subject.value)
        for row in await self._database.fetch(sql, list(keys), start, end, step_ns / NS_PER_S, call=call):
            counts[row["key"]][row["step"]] += row["total"]
        at = range(interval.start_ns, interval.start_ns + points * step_ns, step_ns)
        return [[CountPoint(*point) for point in zip(at, counts[key], strict=True)] for key in keys]

    async def tags(self, groups: Sequence[UUID], *, call: Call) -> list[list[TagSummary]]:
        """Each group's tags by name, with the most frequent values of each."""
        sql = """
            SELECT * FROM (
                SELECT group_id, name, value, count, (sum(count) OVER tag)::bigint AS total,
                    row_number() OVER (tag ORDER BY count DESC, value) AS rank
                FROM error_tags WHERE group_id = ANY($1) WINDOW tag AS (PARTITION BY group_id, name)
            ) AS ranked
            WHERE rank <= $2 ORDER BY group_id, name, rank
        """
        found: dict[UUID, dict[str, TagSummary]] = {group: {} for group in groups}
        for row in await self._database.fetch(sql, list(groups), MAX_TAG_VALUES, call=call):
            summaries = found[row["group_id"]]
            summary = summaries.setdefault(row["name"], TagSummary(row["name"], row["total"], []))
            summary.values.append(TagCount(row["value"], row["count"]))
        return [list(found[group].values()) for group in groups]

    async def project_totals(
        self, projects: Sequence[UUID], start: datetime, end: datetime, *, call: Call
    ) -> list[tuple[int, int, int]]:
        """(groups unresolved now, groups first seen in [start, end), users hit in its hours) of each project."""
        sql = """
            SELECT parent.key,
                (SELECT count(*) FROM error_groups g
                 WHERE g.project_id = parent.key AND g.merged_into IS NULL AND g.status = 'UNRESOLVED') AS unresolved,
                (SELECT count(*) FROM error_groups g WHERE g.project_id = parent.key AND g.merged_into IS NULL
                 AND g.first_seen >= $2 AND g.first_seen < $3) AS new,
                (SELECT count(DISTINCT u.user_digest) FROM error_group_users u
                 WHERE u.project_id = parent.key AND u.hour >= date_trunc('hour', $2::timestamptz, 'UTC') AND u.hour < $3) AS users
            FROM unnest($1::uuid[]) AS parent(key)
        """
        rows = await self._database.fetch(sql, list(projects), start, end, call=call)
        found = {row["key"]: (row["unresolved"], row["new"], row["users"]) for row in rows}
        return [found[project] for project in projects]

    async def _of_groups(
        self, what: str, groups: Sequence[UUID], start: datetime, end: datetime, call: Call
    ) -> list[int]:
        parameters = Parameters(list(groups))
        terms = SpanTerms(parameters, start, end, "parent.key")
        term = terms.events() if what == "events" else terms.users()
        sql = f"SELECT parent.key, {term} AS total FROM unnest($1::uuid[]) AS parent(key)"
        rows = await self._database.fetch(sql, *parameters.values, call=call)
        totals = {row["key"]: row["total"] for row in rows}
        return [totals[group] for group in groups]


_TRENDS_BY_HOUR = """
    SELECT h.{column} AS key, floor(extract(epoch FROM h.hour - $2::timestamptz) / $4::float8)::int AS step, sum(h.count)::bigint AS total
    FROM error_group_hours h WHERE h.{column} = ANY($1) AND h.hour >= $2 AND h.hour < $3 GROUP BY 1, 2
"""
_BY_EVENT = """
    SELECT e.{column} AS key, floor(extract(epoch FROM e.received_at - $2::timestamptz) / $4::float8)::int AS step, count(*) AS total
    FROM error_events e WHERE e.group_id = ANY(%s) AND e.received_at >= $2 AND e.received_at < $3 GROUP BY 1, 2
"""
_TRENDS_BY_EVENT = {
    Subject.GROUP: _BY_EVENT % "$1",
    Subject.PROJECT: _BY_EVENT
    % "ARRAY(SELECT g.id FROM error_groups g WHERE g.project_id = ANY($1) AND g.last_seen >= $2)",
}
