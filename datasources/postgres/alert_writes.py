"""How alerts and rules get in: states, their changes and the outbox in one transaction."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import itemgetter

from ..calls import Call
from ..records.alerts import AlertState, NewAlert, NewRule
from .engine import Database

_PUT_RULE = """
    INSERT INTO alert_rules (id, project_id, name, language, expression, comparison, threshold, for_ms,
        keep_firing_for_ms, every_ms, no_data, severity, labels, summary, description, runbook_url, next_evaluation_at)
    VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, now())
    ON CONFLICT (id) DO UPDATE SET name = excluded.name, language = excluded.language,
        expression = excluded.expression, comparison = excluded.comparison, threshold = excluded.threshold,
        for_ms = excluded.for_ms, keep_firing_for_ms = excluded.keep_firing_for_ms, every_ms = excluded.every_ms,
        no_data = excluded.no_data, severity = excluded.severity, labels = excluded.labels,
        summary = excluded.summary, description = excluded.description, runbook_url = excluded.runbook_url,
        updated_at = now()
"""

# In the order in which they started: of one fingerprint, each alert is resolved before the next is open.
_PUT_ALERTS = """
    INSERT INTO alerts AS a (id, project_id, rule_id, origin, fingerprint, name, severity, labels, summary, description,
        started_at, state, value, fired_at, resolved_at, condition_since)
    SELECT *, new.started_at FROM unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::bytea[], $6::text[],
        $7::text[], $8::jsonb[], $9::text[], $10::text[], $11::timestamptz[], $12::text[], $13::float8[],
        $14::timestamptz[], $15::timestamptz[])
        AS new(id, project_id, rule_id, origin, fingerprint, name, severity, labels, summary, description, started_at,
            state, value, fired_at, resolved_at)
    ON CONFLICT (id) DO UPDATE SET state = excluded.state, value = excluded.value, fired_at = excluded.fired_at,
        resolved_at = excluded.resolved_at, updated_at = now()
    WHERE a.state <> excluded.state
"""

_ADD_CHANGES = """
    WITH changed AS (
        INSERT INTO alert_changes (project_id, alert_id, at, from_state, to_state, value)
        SELECT new.* FROM unnest($1::uuid[], $2::uuid[], $3::timestamptz[], $4::text[], $5::text[], $6::float8[])
            AS new(project_id, alert_id, at, from_state, to_state, value)
        WHERE NOT EXISTS (
            SELECT FROM alert_changes c WHERE c.alert_id = new.alert_id AND c.to_state = new.to_state AND c.at = new.at
        )
        ORDER BY new.at RETURNING project_id, alert_id, sequence, to_state, at
    ), told AS (
        INSERT INTO outbox (project_id, topic, kind, payload, at)
        SELECT project_id, 'alerts', to_state, jsonb_build_object('alert', alert_id, 'change', sequence), at
        FROM changed ORDER BY sequence
    )
    SELECT count(*) FROM changed
"""


async def put_rules(database: Database, rules: Sequence[NewRule], *, call: Call) -> None:
    """New ones are added, known ones replaced."""
    rows = [[getattr(rule, name) for name in _RULE_FIELDS] for rule in rules]
    await database.executemany(_PUT_RULE, rows, call=call)


async def record_alerts(database: Database, alerts: Sequence[NewAlert], *, call: Call) -> int:
    """Alerts as they are now, and those of their changes that are not stored yet; how many changes these were."""
    alerts = sorted(alerts, key=lambda alert: alert.started_at)
    if not alerts:
        return 0
    async with database.transaction(call=call) as statements:
        await statements.execute(_PUT_ALERTS, *_columns([_alert_row(alert) for alert in alerts]))
        changes = sorted((change for alert in alerts for change in _changes(alert)), key=itemgetter(0))
        return int(await statements.fetchval(_ADD_CHANGES, *_columns([row for _, row in changes])))


_RULE_FIELDS = (
    "key", "project_key", "name", "language", "expression", "comparison", "threshold", "for_ms", "keep_firing_for_ms",
    "every_ms", "no_data", "severity", "labels", "summary", "description", "runbook_url",
)  # fmt: skip


def _alert_row(alert: NewAlert) -> tuple[object, ...]:
    last = alert.steps[-1]
    entered = {step.state: step.at for step in alert.steps}
    what = (alert.name, alert.severity, alert.labels, alert.summary, alert.description, alert.started_at)
    state = (last.state, last.value, entered.get(AlertState.FIRING), entered.get(AlertState.RESOLVED))
    return (alert.key, alert.project_key, alert.rule_key, alert.origin, alert.fingerprint, *what, *state)


def _changes(alert: NewAlert) -> list[tuple[datetime, tuple[object, ...]]]:
    """(when, row) of each."""
    before = [None, *(step.state for step in alert.steps)]
    return [
        (step.at, (alert.project_key, alert.key, step.at, previous, step.state, step.value))
        for previous, step in zip(before, alert.steps, strict=False)
    ]


def _columns(rows: Sequence[Sequence[object]]) -> list[list[object]]:
    return [list(column) for column in zip(*rows, strict=True)]
