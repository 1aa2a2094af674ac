"""The demo's store tells of the same errors and outages as the scenario, once, and goes on while it runs."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from itertools import pairwise

import pytest

from datasources.postgres.repositories import Repositories
from datasources.records.alerts import AlertQuery, AlertState, RuleHealth, RuleQuery
from datasources.records.errors import ErrorOrder, ErrorStatus, EventQuery, GroupQuery
from datasources.records.projects import Project
from datasources.records.time import datetime_to_ns
from datasources.records.users import Role
from gateway.demo.scenario import Scenario
from gateway.demo.seed import HISTORY_NS, Accounts, follow, seed_store
from gateway.demo.seeding.alerts import alerts_between
from gateway.demo.seeding.reports import reports_between
from gateway.demo.seeding.rules import RULES
from resolvers.errors.grouping import group_report
from tests.store_rows import make_project, new_call

NOW_NS = datetime_to_ns(datetime.now(UTC).replace(minute=41, second=7, microsecond=0))
SECOND = 1_000_000_000
ACCOUNTS = Accounts({"shop": "demo@example.com", "bank": "bank@example.com"}, "hash")


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario(7)


async def counts(repositories: Repositories) -> dict[str, int]:
    tables = ("users", "projects", "error_groups", "error_events", "alert_rules", "alerts", "alert_changes", "outbox")
    return {
        table: await repositories.database.fetchval(f"SELECT count(*) FROM {table}", call=new_call())
        for table in tables
    }


async def project_of(repositories: Repositories, slug: str) -> Project:
    found = await repositories.projects.by_slug(slug, call=new_call())
    assert found is not None
    return found


async def test_seeded_store_holds_the_scenarios_errors(repositories: Repositories, scenario: Scenario) -> None:
    await seed_store(repositories, scenario, ACCOUNTS, clock=lambda: NOW_NS)
    for slug in ("shop", "bank"):
        project = await project_of(repositories, slug)
        expected = reports_between(scenario, project, NOW_NS - HISTORY_NS, NOW_NS)
        (page,) = await repositories.errors.groups.of_projects([project.key], GroupQuery(first=500), call=new_call())
        assert sum(group.total_events for group in page.nodes) == len(expected) > 500
        assert 3 <= len(page.nodes) < 40
        assert {group.status for group in page.nodes} == {ErrorStatus.UNRESOLVED, ErrorStatus.IGNORED}
        assert [group.regressed for group in page.nodes].count(True) == 1


async def test_each_person_is_a_member_of_one_project(repositories: Repositories, scenario: Scenario) -> None:
    await seed_store(repositories, scenario, ACCOUNTS, clock=lambda: NOW_NS)
    for slug, email in ACCOUNTS.emails.items():
        found = await repositories.users.sign_in_record(email, call=new_call())
        assert found is not None
        user, stored = found
        assert stored == "hash"
        roles = await repositories.users.roles_of(user.key, call=new_call())
        assert roles == {(await project_of(repositories, slug)).key: Role.OWNER}


async def test_second_start_adds_only_what_happened_meanwhile(repositories: Repositories, scenario: Scenario) -> None:
    await seed_store(repositories, scenario, ACCOUNTS, clock=lambda: NOW_NS)
    before = await counts(repositories)
    await seed_store(repositories, scenario, ACCOUNTS, clock=lambda: NOW_NS)
    assert await counts(repositories) == before
    later_ns = NOW_NS + 600 * SECOND
    await seed_store(repositories, scenario, ACCOUNTS, clock=lambda: later_ns)
    after = await counts(repositories)
    project = await project_of(repositories, "shop")
    bank = await project_of(repositories, "bank")
    meanwhile = sum(len(reports_between(scenario, each, NOW_NS, later_ns)) for each in (project, bank))
    assert after["error_events"] == before["error_events"] + meanwhile
    assert (after["users"], after["projects"], after["alert_rules"]) == (2, 2, before["alert_rules"])


async def test_error_leads_to_a_request_of_the_scenario(repositories: Repositories, scenario: Scenario) -> None:
    await seed_store(repositories, scenario, ACCOUNTS, clock=lambda: NOW_NS)
    project = await project_of(repositories, "shop")
    query = GroupQuery(order=ErrorOrder.EVENTS, first=5)
    (page,) = await repositories.errors.groups.of_projects([project.key], query, call=new_call())
    for event in await repositories.errors.events.latest([group.key for group in page.nodes], call=new_call()):
        assert event is not None
        assert event.trace_id is not None
        request = scenario.request(event.trace_id)
        assert request is not None
        failed = {(error.span_id, error.type, error.value) for error in request.errors}
        assert (event.span_id, event.exceptions[0].type, event.exceptions[0].value) in failed
        assert event.exceptions[0].frames


async def test_alerts_follow_the_outages(repositories: Repositories, scenario: Scenario) -> None:
    await seed_store(repositories, scenario, ACCOUNTS, clock=lambda: NOW_NS)
    project = await project_of(repositories, "shop")
    query = AlertQuery(first=500)
    (page,) = await repositories.alerts.of_projects([project.key], query, call=new_call())
    assert {alert.name for alert in page.nodes} == {rule.name for rule in RULES["shop"] if rule.reaction}
    assert len(page.nodes) > 100
    assert [alert.state for alert in page.nodes if alert.state is AlertState.FIRING and alert.resolved_at] == []
    (rules,) = await repositories.alerts.rules_of_projects([project.key], RuleQuery(), call=new_call())
    assert {rule.health for rule in rules.nodes} == {RuleHealth.OK}


@pytest.mark.parametrize("slug", ["shop", "bank"])
async def test_alert_is_over_before_the_next_outage_raises_it_again(
    repositories: Repositories, scenario: Scenario, slug: str
) -> None:
    project = await make_project(repositories, slug)
    found = alerts_between(scenario, project, NOW_NS - HISTORY_NS, NOW_NS)
    for rule in RULES[slug]:
        alerts = [alert for alert in found if alert.rule_key == rule.key(project)]
        for one, following in pairwise(alerts):
            assert one.steps[-1].state is AlertState.RESOLVED
            assert one.steps[-1].at < following.started_at
            assert [step.at for step in one.steps] == sorted(step.at for step in one.steps)


async def test_follow_adds_what_happens_while_the_demo_runs(repositories: Repositories, scenario: Scenario) -> None:
    await seed_store(repositories, scenario, ACCOUNTS, clock=lambda: NOW_NS)
    project = await project_of(repositories, "shop")
    events = (await counts(repositories))["error_events"]
    started, ran_ns = time.time_ns(), 0
    jumped = 0

    def clock() -> int:
        nonlocal jumped
        jumped += 1
        return NOW_NS if jumped <= 2 else NOW_NS + 120 * SECOND

    task = asyncio.ensure_future(follow(repositories, scenario, clock=clock))
    expected = sum(
        len(reports_between(scenario, each, NOW_NS, NOW_NS + 120 * SECOND))
        for each in (project, await project_of(repositories, "bank"))
    )
    assert expected > 0
    while (await counts(repositories))["error_events"] < events + expected:
        ran_ns = time.time_ns() - started
        assert ran_ns < 20 * SECOND
        await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert (await counts(repositories))["error_events"] == events + expected


def test_requests_that_differ_in_ids_only_are_one_group(scenario: Scenario) -> None:
    requests = scenario.requests("shop", NOW_NS - 3600 * SECOND, NOW_NS)
    errors = [error for request in requests for error in request.errors]
    groups = {group_report([], error.value).fingerprint for error in errors if error.service == "cart"}
    assert len(groups) <= 2


async def test_events_of_a_group_come_back_whole(repositories: Repositories, scenario: Scenario) -> None:
    await seed_store(repositories, scenario, ACCOUNTS, clock=lambda: NOW_NS)
    project = await project_of(repositories, "bank")
    (page,) = await repositories.errors.groups.of_projects([project.key], GroupQuery(first=1), call=new_call())
    (events,) = await repositories.errors.events.of_groups([page.nodes[0].key], EventQuery(first=3), call=new_call())
    for event in events.nodes:
        assert event.user["id"].startswith("user-")
        assert event.contexts["trace"]["trace_id"] == event.trace_id
        assert event.request["method"] in {"GET", "POST", "PUT", "DELETE"}
        assert {"service", "route", "pod"} <= {tag.name for tag in event.tags} | {"service"}
