"""Metrics and services as a client asks for them: over GraphQL, with the upstream requests counted."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import pytest
import strawberry
from graphql import build_schema
from graphql.utilities import find_breaking_changes
from strawberry.schema.config import StrawberryConfig

from schema.context import Info
from schema.projects import Project
from schema.scalars import SCALARS
from tests.architecture.project import ROOT
from tests.resolvers.metrics_world import Row, World, project
from tests.resolvers.test_services import graph

SHOP = project("shop")
OURS = {
    "Metrics",
    "SeriesSet",
    "Series",
    "Sample",
    "VectorSample",
    "Exemplar",
    "MetricDescriptor",
    "MetricDescriptorConnection",
    "ServiceGraph",
    "ServiceEdge",
}


@strawberry.type
class Query:
    @strawberry.field(graphql_type=list[Project])
    async def projects(self, info: Info, first: int = 1) -> Sequence[object]:
        return [SHOP, *(project(f"p{n}", number=n) for n in range(1, 10))][:first]


SCHEMA = strawberry.Schema(Query, config=StrawberryConfig(scalar_map=SCALARS))

ALL = """
query ($first: Int!) {
  projects(first: $first) {
    metrics(range: {last: "1h"}, step: "1m") {
      interval { from to step }
      requestRate(by: ["service_name"]) {
        promql truncated warnings interval { step }
        series {
          labels { name value } label(name: "service_name") missing: label(name: "x") legend unit
          timestamps values samples { at value } min max avg last
          exemplars(first: 1) { at value traceId labels { name } }
        }
      }
      errorRate { series { last } }
      errorRatio(limit: null) { series { last } }
      latency(quantile: 0.5) { series { last } }
    }
    services { name requestRate errorRatio latency callers { client } callees { server latencyP95 } }
    serviceGraph { services { name } edges { client server requestRate errorRatio latencyP95 } }
  }
}
"""


def rows(promql: str) -> Sequence[Row]:
    if "traces_service_graph" in promql or '"signal"' in promql:
        return graph(promql)
    return [({"service_namespace": "shop", "service_name": "cart"}, 1.5)]


def world_of_ten() -> World:
    world = World(SHOP, *(project(f"p{n}", number=n) for n in range(1, 10)), answer=rows)
    exemplar = {"labels": {"trace_id": "ab"}, "value": "0.5", "timestamp": 1_800_000_000}
    labels = {"service_namespace": "shop", "service_name": "cart"}
    world.fixed["/api/v1/query_exemplars"] = [{"seriesLabels": labels, "exemplars": [exemplar]}]
    return world


async def ask(world: World, query: str, **variables: Any) -> dict[str, Any]:
    result = await SCHEMA.execute(query, context_value=world.context, variable_values=variables)
    assert result.errors is None, result.errors
    assert result.data is not None
    return result.data


@pytest.mark.parametrize("first", [1, 10])
async def test_everything_of_ten_projects_costs_what_one_costs(first: int) -> None:
    world = world_of_ten()
    answer = await ask(world, ALL, first=first)
    assert len(world.requests) == 4 + 1 + 1 + 2 + 1  # signals, figures, latency, both sides of the graph, exemplars
    assert len(answer["projects"]) == first


async def test_series_are_told_in_columns_and_as_objects() -> None:
    [found] = (await ask(world_of_ten(), ALL, first=1))["projects"]
    assert found["metrics"]["interval"] == {"from": "2027-01-15T07:00:00Z", "to": "2027-01-15T08:00:00Z", "step": "1m"}
    [series] = found["metrics"]["requestRate"]["series"]
    assert series.pop("samples") == [
        {"at": "2027-01-15T07:00:00Z", "value": 1.5},
        {"at": "2027-01-15T08:00:00Z", "value": 1.5},
    ]
    assert series.pop("exemplars") == [
        {"at": "2027-01-15T08:00:00Z", "value": 0.5, "traceId": "ab".zfill(32), "labels": [{"name": "trace_id"}]}
    ]
    assert series == {
        "labels": [{"name": "service_name", "value": "cart"}],
        "label": "cart",
        "missing": None,
        "legend": "cart",
        "unit": "1/s",
        "timestamps": [1799996400000.0, 1800000000000.0],
        "values": [1.5, 1.5],
        "min": 1.5,
        "max": 1.5,
        "avg": 1.5,
        "last": 1.5,
    }


async def test_services_come_with_their_figures_and_calls() -> None:
    [found] = (await ask(world_of_ten(), ALL, first=1))["projects"]
    cart = next(one for one in found["services"] if one["name"] == "cart")
    assert cart == {
        "name": "cart",
        "requestRate": 4.0,
        "errorRatio": 0.0,
        "latency": 1.5,
        "callers": [{"client": "frontend"}, {"client": "gateway"}],
        "callees": [{"server": "pg.internal", "latencyP95": None}],
    }
    assert [edge["server"] for edge in found["serviceGraph"]["edges"]] == ["pg.internal", "cart", "cart"]


async def test_catalogue_labels_and_raw_expressions_are_served() -> None:
    world = world_of_ten()
    world.fixed |= {
        "/api/v1/label/__name__/values": ["up"],
        "/api/v1/metadata": {},
        "/api/v1/labels": ["job"],
        "/api/v1/label/job/values": ["shop/cart"],
    }
    query = """{ projects { metrics {
        series(promql: "up", legend: "{{service_name}}!") { series { legend } } value(promql: "sum(up)")
        vector(promql: "up") { labels { name value } at value }
        catalog(search: "u", first: 1) { nodes { name kind help unit } totalCount pageInfo { hasNextPage endCursor } }
        labelNames(metric: "up") labelValues(label: "job")
    } service(name: "cart") { name metrics { requestRate { series { last } } } } } }"""
    [found] = (await ask(world, query))["projects"]
    assert found["metrics"]["series"]["series"] == [{"legend": "cart!"}]
    assert (found["metrics"]["value"], found["metrics"]["labelNames"], found["metrics"]["labelValues"]) == (
        1.5,
        ["job"],
        ["shop/cart"],
    )
    assert found["metrics"]["catalog"]["nodes"] == [{"name": "up", "kind": "unknown", "help": None, "unit": None}]
    assert found["service"]["metrics"]["requestRate"]["series"] == [{"last": 1.5}]
    assert 'service_name="cart"' in world.expressions[-1]


async def test_failure_of_one_field_leaves_the_others() -> None:
    world = world_of_ten()
    query = '{ projects { slug metrics { good: value(promql: "sum(up)") bad: value(promql: "sum(up) ~ 1") } } }'
    result = await SCHEMA.execute(query, context_value=world.context)
    assert result.data == {"projects": [{"slug": "shop", "metrics": {"good": 1.5, "bad": None}}]}
    [error] = result.errors or []
    assert error.path == ["projects", 0, "metrics", "bad"]


async def test_dead_source_nulls_its_fields_only() -> None:
    world = world_of_ten()
    world.status = 500
    query = "{ projects { slug metrics { requestRate { truncated } latency { truncated } } } }"
    result = await asyncio.wait_for(SCHEMA.execute(query, context_value=world.context), 5)
    assert result.data == {"projects": [{"slug": "shop", "metrics": {"requestRate": None, "latency": None}}]}
    assert len(result.errors or []) == 2


def test_types_are_those_of_the_contract() -> None:
    contract = build_schema((ROOT / "tests/fixtures/contract.graphql").read_text("utf-8"))
    served = build_schema(SCHEMA.as_str(), assume_valid_sdl=True)
    changes = find_breaking_changes(contract, served)
    assert [change.description for change in changes if change.type.name and _concerns(change.description)] == []


def _concerns(description: str) -> bool:
    words = {word.split(".")[0].strip("'") for word in description.split()}
    return bool(words & OURS)
