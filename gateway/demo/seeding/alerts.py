"""The alerts that the scenario's outages raise, as a pure function of rule, outage and time."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from uuid import UUID, uuid5

from datasources.records.alerts import AlertState, AlertStep, NewAlert
from datasources.records.projects import Project
from datasources.records.time import ns_to_datetime

from ..scenario import Outage, Scenario
from .rules import RULES, DemoRule


def alerts_between(scenario: Scenario, project: Project, start_ns: int, now_ns: int) -> list[NewAlert]:
    """The alerts of every outage that was there in [start, now], each with the states that it has entered by now."""
    now = ns_to_datetime(now_ns)
    found = (
        _alert(scenario.seed, project, rule, outage, now)
        for outage in scenario.outages(project.slug, start_ns, now_ns)
        for rule in RULES[project.slug]
    )
    return [alert for alert in found if alert is not None]


def _alert(seed: int, project: Project, rule: DemoRule, outage: Outage, now: datetime) -> NewAlert | None:
    steps = tuple(step for step in _steps(rule, outage) if step.at <= now)
    if not steps:
        return None
    rule_key = rule.key(project)
    value = f"{steps[-1].value:g}"
    return NewAlert(
        key=uuid5(rule_key, f"{seed}/{outage.start_ns}"),
        project_key=project.key,
        rule_key=rule_key,
        fingerprint=_fingerprint(rule_key, rule.labels),
        name=rule.name,
        severity=rule.severity,
        labels=rule.labels,
        summary=rule.summary,
        description=rule.description.replace("{{ value }}", value),
        started_at=steps[0].at,
        steps=steps,
    )


def _steps(rule: DemoRule, outage: Outage) -> list[AlertStep]:
    """Pending, firing, resolved; a rule without `for` fires at once."""
    reaction = rule.reaction
    if reaction is None:
        return []
    start, end = ns_to_datetime(outage.start_ns), ns_to_datetime(outage.end_ns)
    holds, clear = start + timedelta(seconds=reaction.detect_s), end + timedelta(seconds=reaction.clear_s)
    steps = [AlertStep(holds, AlertState.PENDING, reaction.value)] if rule.for_s else []
    steps.append(AlertStep(holds + timedelta(seconds=rule.for_s), AlertState.FIRING, reaction.value))
    steps.append(AlertStep(clear, AlertState.RESOLVED, rule.threshold / 4))
    return steps


def _fingerprint(rule_key: UUID, labels: dict[str, str]) -> bytes:
    named = "\x1f".join(f"{name}={value}" for name, value in sorted(labels.items()))
    return hashlib.sha256(rule_key.bytes + named.encode()).digest()
