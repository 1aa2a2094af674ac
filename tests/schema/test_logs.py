"""Log lines as a client asks for them: over GraphQL, on the simulated Loki."""

from __future__ import annotations

from typing import Any

import pytest
import strawberry
from strawberry.schema.config import StrawberryConfig

from datasources.records.services import Service as ServiceRecord
from resolvers.context import RequestContext
from schema.context import Info
from schema.projects import Project
from schema.scalars import SCALARS
from schema.services import Service
from tests.resolvers.logs.conftest import loki, scenario  # noqa: F401
from tests.resolvers.logs.things import PROJECT, context_for, project_for

PROJECTS = [PROJECT, project_for("bank", 2)]


@strawberry.type
class Query:
    @strawberry.field(graphql_type=list[Project])
    def projects(self, first: int = 2) -> list[object]:
        return [*PROJECTS[:first]]

    @strawberry.field(graphql_type=Service)
    def service(self, info: Info, name: str) -> object:
        return ServiceRecord(project=PROJECT, name=name, interval=None)  # type: ignore[arg-type]


SCHEMA = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))


async def ask(context: RequestContext, query: str, **variables: Any) -> dict[str, Any]:
    result = await SCHEMA.execute(query, context_value=context, variable_values=variables)
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


ALL = """
query ($first: Int!) {
  projects(first: $first) {
    logs(range: {last: "10m"}, first: 50, filter: {levels: [INFO, ERROR]}) {
      edges { cursor }
      nodes {
        cursor timestamp line level service labels { name value } fields { name value } traceId spanId
        context(before: 1, after: 1) { line }
      }
      pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
      volume(step: "1m") { level total timestamps counts }
      patterns(first: 3) { pattern total timestamps counts }
      stats { bytesProcessed linesProcessed tookMs }
      logql
    }
    logFields(range: {last: "10m"}) { name kind cardinality values(first: 3) }
  }
}
"""


async def test_whole_selection_answers(loki):  # noqa: F811
    data = await ask(context_for(loki.source, *PROJECTS), ALL, first=1)
    page = data["projects"][0]["logs"]
    assert len(page["nodes"]) == len(page["edges"]) == 50
    assert page["pageInfo"] == {
        "hasNextPage": True,
        "hasPreviousPage": False,
        "startCursor": page["nodes"][0]["cursor"],
        "endCursor": page["nodes"][-1]["cursor"],
    }
    assert page["logql"] == '{} | detected_level=~"info|information|error|err"'
    assert {level["level"] for level in page["volume"]} <= {"INFO", "ERROR"}
    assert all(1 <= len(node["context"]) <= 2 for node in page["nodes"])
    assert all(len(node["traceId"] or "0" * 32) == 32 for node in page["nodes"])
    assert {"service_name", "trace_id"} <= {field["name"] for field in data["projects"][0]["logFields"]}


async def test_volume_is_asked_for_all_projects_at_once(loki):  # noqa: F811
    query = '{ projects { logs(range: {last: "10m"}, first: 1) { nodes { line } volume { total } } } }'
    data = await ask(context_for(loki.source, *PROJECTS), query)
    assert loki.requests == ["query_range"] * 3  # two pages, which cannot be merged, and one volume
    assert all(sum(level["total"] for level in project["logs"]["volume"]) > 0 for project in data["projects"])


@pytest.mark.parametrize("count", [1, 10])
async def test_lines_with_their_surroundings_cost_as_many_requests(loki, count):  # noqa: F811
    query = "query ($n: Int!) { projects(first: 1) { logs(first: $n) { nodes { context { line } } } } }"
    await ask(context_for(loki.source, *PROJECTS), query, n=count)
    assert loki.requests == ["query_range"] * 3


async def test_services_lines_are_its_own(loki):  # noqa: F811
    query = '{ service(name: "cart") { logs(query: "{} |= `request`", order: ASC, first: 20) { logql nodes { service timestamp } } } }'
    page = (await ask(context_for(loki.source, *PROJECTS), query))["service"]["logs"]
    assert {node["service"] for node in page["nodes"]} == {"cart"}
    assert page["logql"] == '{service_name="cart"} |= "request"'
    times = [node["timestamp"] for node in page["nodes"]]
    assert times == sorted(times)


async def test_pages_follow_each_other(loki):  # noqa: F811
    query = """query ($after: String) {
      projects(first: 1) { logs(first: 20, after: $after) { nodes { cursor } pageInfo { endCursor hasPreviousPage } } }
    }"""
    one = (await ask(context_for(loki.source, *PROJECTS), query))["projects"][0]["logs"]
    after = one["pageInfo"]["endCursor"]
    two = (await ask(context_for(loki.source, *PROJECTS), query, after=after))["projects"][0]["logs"]
    assert two["pageInfo"]["hasPreviousPage"]
    assert not {node["cursor"] for node in one["nodes"]} & {node["cursor"] for node in two["nodes"]}


async def test_nulls_stand_for_the_defaults(loki):  # noqa: F811
    query = "{ projects(first: 1) { logs(range: null, order: null, first: null) { nodes { timestamp } } } }"
    nodes = (await ask(context_for(loki.source, *PROJECTS), query))["projects"][0]["logs"]["nodes"]
    assert len(nodes) == 100
    assert nodes[0]["timestamp"] > nodes[-1]["timestamp"]


async def test_refusal_is_the_fields_error(loki):  # noqa: F811
    query = '{ projects(first: 1) { logs(query: "{service_namespace=\\"bank\\"}") { logql } } }'
    result = await SCHEMA.execute(query, context_value=context_for(loki.source, *PROJECTS))
    assert result.errors
    assert result.errors[0].original_error.extensions == {"argument": "query", "position": 1}  # type: ignore[union-attr]
    assert loki.requests == []


async def test_line_links_to_its_trace_and_says_why_there_is_none(loki):  # noqa: F811
    query = "{ projects(first: 1) { logs(first: 30) { nodes { traceId traceLink { status traceId } } } } }"
    nodes = (await ask(context_for(loki.source, PROJECT), query))["projects"][0]["logs"]["nodes"]
    for node in nodes:
        # No source of traces is configured here.
        status = "NO_TRACE_ID" if node["traceId"] is None else "SOURCE_FAILED"
        assert node["traceLink"] == {"status": status, "traceId": node["traceId"]}
    assert any(node["traceId"] for node in nodes)
