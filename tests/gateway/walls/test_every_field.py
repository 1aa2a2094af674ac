"""Every field, argument, cursor and id that a member of the shop can name: beside a bank or alone, the answer is the same."""

from __future__ import annotations

from typing import Any

import pytest
from graphql import parse

from schema.roots import schema
from tests.gateway.walls.conftest import World, Worlds
from tests.gateway.walls.test_hostile_queries import window

PARTS = {
    "PAGE": "pageInfo { hasNextPage hasPreviousPage startCursor endCursor }",
    "SET": "{ series { labels { name value } legend values } truncated warnings }",
    "SERVICE": "name requestRate errorRatio latency callers { client server requestRate } callees { client server }",
    "ERROR": "id shortId title culprit level eventCount userCount project { slug } tags { name total top { value count } }",
    "TRACE": """id durationMs partial redactedSpans root { name } services { service spanCount } spans { nodes { @SPAN } totalCount }
        criticalPath { span { id } durationMs } logs(first: 20) { nodes { line service } } errors { id message }""",
    "SPAN": """id parentId name service kind status depth childCount links { traceId }
        attributes { name value } resource { name value }""",
    "ALERT": """id name state labels { name value } summary description value project { slug }
        rule { id name expression } changes { at to }""",
}
READ = {
    "dashboard": """dashboard(range: $range) {
        health metrics { requestRate @SET errorRatio @SET latencyP95 @SET services { name requestRate } }
        errors { unresolved new events usersAffected trend { count } top { @ERROR } }
        alerts { firing pending bySeverity { severity count } active { @ALERT } }
        logs { total volume { level total counts } recentErrors { line service traceId } }
        traces { slowest { id rootName rootService durationMs } failing { id rootName } }
    }""",
    "services": "services(range: $range) { @SERVICE }",
    "serviceGraph": "serviceGraph(range: $range) { services { name } edges { client server requestRate errorRatio } }",
    "service": """service(name: $text) {
        @SERVICE logs(range: $range, first: 5) { nodes { line } } metrics(range: $range) { requestRate @SET }
        traces(range: $range, first: 5) { nodes { id rootName } } errors { nodes { @ERROR } }
    }""",
    "metrics, golden": """metrics(range: $range, step: "1m") {
        requestRate(by: [$text]) @SET errorRate @SET errorRatio(by: ["service_name"]) @SET latency @SET
    }""",
    "metrics, catalog": """metrics(range: $range) {
        catalog(search: $text, first: 500) { nodes { name kind help unit } totalCount }
        all: catalog(first: 500) { nodes { name } } labelNames metricNames: labelNames(metric: $text)
    }""",
    "metrics, values": """metrics(range: $range) {
        labelValues(label: $text) named: labelValues(label: "service_name", metric: $text)
        found: labelValues(label: "service_namespace", search: $text) namespaces: labelValues(label: "service_namespace")
    }""",
    "logs": """logs(range: $range, first: 20) {
        nodes { line service labels { name value } fields { name value } traceId context { line service } }
        volume(step: "1m") { level total counts } patterns { pattern total } @PAGE
    }""",
    "logs, filtered": """logs(range: $range, first: 20, filter: {contains: [$text]}) { nodes { line } }
        of: logs(range: $range, first: 20, filter: {services: [$text]}) { nodes { line } }
        any: logs(range: $range, filter: {labels: [{name: "service_namespace", op: RE, value: ".*"}]}) { nodes { line } }
        other: logs(range: $range, filter: {labels: [{name: "service_namespace", value: $text}]}) { nodes { line } }
        traced: logs(range: $range, filter: {traceId: $trace}) { nodes { line } }""",
    "logFields": "logFields(range: $range) { name kind values } found: logFields(range: $range, search: $text) { name }",
    "traces": """traces(range: $range, first: 10) {
        nodes { id rootService rootName durationMs matched { spanId name attributes { name value } } trace { @TRACE } }
        rate(step: "1m") @SET exhaustive @PAGE
    }""",
    "traces, filtered": """traces(range: $range, filter: {services: [$text]}) { nodes { id } }
        named: traces(range: $range, filter: {names: [$text]}) { nodes { id } }
        with: traces(
          range: $range, filter: {attributes: [{name: "resource.service.namespace", op: NEQ, value: "shop"}]}
        ) { nodes { id } }""",
    "trace": "trace(id: $trace) { @TRACE }",
    "traceAttributes": """traceAttributes(range: $range) { name scope values }
        some: traceAttributes(range: $range, search: $text) { name }""",
    "errors": """errors(first: 50) {
        nodes { @ERROR latestEvent { id message trace { id } traceLink { status } } } totalCount @PAGE
    }""",
    "errors, found": "errors(filter: {search: $text}) { nodes { id title } totalCount }",
    "errors, of a service": "errors(filter: {service: $text}) { nodes { id title } totalCount }",
    "alerts": "alerts(first: 50) { nodes { @ALERT } totalCount @PAGE }",
    "alertRules": "alertRules { nodes { id name expression project { slug } } }",
    "itself": """id number slug name createdAt viewerRole scope { labels { name value } tenant metricsSource }
        members { role user { email } } ingestKeys { id } apiTokens { id }""",
}
TEXTS = [
    "bank", "ledger", "accounts", "service_namespace", "resource.service.namespace", "", ".*", ".+", '"} or {a="', "%", "__name__",
    "checkout", "cart", 'x" || true || "', "up{service_namespace=\"bank\"}", "\u0000", "bank|shop", "rootServiceName", "\\",
]  # fmt: skip


@pytest.mark.parametrize("field", READ)
async def test_a_field_of_the_project_is_answered_as_if_there_were_no_bank(worlds: Worlds, field: str) -> None:
    document = asking(whole(READ[field]))
    asked: list[dict[str, Any]] = [{"range": window(worlds)}]
    if "$trace" in READ[field]:
        ids = [*(await traces_of(worlds, "bank"))[:3], *(await traces_of(worlds, "shop"))[:2], "0" * 32, "bank", "%"]
        asked = [{**asked[0], "trace": trace} for trace in ids]
    if "$text" in READ[field]:
        asked = [{**each, "text": text} for each in asked[:1] for text in TEXTS]
    assert await worlds.differences(document, asked) == []


def asking(selection: str) -> str:
    """A query of the shop with the variables that the selection names."""
    kinds = {
        "range": "TimeRange",
        "text": "String!",
        "after": "String",
        "trace": "ID!" if "(id: $trace" in selection else "String",
    }
    declared = ", ".join(f"${name}: {kind}" for name, kind in kinds.items() if f"${name}" in selection)
    return f'query{f"({declared})" if declared else ""} {{ project(slug: "shop") {{ {selection} }} }}'


def whole(text: str) -> str:
    """The selection with its parts put in."""
    while "@" in text:
        for name, part in PARTS.items():
            text = text.replace(f"@{name}", part)
    return text


def test_every_field_of_the_project_is_among_them() -> None:
    asked = {
        selected.name.value
        for text in READ.values()
        for selected in parse(f"{{ {whole(text)} }}").definitions[0].selection_set.selections  # type: ignore[attr-defined]
    }
    assert asked == set(schema._schema.type_map["Project"].fields)  # type: ignore[attr-defined]


async def traces_of(worlds: Worlds, slug: str) -> list[str]:
    document = (
        "query ($slug: String!, $range: TimeRange) { project(slug: $slug) { traces(range: $range) { nodes { id } } } }"
    )
    answer = await worlds.beside.ask(document, {"slug": slug, "range": window(worlds)}, who=slug)
    return [node["id"] for node in answer["data"]["project"]["traces"]["nodes"]]


CURSORS = """query ($slug: String!, $range: TimeRange) { project(slug: $slug) {
    logs(range: $range, first: 3) { nodes { cursor } pageInfo { endCursor } } traces(range: $range, first: 3) { pageInfo { endCursor } }
    errors(first: 3) { pageInfo { endCursor } } alerts(first: 3) { pageInfo { endCursor } } alertRules(first: 1) { pageInfo { endCursor } }
    metrics(range: $range) { catalog(first: 3) { pageInfo { endCursor } } }
} }"""
PAGED = {
    "logs": "logs(range: $range, first: 5, after: $after) { nodes { line } pageInfo { endCursor } }",
    "traces": "traces(range: $range, first: 5, after: $after) { nodes { id rootName } pageInfo { endCursor } }",
    "errors": "errors(first: 5, after: $after) { nodes { title } pageInfo { endCursor } }",
    "alerts": "alerts(first: 5, after: $after) { nodes { name } pageInfo { endCursor } }",
    "alertRules": "alertRules(first: 5, after: $after) { nodes { name } pageInfo { endCursor } }",
    "metrics": "metrics(range: $range) { catalog(first: 5, after: $after) { nodes { name } pageInfo { endCursor } } }",
}


async def test_a_cursor_of_the_bank_leads_nowhere_into_the_bank(worlds: Worlds) -> None:
    answer = await worlds.beside.ask(CURSORS, {"slug": "bank", "range": window(worlds)}, who="bank")
    found = answer["data"]["project"]
    cursors = {name: _end_cursor(page) for name, page in found.items()}
    assert all(cursors.values()), cursors
    cursors["line"] = found["logs"]["nodes"][0]["cursor"]
    for name, paged in PAGED.items():
        document = asking(paged)
        asked = [{"range": window(worlds), "after": cursor} for cursor in {*cursors.values(), "bank", ""}]
        assert await worlds.differences(document, asked) == [], name


def _end_cursor(page: Any) -> Any:
    return page["pageInfo"]["endCursor"] if "pageInfo" in page else page["catalog"]["pageInfo"]["endCursor"]


IDS = """{ viewer { id } project(slug: "bank") { id members { user { id } }
    errors(first: 2) { nodes { id latestEvent { id } } } alerts(first: 2) { nodes { id } } alertRules { nodes { id } }
} }"""
NODE = """query ($id: ID!) { node(id: $id) { __typename id
    ... on Project { slug name } ... on User { email } ... on ErrorGroup { title } ... on ErrorEvent { message }
    ... on Alert { name } ... on AlertRule { name } ... on IngestKey { dsn } ... on ApiToken { label }
} }"""
MUTATIONS = {
    "createApiToken": 'createApiToken(input: {projectId: $id, label: "x", role: VIEWER}) { secret }',
    "revokeApiToken": "revokeApiToken(id: $id) { label }",
    "updateProject": 'updateProject(id: $id, input: {name: "x"}) { slug }',
    "deleteProject": "deleteProject(id: $id)",
    "addMember": 'addMember(projectId: $id, email: "shop@example.com", role: VIEWER) { role }',
    "changeMemberRole": "changeMemberRole(projectId: $id, userId: $id, role: OWNER) { role }",
    "removeMember": "removeMember(projectId: $id, userId: $id)",
    "createIngestKey": 'createIngestKey(projectId: $id, label: "x") { dsn }',
    "revokeIngestKey": "revokeIngestKey(id: $id) { dsn }",
}


async def banks_ids(world: World) -> list[str]:
    answer = await world.ask(IDS, who="bank")
    made = """mutation ($id: ID!) {
        createIngestKey(projectId: $id, label: "web") { id }
        createApiToken(input: {projectId: $id, label: "ci", role: VIEWER}) { token { id } }
    }"""
    keys = await world.ask(made, {"id": answer["data"]["project"]["id"]}, who="bank")
    found: list[str] = []
    _collect(answer, found)
    _collect(keys, found)
    return sorted(set(found))


def _collect(value: Any, found: list[str]) -> None:
    if isinstance(value, dict):
        for name, inner in value.items():
            if name == "id":
                found.append(inner)
            else:
                _collect(inner, found)
    elif isinstance(value, list):
        for inner in value:
            _collect(inner, found)


async def test_an_id_of_the_bank_is_one_of_nothing(worlds: Worlds) -> None:
    ids = await banks_ids(worlds.beside)
    assert len(ids) > 8
    assert await worlds.differences(NODE, [{"id": each} for each in ids]) == []
    for each in ids:
        assert await worlds.beside.ask(NODE, {"id": each}) == {"data": {"node": None}}


@pytest.mark.parametrize("mutation", MUTATIONS)
async def test_a_mutation_of_the_banks_things_finds_nothing(worlds: Worlds, mutation: str) -> None:
    ids = await banks_ids(worlds.beside)
    document = f"mutation ($id: ID!) {{ {MUTATIONS[mutation]} }}"
    assert await worlds.differences(document, [{"id": each} for each in ids]) == []
    for each in ids:
        answer = await worlds.beside.ask(document, {"id": each})
        assert {error["extensions"]["code"] for error in answer["errors"]} == {"NOT_FOUND"}


@pytest.mark.parametrize("slug", ["bank", "nothing"])
async def test_the_banks_project_is_not_there(worlds: Worlds, slug: str) -> None:
    document = (
        "query ($slug: String!) { project(slug: $slug) { id } projects(search: $slug) { nodes { slug } totalCount } }"
    )
    answers = await worlds.both(document, {"slug": slug})
    assert answers[0] == answers[1] == {"data": {"project": None, "projects": {"nodes": [], "totalCount": 0}}}
