"""Traces as a client asks for them: over GraphQL on the simulated Tempo, with the upstream requests counted."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
import strawberry
from graphql import build_schema
from graphql.utilities import find_breaking_changes
from strawberry.schema.config import StrawberryConfig

from gateway.demo.scenario.scenario import Scenario
from schema.context import Info
from schema.correlation import TraceLink
from schema.projects import Project
from schema.scalars import SCALARS
from tests.architecture.project import ROOT
from tests.resolvers.traces.simulated import BANK, NOW_NS, Simulated
from tests.resolvers.traces.trees import SHOP, project

OURS = {
    "TraceLink",
    "TraceLinkStatus",
    "TraceSummary",
    "ServiceSpanCount",
    "MatchedSpan",
    "TraceEdge",
    "TraceConnection",
    "TraceFilter",
    "Trace",
    "SpanEdge",
    "SpanConnection",
    "Span",
    "SpanKind",
    "SpanStatus",
    "Attribute",
    "SpanEvent",
    "SpanLink",
    "CriticalPathSegment",
    "TraceAttribute",
}
PROJECTS = [SHOP, BANK, *(project(f"p{number}", number) for number in range(3, 11))]


@strawberry.type
class Query:
    @strawberry.field(graphql_type=list[Project])
    async def projects(self, info: Info, first: int = 1) -> Sequence[object]:
        return PROJECTS[:first]


SCHEMA = strawberry.Schema(
    Query, types=[TraceLink], config=StrawberryConfig(scalar_map=SCALARS, default_resolver=getattr)
)


@pytest.fixture(scope="session")
def scenario() -> Scenario:
    return Scenario(1)


@pytest.fixture
def tempo(scenario: Scenario) -> Simulated:
    return Simulated(scenario)


async def ask(tempo: Simulated, query: str, **variables: Any) -> dict[str, Any]:
    result = await SCHEMA.execute(query, context_value=tempo.context(*PROJECTS), variable_values=variables)
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


PAGE = """
query ($projects: Int!, $first: Int!) {
  projects(first: $projects) {
    traces(filter: {status: ERROR, minDuration: "1ms", attributes: [{name: "kind", value: "SERVER"}]}, first: $first) {
      exhaustive traceql pageInfo { hasNextPage endCursor }
      edges { cursor node { id } }
      rate(step: "10m") { interval { step } series { unit timestamps values } }
      latency(quantile: 0.5, step: "10m") { series { legend unit } }
      nodes {
        id rootService rootName startTime durationMs spanCount errorCount
        services { service spanCount errorCount }
        matched { spanId name startTime durationMs attributes { name value } }
      }
    }
  }
}
"""


async def test_page_of_traces_says_what_is_in_the_contract(tempo: Simulated) -> None:
    [found] = (await ask(tempo, PAGE, projects=1, first=3))["projects"]
    page = found["traces"]
    assert page["traceql"] == "{ status = error && duration >= 1ms && kind = server }"
    assert [edge["node"]["id"] for edge in page["edges"]] == [node["id"] for node in page["nodes"]]
    assert page["pageInfo"]["endCursor"] == page["edges"][-1]["cursor"]
    assert page["rate"]["interval"]["step"] == "10m"
    assert page["latency"]["series"] == [{"legend": "p50", "unit": "s"}]
    node = page["nodes"][0]
    assert (len(node["id"]), node["rootService"]) == (32, "frontend")
    assert node["startTime"].startswith("2026-11-22T")
    assert node["errorCount"] == sum(service["errorCount"] for service in node["services"]) > 0
    assert {"name": "status", "value": "error"} in node["matched"][0]["attributes"]


@pytest.mark.parametrize("first", [1, 10])
async def test_page_of_any_size_costs_the_same(tempo: Simulated, first: int) -> None:
    [found] = (await ask(tempo, PAGE, projects=1, first=first))["projects"]
    assert len(found["traces"]["nodes"]) == first
    assert sorted(tempo.paths) == ["/api/metrics/query_range"] * 2 + ["/api/search"] * 2


async def test_ten_projects_do_not_cost_ten_times_as_much(tempo: Simulated) -> None:
    """The two that have traces are loud, so that the quiet ones are asked again together, and have their pages sooner."""
    found = (await ask(tempo, PAGE, projects=10, first=3))["projects"]
    assert [len(each["traces"]["nodes"]) for each in found] == [3, 3, *([0] * 8)]
    assert sorted(tempo.paths) == ["/api/metrics/query_range"] * 4 + ["/api/search"] * 3


TRACE = """
query ($id: ID!) {
  projects {
    trace(id: $id) {
      id startTime durationMs partial redactedSpans
      root { id parentId }
      services { service spanCount }
      spans(first: 3) { totalCount pageInfo { hasNextPage } edges { cursor } nodes {
        id parentId name service kind status statusMessage startTime offsetMs durationMs selfTimeMs depth childCount
        attributes { name value } attribute(name: "service.namespace") missing: attribute(name: "none")
        resource { name value } events { name at attributes { name value } } links { traceId spanId trace { id } }
      } }
      criticalPath { startOffsetMs durationMs span { name } }
    }
  }
}
"""


async def test_whole_trace_says_what_is_in_the_contract(tempo: Simulated, scenario: Scenario) -> None:
    request = next(each for each in scenario.requests("shop", NOW_NS - 10**12, NOW_NS - 10**11) if each.failed)
    [found] = (await ask(tempo, TRACE, id=request.trace_id.lstrip("0")))["projects"]
    trace = found["trace"]
    assert (trace["id"], trace["partial"], trace["redactedSpans"]) == (request.trace_id, False, 0)
    assert trace["spans"]["totalCount"] == len(request.spans)
    assert len(trace["spans"]["nodes"]) == 3
    root = trace["spans"]["nodes"][0]
    assert (trace["root"]["id"], root["depth"], root["kind"]) == (root["id"], 0, "SERVER")
    assert (root["attribute"], root["missing"]) == ("shop", None)
    assert {type(each["value"]) for each in root["attributes"]} >= {str, int}
    assert trace["criticalPath"][0] == {
        "startOffsetMs": 0.0,
        "durationMs": trace["criticalPath"][0]["durationMs"],
        "span": {"name": root["name"]},
    }


@pytest.mark.parametrize("trace_id", ["f" * 32, "bank"])
async def test_trace_that_is_not_the_projects_is_null(tempo: Simulated, scenario: Scenario, trace_id: str) -> None:
    if trace_id == "bank":
        trace_id = scenario.requests("bank", NOW_NS - 10**12, NOW_NS - 10**11)[0].trace_id
    assert (await ask(tempo, TRACE, id=trace_id))["projects"] == [{"trace": None}]


@pytest.mark.parametrize("first", [1, 10])
async def test_whole_traces_of_a_list_are_one_request_each(tempo: Simulated, first: int) -> None:
    """Tempo has no request for several traces."""
    query = "query ($first: Int!) { projects { traces(first: $first) { nodes { trace { id } again: trace { id } } } } }"
    [found] = (await ask(tempo, query, first=first))["projects"]
    assert len(found["traces"]["nodes"]) == first
    assert len(tempo.paths) == 2 + first


async def test_attributes_come_with_their_values(tempo: Simulated) -> None:
    query = '{ projects { traceAttributes(search: "route") { name scope values(search: "cart", first: 2) } } }'
    [found] = (await ask(tempo, query))["projects"]
    assert found["traceAttributes"] == [{"name": "http.route", "scope": "span", "values": ["/cart", "/cart/items"]}]


@pytest.mark.parametrize(
    "arguments, code",
    [
        ('query: "{ rootName = 1 }"', {"argument": "query", "position": 2}),
        ("first: 0", {"argument": "first"}),
        ('after: "x"', {"argument": "after"}),
        ('range: {last: "8d"}', {"argument": "range"}),
        ('filter: {minDuration: "2s", maxDuration: "1s"}', {"argument": "filter.minDuration"}),
        ('filter: {attributes: [{name: "a b c {", value: "x"}]}', {"argument": "filter.attributes.0.name"}),
    ],
)
async def test_bad_input_names_the_argument(tempo: Simulated, arguments: str, code: dict[str, object]) -> None:
    result = await SCHEMA.execute(
        f"{{ projects {{ traces({arguments}) {{ exhaustive }} }} }}", context_value=tempo.context(*PROJECTS)
    )
    assert result.errors is not None
    assert getattr(result.errors[0].original_error, "extensions", None) == code
    assert tempo.paths == []


def test_our_types_break_nothing_of_the_contract() -> None:
    contract = build_schema((ROOT / "tests" / "fixtures" / "contract.graphql").read_text())
    served = build_schema(SCHEMA.as_str())
    broken = [each.description for each in find_breaking_changes(contract, served)]
    fields = ("Project.traces", "Project.trace", "Service.traces")
    names = {*OURS, *fields}
    assert [
        text for text in broken if any(word.strip("'.(),:") in names for word in text.replace("(", " ").split())
    ] == []
    assert [text for text in broken if any(f" {name}." in text or f" {name} " in f"{text} " for name in OURS)] == []


def test_everything_is_described() -> None:
    served = build_schema(SCHEMA.as_str())
    for name in OURS:
        found: Any = served.type_map[name]
        assert found.description, name
        for field_name, field in getattr(found, "fields", {}).items():
            assert field.description, f"{name}.{field_name}"
            assert all(argument.description for argument in getattr(field, "args", {}).values()), f"{name}.{field_name}"
