"""Alerts as a client asks for them: over GraphQL, on a real PostgreSQL, with the statements counted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from datasources.postgres.engine import Database
from datasources.postgres.repositories import Repositories
from datasources.records.projects import Project
from tests.schema.test_errors import ask, run
from tests.store_rows import (
    NOW,
    context_of,
    make_alert,
    make_change,
    make_project,
    make_rule,
    make_user,
    new_call,
    statements,
)

HOUR = timedelta(hours=1)


@pytest.fixture
async def project(repositories: Repositories, database: Database) -> Project:
    """Eleven rules with two alerts each, of which the later one fires and was acknowledged."""
    made = await make_project(repositories)
    ada = await make_user(repositories, project=made)
    for number in range(11):
        rule = await make_rule(database, made, f"rule {number}")
        ended = {"state": "RESOLVED", "resolved_at": NOW - 8 * HOUR}
        await make_alert(database, made, ago=9 * HOUR, rule_id=rule, name=f"over {number}", **ended)
        taken = {"acknowledged_at": NOW, "acknowledged_by": ada.key, "fired_at": NOW - HOUR}
        alert = await make_alert(
            database, made, ago=(number + 1) * HOUR / 10, rule_id=rule, name=f"alert {number}", **taken
        )
        await make_change(database, made, alert, to_state="FIRING", value=0.5)
    return made


ALERTS = """
query ($first: Int!, $after: String) {
  project(slug: "shop") {
    alerts(first: $first, after: $after, states: [FIRING, PENDING], range: {last: "6h"}) {
      totalCount
      pageInfo { hasNextPage endCursor }
      nodes {
        id origin name state severity labels { name value } value startedAt firedAt resolvedAt acknowledgedAt
        project { slug }
        acknowledgedBy { name }
        rule { name alerts(first: 1) { totalCount nodes { name } } }
        changes { cursor gap at from to value alert { name } }
      }
    }
  }
}
"""
RULES = """
query ($first: Int!) {
  project(slug: "shop") {
    alertRules(first: $first) {
      totalCount
      pageInfo { hasNextPage }
      nodes {
        id name language expression comparison threshold for keepFiringFor every noData severity labels { name value }
        enabled health lastEvaluatedAt nextEvaluationAt
        project { slug }
        alerts(states: [RESOLVED]) { totalCount nodes { name } }
      }
    }
  }
}
"""


async def test_alert_leads_to_rule_person_and_changes(repositories: Repositories, project: Project) -> None:
    data = await ask(context_of(repositories, project), ALERTS, first=2)
    page = data["project"]["alerts"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (11, True)
    first = page["nodes"][0]
    assert (first["name"], first["origin"], first["value"]) == ("alert 0", "GATEWAY", 0.5)
    assert first["acknowledgedBy"] == {"name": "Ada"}
    assert first["rule"] == {"name": "rule 0", "alerts": {"totalCount": 2, "nodes": [{"name": "alert 0"}]}}
    (change,) = first["changes"]
    assert (change["from"], change["to"], change["gap"], change["alert"]) == (
        None,
        "FIRING",
        False,
        {"name": "alert 0"},
    )
    rest = await ask(context_of(repositories, project), ALERTS, first=20, after=page["pageInfo"]["endCursor"])
    assert [alert["name"] for alert in rest["project"]["alerts"]["nodes"]] == [f"alert {n}" for n in range(2, 11)]


async def test_rule_is_shown_in_the_scalars_of_the_contract(repositories: Repositories, project: Project) -> None:
    data = await ask(context_of(repositories, project), RULES, first=1)
    page = data["project"]["alertRules"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (11, True)
    (rule,) = page["nodes"]
    assert (rule["name"], rule["for"], rule["keepFiringFor"], rule["every"]) == ("rule 10", "30s", "0s", "30s")
    assert (rule["health"], rule["noData"], rule["labels"]) == (
        "UNKNOWN",
        "OK",
        [{"name": "team", "value": "payments"}],
    )
    assert rule["alerts"] == {"totalCount": 1, "nodes": [{"name": "over 10"}]}


@pytest.mark.parametrize("query", [ALERTS, RULES], ids=["alerts", "rules"])
async def test_ten_cost_as_many_statements_as_one(repositories: Repositories, project: Project, query: str) -> None:
    counted = []
    for first in (1, 10):
        context = context_of(repositories, project)
        await ask(context, query, first=first)
        counted.append(statements(context.call))
    assert counted[0] == counted[1]


async def test_alerts_of_ten_projects_cost_as_many_statements_as_of_one(
    repositories: Repositories, database: Database
) -> None:
    projects = [await make_project(repositories, f"p{number}") for number in range(10)]
    for project in projects:
        await make_alert(database, project, name=project.slug)
        await make_rule(database, project)
    query = """query ($first: Int!) { projects(first: $first) { nodes {
        alerts { totalCount nodes { name } } alertRules { totalCount nodes { name } }
    } } }"""
    counted = []
    for first in (1, 10):
        context = context_of(repositories, *projects)
        data = await ask(context, query, first=first)
        shown = [node["alerts"]["nodes"][0]["name"] for node in data["projects"]["nodes"]]
        assert shown == [f"p{number}" for number in range(first)]
        counted.append(statements(context.call))
    assert counted[0] == counted[1]


@pytest.mark.parametrize("arguments", ["first: 0", 'after: "x"', 'range: {last: "1h", to: "2026-01-01T00:00:00Z"}'])
async def test_nonsense_is_bad_input(repositories: Repositories, project: Project, arguments: str) -> None:
    _, errors = await run(
        context_of(repositories, project), f'{{ project(slug: "shop") {{ alerts({arguments}) {{ totalCount }} }} }}'
    )
    assert errors == ["BAD_USER_INPUT"]


async def test_nulls_take_the_defaults(repositories: Repositories, project: Project) -> None:
    query = (
        '{ project(slug: "shop") { alerts(first: null, states: null, severities: null, range: null) { totalCount } } }'
    )
    data = await ask(context_of(repositories, project), query)
    assert data["project"]["alerts"] == {"totalCount": 22}


async def test_dashboard_shows_what_is_open(repositories: Repositories, project: Project, database: Database) -> None:
    await make_alert(database, project, ago=HOUR, name="waits", state="PENDING", severity="WARNING")
    query = """{ project(slug: "shop") { dashboard {
        alerts { firing pending bySeverity { severity count } active(first: 2) { name } }
    } } }"""
    data = await ask(context_of(repositories, project), query)
    assert data["project"]["dashboard"]["alerts"] == {
        "firing": 11,
        "pending": 1,
        "bySeverity": [{"severity": "CRITICAL", "count": 11}],
        "active": [{"name": "alert 0"}, {"name": "alert 1"}],
    }


async def test_stranger_sees_neither_alert_nor_rule(repositories: Repositories, project: Project) -> None:
    query = '{ project(slug: "shop") { alerts(first: 1) { nodes { id rule { id } } } } }'
    alert: Any = (await ask(context_of(repositories, project), query))["project"]["alerts"]["nodes"][0]
    ids = [alert["id"], alert["rule"]["id"]]
    again = "query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } }"
    assert (await ask(context_of(repositories, project), again, ids=ids))["nodes"] == [
        {"__typename": "Alert"}, {"__typename": "AlertRule"},
    ]  # fmt: skip
    stranger = context_of(repositories, await make_project(repositories, "bank"))
    assert (await ask(stranger, again, ids=ids))["nodes"] == [None, None]


async def test_lost_store_fails_the_fields_that_need_it(repositories: Repositories, project: Project) -> None:
    await repositories.database.execute("ALTER TABLE alerts RENAME TO gone", call=new_call())
    query = '{ project(slug: "shop") { slug dashboard { alerts { firing } errors { events } } } }'
    data, errors = await run(context_of(repositories, project), query)
    assert data == {"project": {"slug": "shop", "dashboard": {"alerts": None, "errors": {"events": 0}}}}
    assert errors == ["SOURCE_MALFORMED"]
