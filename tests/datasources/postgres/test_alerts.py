"""Alerts, rules and changes: filters, pages, and what is open."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from datasources.postgres.engine import Database
from datasources.postgres.repositories import Repositories
from datasources.records.alerts import (
    AlertConnection,
    AlertQuery,
    AlertState,
    AlertStep,
    Comparison,
    NewAlert,
    NewRule,
    RuleHealth,
    RuleQuery,
    RuleQueryLanguage,
    Severity,
)
from datasources.records.projects import Project
from tests.store_rows import NOW, make_alert, make_change, make_project, make_rule, new_call, statements

HOUR = timedelta(hours=1)


@pytest.fixture
async def project(repositories: Repositories, database: Database) -> Project:
    """Three alerts: one resolved, one firing, one pending."""
    made = await make_project(repositories)
    await make_alert(database, made, ago=5 * HOUR, name="over", state="RESOLVED", resolved_at=NOW - 4 * HOUR)
    await make_alert(database, made, ago=2 * HOUR, name="firing", severity="WARNING")
    await make_alert(database, made, ago=HOUR, name="pending", state="PENDING", value=float("nan"))
    return made


async def page(repositories: Repositories, project: Project, **query: Any) -> AlertConnection:
    (found,) = await repositories.alerts.of_projects([project.key], AlertQuery(**query), call=new_call())
    return found


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ({}, ["pending", "firing", "over"]),
        ({"states": (AlertState.FIRING, AlertState.PENDING)}, ["pending", "firing"]),
        ({"states": ()}, []),
        ({"severities": (Severity.WARNING,)}, ["firing"]),
        ({"start": NOW - 3 * HOUR, "end": NOW}, ["pending", "firing"]),
        ({"start": NOW - 6 * HOUR, "end": NOW - 3 * HOUR}, ["over"]),
    ],
    ids=["all", "open", "none", "severity", "still open since", "over since"],
)
async def test_filter_narrows_list_and_count(
    repositories: Repositories, project: Project, query: dict[str, Any], expected: list[str]
) -> None:
    found = await page(repositories, project, **query)
    assert [alert.name for alert in found.nodes] == expected
    assert await repositories.alerts.count_of_projects([project.key], found.query, call=new_call()) == [len(expected)]


async def test_pages_hold_while_alerts_start(repositories: Repositories, project: Project, database: Database) -> None:
    first = await page(repositories, project, first=2)
    await make_alert(database, project, name="just now")
    rest = await page(repositories, project, first=2, after=first.page_info.end_cursor)
    assert [alert.name for alert in (*first.nodes, *rest.nodes)] == ["pending", "firing", "over"]
    assert (first.has_next_page, rest.has_next_page) == (True, False)


async def test_value_that_is_no_number_is_none(repositories: Repositories, project: Project) -> None:
    found = await page(repositories, project, states=(AlertState.PENDING,))
    assert found.nodes[0].value is None


async def test_alerts_of_a_rule_are_its_own(repositories: Repositories, database: Database, project: Project) -> None:
    rules = [await make_rule(database, project, name) for name in ("one", "two")]
    alert = await make_alert(database, project, rule_id=rules[1])
    call = new_call()
    found = await repositories.alerts.of_rules(rules, AlertQuery(), call=call)
    assert [[one.key for one in page.nodes] for page in found] == [[], [alert]]
    assert statements(call) == 1
    assert await repositories.alerts.count_of_rules(rules, AlertQuery(), call=new_call()) == [0, 1]


async def test_rules_are_paged_and_counted(repositories: Repositories, database: Database, project: Project) -> None:
    keys = [await make_rule(database, project, f"rule {number}") for number in range(3)]
    (first,) = await repositories.alerts.rules_of_projects([project.key], RuleQuery(first=2), call=new_call())
    query = RuleQuery(first=2, after=first.page_info.end_cursor)
    (rest,) = await repositories.alerts.rules_of_projects([project.key], query, call=new_call())
    assert [rule.key for rule in (*first.nodes, *rest.nodes)] == keys[::-1]
    assert await repositories.alerts.count_rules([project.key], call=new_call()) == [3]
    (rule,) = await repositories.alerts.rules_by_keys(keys[:1], call=new_call())
    assert (rule.for_ns, rule.every_ns, rule.labels[0].name) == (30_000_000_000, 30_000_000_000, "team")


async def test_changes_come_in_order(repositories: Repositories, database: Database, project: Project) -> None:
    alerts = [await make_alert(database, project) for _ in range(2)]
    for state, before in (("PENDING", None), ("FIRING", "PENDING"), ("RESOLVED", "FIRING")):
        await make_change(database, project, alerts[1], to_state=state, from_state=before)
    call = new_call()
    none, changes = await repositories.alerts.changes(alerts, call=call)
    assert none == []
    assert [change.to_state for change in changes] == [AlertState.PENDING, AlertState.FIRING, AlertState.RESOLVED]
    assert [int(change.cursor) for change in changes] == sorted(int(change.cursor) for change in changes)
    assert statements(call) == 1


async def test_open_alerts_are_counted_by_state_and_severity(repositories: Repositories, project: Project) -> None:
    found = await repositories.alerts.open_counts([project.key], call=new_call())
    assert sorted(found[project.key]) == [
        (AlertState.FIRING, Severity.WARNING, 1), (AlertState.PENDING, Severity.CRITICAL, 1),
    ]  # fmt: skip


async def test_active_alerts_fire_first_and_the_worst_before(
    repositories: Repositories, database: Database, project: Project
) -> None:
    await make_alert(database, project, ago=3 * HOUR, name="worst")
    other = await make_project(repositories, "bank")
    (none, found) = await repositories.alerts.active([other.key, project.key], 10, call=new_call())
    assert none == []
    assert [alert.name for alert in found] == ["worst", "firing", "pending"]


def new_alert(project: Project, *steps: AlertStep, key: int = 1) -> NewAlert:
    return NewAlert(
        key=UUID(int=key),
        project_key=project.key,
        rule_key=None,
        fingerprint=b"one",
        name="one",
        severity=Severity.WARNING,
        labels={"service_name": "cart"},
        summary=None,
        description=None,
        started_at=steps[0].at,
        steps=steps,
    )


async def test_recording_again_adds_only_what_is_new(repositories: Repositories) -> None:
    project = await make_project(repositories)
    pending, firing, resolved = (AlertStep(NOW + number * HOUR, state, 1.0) for number, state in enumerate(AlertState))
    again = AlertStep(NOW + 4 * HOUR, AlertState.PENDING, 2.0)
    for steps, count in (((pending,), 1), ((pending,), 0), ((pending, firing), 1)):
        assert await repositories.alerts.record([new_alert(project, *steps)], call=new_call()) == count
    both = [new_alert(project, again, key=2), new_alert(project, pending, firing, resolved)]
    assert await repositories.alerts.record(both, call=new_call()) == 2
    found = (await page(repositories, project)).nodes
    assert [(alert.key.int, alert.state) for alert in found] == [(2, AlertState.PENDING), (1, AlertState.RESOLVED)]
    assert (found[1].fired_at, found[1].resolved_at) == (firing.at, resolved.at)
    (changes,) = await repositories.alerts.changes([UUID(int=1)], call=new_call())
    assert [(change.from_state, change.to_state) for change in changes] == [
        (None, AlertState.PENDING), (AlertState.PENDING, AlertState.FIRING), (AlertState.FIRING, AlertState.RESOLVED),
    ]  # fmt: skip
    kinds = await repositories.database.fetch("SELECT kind FROM outbox ORDER BY sequence", call=new_call())
    assert [row["kind"] for row in kinds] == ["PENDING", "FIRING", "RESOLVED", "PENDING"]


async def test_two_open_alerts_of_one_fingerprint_are_impossible(repositories: Repositories) -> None:
    project = await make_project(repositories)
    firing = AlertStep(NOW, AlertState.FIRING, 1.0)
    with pytest.raises(asyncpg.UniqueViolationError):
        await repositories.alerts.record([new_alert(project, firing, key=key) for key in (1, 2)], call=new_call())


async def test_rule_is_replaced_by_its_key(repositories: Repositories) -> None:
    project = await make_project(repositories)
    for threshold in (1.0, 2.0):
        rule = NewRule(
            key=UUID(int=5),
            project_key=project.key,
            name="r",
            language=RuleQueryLanguage.LOGQL,
            expression="x",
            comparison=Comparison.GT,
            threshold=threshold,
        )
        await repositories.alerts.put_rules([rule], call=new_call())
    await repositories.alerts.note_evaluation([rule.key], NOW, 1.5, call=new_call())
    (found,) = await repositories.alerts.rules_by_keys([rule.key], call=new_call())
    assert (found.threshold, found.health, found.last_evaluated_at) == (2.0, RuleHealth.OK, NOW)
