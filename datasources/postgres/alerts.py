"""Alert rules, alerts and their changes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from ..calls import Call
from ..records.alerts import (
    Alert,
    AlertChange,
    AlertConnection,
    AlertOrigin,
    AlertQuery,
    AlertRule,
    AlertRuleConnection,
    AlertState,
    Comparison,
    NewAlert,
    NewRule,
    NoDataPolicy,
    RuleHealth,
    RuleQuery,
    RuleQueryLanguage,
    Severity,
)
from ..records.shared import Label
from .alert_writes import put_rules, record_alerts
from .cursors import decode_cursor
from .engine import Database, Row
from .pages import Page, cut, lateral, split
from .parameters import Parameters

_RULE = """r.id, r.project_id, r.name, r.language, r.expression, r.comparison, r.threshold, r.for_ms, r.keep_firing_for_ms,
    r.every_ms, r.no_data, r.severity, r.labels, r.summary, r.description, r.runbook_url, r.enabled, r.created_at,
    r.health, r.last_evaluated_at, r.last_duration_ms, r.last_error, r.next_evaluation_at"""
_ALERT = """a.id, a.project_id, a.rule_id, a.origin, a.name, a.state, a.severity, a.labels, a.summary, a.description,
    a.value, a.started_at, a.fired_at, a.resolved_at, a.acknowledged_at, a.acknowledged_by"""
_BY_SEVERITY = "array_position(ARRAY['INFO', 'WARNING', 'CRITICAL'], a.severity)"


class AlertsRepository:
    """Every list is asked for many projects, rules or alerts at once."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def put_rules(self, rules: Sequence[NewRule], *, call: Call) -> None:
        """Stores rules by their keys: new ones are added, known ones replaced."""
        await put_rules(self._database, rules, call=call)

    async def note_evaluation(self, rules: Sequence[UUID], at: datetime, took_ms: float, *, call: Call) -> None:
        """That the rules were evaluated and gave an answer."""
        sql = "UPDATE alert_rules SET health = 'OK', last_evaluated_at = $2, last_duration_ms = $3, last_error = NULL WHERE id = ANY($1)"
        await self._database.execute(sql, list(rules), at, took_ms, call=call)

    async def record(self, alerts: Sequence[NewAlert], *, call: Call) -> int:
        """Stores alerts, and the changes of state that are not stored yet; tells how many changes these were."""
        return await record_alerts(self._database, alerts, call=call)

    async def by_keys(self, keys: Sequence[UUID], *, call: Call) -> list[Alert]:
        """The alerts of these keys, in no order; unknown keys are left out."""
        rows = await self._database.fetch(f"SELECT {_ALERT} FROM alerts a WHERE id = ANY($1)", list(keys), call=call)
        return [_alert(row) for row in rows]

    async def rules_by_keys(self, keys: Sequence[UUID], *, call: Call) -> list[AlertRule]:
        """The rules of these keys, in no order; unknown keys are left out."""
        rows = await self._database.fetch(
            f"SELECT {_RULE} FROM alert_rules r WHERE id = ANY($1)", list(keys), call=call
        )
        return [_rule(row) for row in rows]

    async def of_projects(self, projects: Sequence[UUID], query: AlertQuery, *, call: Call) -> list[AlertConnection]:
        """A page of each project's alerts. Raises: BadInput for a cursor of another list."""
        pages = await self._pages("project_id", projects, query, call)
        return [
            AlertConnection(nodes=nodes, project_key=key, query=query, **page)
            for key, (nodes, page) in zip(projects, pages, strict=True)
        ]

    async def of_rules(self, rules: Sequence[UUID], query: AlertQuery, *, call: Call) -> list[AlertConnection]:
        """A page of each rule's alerts. Raises: BadInput for a cursor of another list."""
        pages = await self._pages("rule_id", rules, query, call)
        return [
            AlertConnection(nodes=nodes, rule_key=key, query=query, **page)
            for key, (nodes, page) in zip(rules, pages, strict=True)
        ]

    async def count_of_projects(self, projects: Sequence[UUID], query: AlertQuery, *, call: Call) -> list[int]:
        """How many alerts each project has on all pages of the query."""
        return await self._counts("project_id", projects, query, call)

    async def count_of_rules(self, rules: Sequence[UUID], query: AlertQuery, *, call: Call) -> list[int]:
        """How many alerts each rule has on all pages of the query."""
        return await self._counts("rule_id", rules, query, call)

    async def rules_of_projects(
        self, projects: Sequence[UUID], query: RuleQuery, *, call: Call
    ) -> list[AlertRuleConnection]:
        """A page of each project's rules, the newest first. Raises: BadInput for a cursor of another list."""
        parameters = Parameters(list(projects))
        conditions = ["r.project_id = parent.key"]
        if query.after is not None:
            at, key = decode_cursor("rule", query.after, datetime)
            conditions.append(f"(r.created_at, r.id) < ({parameters.add(at)}, {parameters.add(key)})")
        limit = parameters.add(query.first + 1)
        sql = lateral(_RULE, "alert_rules r", conditions, sort="r.created_at", key="r.id", limit=limit)
        rows = await self._database.fetch(sql, *parameters.values, call=call)
        found = []
        for project, its_rows in zip(projects, split(rows, projects), strict=True):
            nodes, page = cut(its_rows, query.first, order="rule", after=query.after, make=_rule)
            found.append(AlertRuleConnection(nodes=nodes, project_key=project, **page))
        return found

    async def count_rules(self, projects: Sequence[UUID], *, call: Call) -> list[int]:
        """How many rules each project has."""
        sql = "SELECT project_id, count(*) AS total FROM alert_rules WHERE project_id = ANY($1) GROUP BY project_id"
        rows = await self._database.fetch(sql, list(projects), call=call)
        totals = {row["project_id"]: row["total"] for row in rows}
        return [totals.get(project, 0) for project in projects]

    async def changes(self, alerts: Sequence[UUID], *, call: Call) -> list[list[AlertChange]]:
        """Each alert's changes of state, in order."""
        sql = """
            SELECT alert_id AS parent, sequence, at, from_state, to_state, value FROM alert_changes
            WHERE alert_id = ANY($1) ORDER BY alert_id, sequence
        """
        rows = await self._database.fetch(sql, list(alerts), call=call)
        return [[_change(row) for row in its_rows] for its_rows in split(rows, alerts)]

    async def open_counts(
        self, projects: Sequence[UUID], *, call: Call
    ) -> dict[UUID, list[tuple[AlertState, Severity, int]]]:
        """How many alerts of each state and severity are open, by project; nothing for a project without."""
        sql = """
            SELECT project_id, state, severity, count(*) AS total FROM alerts
            WHERE project_id = ANY($1) AND state <> 'RESOLVED' GROUP BY project_id, state, severity
        """
        found: dict[UUID, list[tuple[AlertState, Severity, int]]] = {}
        for row in await self._database.fetch(sql, list(projects), call=call):
            counted = (AlertState(row["state"]), Severity(row["severity"]), row["total"])
            found.setdefault(row["project_id"], []).append(counted)
        return found

    async def active(self, projects: Sequence[UUID], first: int, *, call: Call) -> list[list[Alert]]:
        """Each project's open alerts: the firing ones first, then by severity, then the latest started."""
        sql = f"""
            SELECT parent.key AS parent, page.* FROM unnest($1::uuid[]) WITH ORDINALITY AS parent(key, place)
            CROSS JOIN LATERAL (
                SELECT {_ALERT}, row_number() OVER (
                    ORDER BY a.state, {_BY_SEVERITY} DESC, a.started_at DESC, a.id
                ) AS rank
                FROM alerts a WHERE a.project_id = parent.key AND a.state <> 'RESOLVED' ORDER BY rank LIMIT $2
            ) AS page
            ORDER BY parent.place, page.rank
        """
        rows = await self._database.fetch(sql, list(projects), first, call=call)
        return [[_alert(row) for row in its_rows] for its_rows in split(rows, projects)]

    async def _pages(
        self, column: str, parents: Sequence[UUID], query: AlertQuery, call: Call
    ) -> list[tuple[list[Alert], Page]]:
        parameters = Parameters(list(parents))
        conditions = [f"a.{column} = parent.key", *_conditions(query, parameters)]
        if query.after is not None:
            at, key = decode_cursor("alert", query.after, datetime)
            conditions.append(f"(a.started_at, a.id) < ({parameters.add(at)}, {parameters.add(key)})")
        limit = parameters.add(query.first + 1)
        sql = lateral(_ALERT, "alerts a", conditions, sort="a.started_at", key="a.id", limit=limit)
        rows = await self._database.fetch(sql, *parameters.values, call=call)
        return [
            cut(its_rows, query.first, order="alert", after=query.after, make=_alert)
            for its_rows in split(rows, parents)
        ]

    async def _counts(self, column: str, parents: Sequence[UUID], query: AlertQuery, call: Call) -> list[int]:
        parameters = Parameters(list(parents))
        conditions = " AND ".join([f"a.{column} = ANY($1)", *_conditions(query, parameters)])
        sql = f"SELECT a.{column} AS key, count(*) AS total FROM alerts a WHERE {conditions} GROUP BY 1"
        totals = {row["key"]: row["total"] for row in await self._database.fetch(sql, *parameters.values, call=call)}
        return [totals.get(parent, 0) for parent in parents]


def _conditions(query: AlertQuery, parameters: Parameters) -> list[str]:
    found = []
    if query.states is not None:
        found.append(f"a.state = ANY({parameters.add([*query.states], 'text[]')})")
    if query.severities is not None:
        found.append(f"a.severity = ANY({parameters.add([*query.severities], 'text[]')})")
    if query.end is not None:
        found.append(f"a.started_at < {parameters.add(query.end)}")
    if query.start is not None:
        found.append(f"(a.resolved_at IS NULL OR a.resolved_at >= {parameters.add(query.start)})")
    return found


def _labels(stored: dict[str, str]) -> list[Label]:
    return [Label(name, value) for name, value in sorted(stored.items())]


def _finite(value: float | None) -> float | None:
    return value if value is not None and math.isfinite(value) else None


def _rule(row: Row) -> AlertRule:
    return AlertRule(
        key=row["id"],
        project_key=row["project_id"],
        name=row["name"],
        language=RuleQueryLanguage(row["language"]),
        expression=row["expression"],
        comparison=Comparison(row["comparison"]),
        threshold=row["threshold"],
        for_ms=row["for_ms"],
        keep_firing_for_ms=row["keep_firing_for_ms"],
        every_ms=row["every_ms"],
        no_data=NoDataPolicy(row["no_data"]),
        severity=Severity(row["severity"]),
        labels=_labels(row["labels"]),
        summary=row["summary"],
        description=row["description"],
        runbook_url=row["runbook_url"],
        enabled=row["enabled"],
        created_at=row["created_at"],
        health=RuleHealth(row["health"]),
        last_evaluated_at=row["last_evaluated_at"],
        last_duration_ms=row["last_duration_ms"],
        last_error=row["last_error"],
        next_evaluation_at=row["next_evaluation_at"],
    )


def _alert(row: Row) -> Alert:
    return Alert(
        key=row["id"],
        project_key=row["project_id"],
        rule_key=row["rule_id"],
        origin=AlertOrigin(row["origin"]),
        name=row["name"],
        state=AlertState(row["state"]),
        severity=Severity(row["severity"]),
        labels=_labels(row["labels"]),
        summary=row["summary"],
        description=row["description"],
        value=_finite(row["value"]),
        started_at=row["started_at"],
        fired_at=row["fired_at"],
        resolved_at=row["resolved_at"],
        acknowledged_at=row["acknowledged_at"],
        acknowledged_by_key=row["acknowledged_by"],
    )


def _change(row: Row) -> AlertChange:
    return AlertChange(
        sequence=row["sequence"],
        alert_key=row["parent"],
        at=row["at"],
        from_state=AlertState(row["from_state"]) if row["from_state"] is not None else None,
        to_state=AlertState(row["to_state"]),
        value=_finite(row["value"]),
    )
