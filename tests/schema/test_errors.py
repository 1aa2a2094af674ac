"""Errors as a client asks for them: over GraphQL, on a real PostgreSQL, with the statements counted."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from datasources.postgres.repositories import Repositories
from datasources.records.projects import Project
from datasources.records.shared import global_id, parse_global_id
from resolvers.context import RequestContext
from schema.roots import schema
from tests.store_rows import context_of, make_project, make_user, new_call, new_event, statements, store_events

HOUR = timedelta(hours=1)


async def run(context: RequestContext, query: str, **variables: Any) -> tuple[Any, list[Any]]:
    """(data, errors)."""
    result = await schema.execute(query, context_value=context, variable_values=variables)
    return result.data, [getattr(error.original_error, "code", str(error)) for error in result.errors or []]


async def ask(context: RequestContext, query: str, **variables: Any) -> Any:
    data, errors = await run(context, query, **variables)
    assert errors == []
    return data


@pytest.fixture
async def project(repositories: Repositories) -> Project:
    """Twelve groups of two reports each, an hour and a day ago and less."""
    made = await make_project(repositories)
    ada = await make_user(repositories, project=made)
    events = [
        new_event(made, f"error {number}", ago=ago + number * timedelta(minutes=1), user_digest=b"%d" % number)
        for number in range(12)
        for ago in (26 * HOUR, HOUR)
    ]
    await store_events(repositories, *events)
    await repositories.database.execute("UPDATE error_groups SET assignee_id = $1", ada.key, call=new_call())
    return made


PAGE = """
query ($first: Int!, $after: String) {
  project(slug: "shop") {
    errors(first: $first, after: $after, range: {last: "30h"}) {
      totalCount
      pageInfo { hasNextPage endCursor }
      edges { cursor node { shortId } }
      nodes {
        id shortId title culprit level status regressed firstSeen lastSeen firstRelease lastRelease
        project { slug }
        eventCount(range: {last: "24h"})
        allTime: eventCount
        userCount(range: {last: "24h"})
        trend { at count }
        tags { name total top { value count } }
        assignee { name }
        latestEvent { eventId timestamp exceptions { type value frames { function inApp } } tags { name value } group { shortId } }
        events(first: 1) { nodes { eventId } pageInfo { hasNextPage } }
        activity { nodes { kind by { name } } }
      }
    }
  }
}
"""


async def test_page_tells_everything_of_its_groups(repositories: Repositories, project: Project) -> None:
    data = await ask(context_of(repositories, project), PAGE, first=3)
    page = data["project"]["errors"]
    assert (page["totalCount"], page["pageInfo"]["hasNextPage"]) == (12, True)
    first = page["nodes"][0]
    assert (first["shortId"], first["title"], first["level"]) == ("SHOP-12", "error 0", "ERROR")
    assert (first["eventCount"], first["allTime"], first["userCount"]) == (1, 2, 1)
    assert len(first["trend"]) == 25
    assert sum(point["count"] for point in first["trend"]) == 1
    assert first["assignee"] == {"name": "Ada"}
    assert first["latestEvent"]["exceptions"][0]["frames"] == [{"function": "pay", "inApp": True}]
    assert first["latestEvent"]["group"] == {"shortId": "SHOP-12"}
    assert first["events"]["pageInfo"] == {"hasNextPage": True}
    rest = await ask(context_of(repositories, project), PAGE, first=20, after=page["pageInfo"]["endCursor"])
    assert len(rest["project"]["errors"]["nodes"]) == 9


async def test_page_of_ten_costs_as_many_statements_as_a_page_of_one(
    repositories: Repositories, project: Project
) -> None:
    counted = []
    for first in (1, 10):
        context = context_of(repositories, project)
        await ask(context, PAGE, first=first)
        counted.append(statements(context.call))
    assert counted[0] == counted[1] <= 15


PROJECTS = """
query ($first: Int!) {
  projects(first: $first) { nodes {
    errors(first: 5) { totalCount nodes { title latestEvent { message } } }
    unresolved: errors(first: 1, filter: {statuses: [UNRESOLVED], search: "error"}) { nodes { title } }
  } }
}
"""


async def test_ten_projects_cost_as_many_statements_as_one(repositories: Repositories) -> None:
    projects = [await make_project(repositories, f"p{number}") for number in range(10)]
    await store_events(repositories, *(new_event(project, f"error of {project.slug}") for project in projects))
    counted = []
    for first in (1, 10):
        context = context_of(repositories, *projects)
        data = await ask(context, PROJECTS, first=first)
        shown = [node["errors"]["nodes"][0]["title"] for node in data["projects"]["nodes"]]
        assert shown == [f"error of p{number}" for number in range(first)]
        counted.append(statements(context.call))
    assert counted[0] == counted[1]


@pytest.mark.parametrize(
    ("arguments", "count"),
    [
        ('filter: {assigneeId: "ADA"}', 12),
        ('filter: {search: "error 3"}', 1),
        ('filter: {tags: [{name: "browser", value: "Firefox"}], service: "checkout"}', 12),
        ('filter: {tags: [{name: "browser", value: "Safari"}]}', 0),
        ("filter: {statuses: [RESOLVED]}", 0),
        ("filter: null, orderBy: null, first: null, range: null", 12),
        ('orderBy: EVENTS, range: {last: "10m"}', 0),
    ],
)
async def test_filter_counts(repositories: Repositories, project: Project, arguments: str, count: int) -> None:
    rows = await repositories.database.fetch("SELECT id FROM users", call=new_call())
    ada = global_id("User", rows[0]["id"])
    asked = arguments.replace("ADA", ada)
    query = f'{{ project(slug: "shop") {{ errors({asked}) {{ totalCount edges {{ cursor }} }} }} }}'
    data = await ask(context_of(repositories, project), query)
    assert data["project"]["errors"]["totalCount"] == count


@pytest.mark.parametrize(
    "arguments",
    [
        "first: 0",
        "first: 501",
        'after: "nonsense"',
        'filter: {assigneeId: "nonsense"}',
        'filter: {assigneeId: "UHJvamVjdDp4"}',
        'range: {last: "0s"}',
        'range: {from: "2026-01-02T00:00:00Z", to: "2026-01-01T00:00:00Z"}',
        f'filter: {{search: "{"x" * 201}"}}',
    ],
)
async def test_nonsense_is_bad_input(repositories: Repositories, project: Project, arguments: str) -> None:
    query = f'{{ project(slug: "shop") {{ errors({arguments}) {{ nodes {{ id }} }} }} }}'
    _, errors = await run(context_of(repositories, project), query)
    assert errors == ["BAD_USER_INPUT"]


@pytest.mark.parametrize("step", ["0s", "1ms"])
async def test_trend_refuses_a_step_that_gives_too_many_points(
    repositories: Repositories, project: Project, step: str
) -> None:
    query = f'{{ project(slug: "shop") {{ errors(first: 1) {{ nodes {{ trend(step: "{step}") {{ count }} }} }} }} }}'
    _, errors = await run(context_of(repositories, project), query)
    assert errors == ["BAD_USER_INPUT"]


async def test_event_without_a_trace_says_so_and_one_whose_source_is_missing_too(
    repositories: Repositories, project: Project
) -> None:
    await store_events(repositories, new_event(project, "traced", ago=-HOUR, trace_id="ab" * 16, span_id="cd" * 8))
    query = (
        """{ project(slug: "shop") { errors(first: 2) { nodes { latestEvent { traceLink { status traceId } } } } } }"""
    )
    data = await ask(context_of(repositories, project), query)
    assert [node["latestEvent"]["traceLink"] for node in data["project"]["errors"]["nodes"]] == [
        {"status": "SOURCE_FAILED", "traceId": "ab" * 16},
        {"status": "NO_TRACE_ID", "traceId": None},
    ]


async def test_group_and_event_are_fetched_again_by_their_ids(repositories: Repositories, project: Project) -> None:
    query = '{ project(slug: "shop") { errors(first: 1) { nodes { id shortId latestEvent { id eventId } } } } }'
    group = (await ask(context_of(repositories, project), query))["project"]["errors"]["nodes"][0]
    ids = [group["id"], group["latestEvent"]["id"]]
    again = "query ($ids: [ID!]!) { nodes(ids: $ids) { ... on ErrorGroup { shortId } ... on ErrorEvent { eventId } } }"
    data = await ask(context_of(repositories, project), again, ids=ids)
    assert data["nodes"] == [{"shortId": group["shortId"]}, {"eventId": group["latestEvent"]["eventId"]}]


async def test_stranger_sees_neither_group_nor_event(repositories: Repositories, project: Project) -> None:
    other = await make_project(repositories, "bank")
    query = '{ project(slug: "shop") { errors(first: 1) { nodes { id latestEvent { id } } } } }'
    group = (await ask(context_of(repositories, project), query))["project"]["errors"]["nodes"][0]
    stranger = context_of(repositories, other)
    again = 'query ($ids: [ID!]!) { nodes(ids: $ids) { __typename } project(slug: "shop") { id } }'
    data = await ask(stranger, again, ids=[group["id"], group["latestEvent"]["id"]])
    assert data == {"nodes": [None, None], "project": None}
    assert parse_global_id(group["id"]) is not None


async def test_cursor_of_one_project_shows_nothing_of_another(repositories: Repositories, project: Project) -> None:
    other = await make_project(repositories, "bank")
    await store_events(repositories, new_event(other, "secret", ago=2 * HOUR))
    data = await ask(context_of(repositories, project), PAGE, first=1)
    after = data["project"]["errors"]["pageInfo"]["endCursor"]
    query = 'query ($after: String) { project(slug: "bank") { errors(after: $after) { nodes { title } } } }'
    data = await ask(context_of(repositories, other), query, after=after)
    assert data["project"]["errors"]["nodes"] == [{"title": "secret"}]


SUMMARY = """
query ($first: Int!) { projects(first: $first) { nodes {
  dashboard(range: {last: "2h"}, step: "5m") {
    errors { unresolved new events usersAffected trend { at count } top(first: 2) { title eventCount } }
    alerts { firing pending bySeverity { severity count } active { name } }
  }
} } }
"""


async def test_summary_counts_the_interval(repositories: Repositories) -> None:
    projects = [await make_project(repositories, f"p{number}") for number in range(4)]
    for project in projects:
        await store_events(
            repositories,
            new_event(project, "old", ago=30 * HOUR),
            new_event(project, "old", ago=HOUR),
            *(
                new_event(project, "new", ago=number * timedelta(minutes=10), user_digest=b"%d" % number)
                for number in range(1, 4)
            ),
        )
    counted = []
    for first in (1, 4):
        context = context_of(repositories, *projects)
        data = await ask(context, SUMMARY, first=first)
        counted.append(statements(context.call))
    assert counted[0] == counted[1]
    for node in data["projects"]["nodes"]:
        found = node["dashboard"]["errors"]
        assert (found["unresolved"], found["new"], found["events"], found["usersAffected"]) == (2, 1, 4, 4)
        assert len(found["trend"]) == 24
        assert [point["count"] for point in found["trend"]].count(0) == 20
        assert found["top"] == [{"title": "new", "eventCount": 3}, {"title": "old", "eventCount": 2}]
        assert node["dashboard"]["alerts"] == {"firing": 0, "pending": 0, "bySeverity": [], "active": []}
