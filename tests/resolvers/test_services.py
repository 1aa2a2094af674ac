"""Services worst first, their figures, and who calls whom, with a constant number of requests."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import pytest

from datasources.exceptions import BadInput, NotFound, SourceError
from datasources.records.services import ServiceEdge, ServiceFigures
from datasources.records.shared import NS_PER_S
from resolvers import service_graph, services
from resolvers.services import LAST_HOUR
from resolvers.time_ranges import TimeRange
from tests.resolvers.metrics_world import Row, World, project

SHOP, BANK = project("shop"), project("bank")
FIGURES: dict[str, dict[str, dict[str, float]]] = {
    "shop": {
        "cart": {"rate": 4.0, "present": 1.0},
        "checkout": {"rate": 1.0, "failed": 0.5, "present": 1.0},
        "payment": {"rate": 2.0, "failed": 1.0, "present": 1.0},
        "mailer": {"present": 1.0},
    },
    "bank": {"ledger": {"rate": 3.0, "failed": 0.3}},
}


def answer(promql: str) -> Sequence[Row]:
    if "histogram_quantile" in promql:
        return [({"service_namespace": slug, "service_name": name}, 0.25) for slug in FIGURES for name in FIGURES[slug]]
    return [
        ({"service_namespace": slug, "service_name": name, "signal": signal}, value)
        for slug in FIGURES
        if slug in promql
        for name, figures in FIGURES[slug].items()
        for signal, value in figures.items()
    ]


async def test_services_come_worst_first_by_failures_then_requests() -> None:
    world = World(SHOP, answer=answer)
    found = await services.services(world.context, SHOP, LAST_HOUR)
    assert [one.name for one in found] == ["payment", "checkout", "cart", "mailer"]
    assert await services.figures(world.context, found[0]) == ServiceFigures(2.0, 0.5)
    assert await services.figures(world.context, found[-1]) == ServiceFigures(None, None)
    assert len(world.requests) == 1


async def test_first_cuts_the_list() -> None:
    world = World(SHOP, answer=answer)
    assert len(await services.services(world.context, SHOP, LAST_HOUR, 2)) == 2
    with pytest.raises(BadInput):
        await services.services(world.context, SHOP, LAST_HOUR, 0)


@pytest.mark.parametrize("count", [1, 10])
async def test_services_of_many_projects_cost_one_request_per_question(count: int) -> None:
    projects = [project(f"p{n}", number=n) for n in range(count)]

    def rows(promql: str) -> Sequence[Row]:
        return [({"service_namespace": one.slug, "service_name": "s", "signal": "rate"}, 1.0) for one in projects]

    world = World(*projects, answer=rows)
    found = await asyncio.gather(*(services.services(world.context, one, LAST_HOUR) for one in projects))
    await asyncio.gather(*(services.latency(world.context, one) for [one] in found))
    await asyncio.gather(*(services.figures(world.context, one) for [one] in found))
    await asyncio.gather(*(service_graph.callers(world.context, one) for [one] in found))
    assert len(world.requests) == 1 + 1 + 2


async def test_latencies_of_all_services_cost_one_request() -> None:
    world = World(SHOP, answer=answer)
    found = await services.services(world.context, SHOP, LAST_HOUR)
    assert await asyncio.gather(*(services.latency(world.context, one) for one in found)) == [0.25] * 4
    assert len(world.requests) == 2
    with pytest.raises(BadInput):
        await services.latency(world.context, found[0], 2.0)


async def test_service_is_found_by_its_name() -> None:
    world = World(SHOP, answer=answer)
    found = await services.service(world.context, SHOP, "cart")
    assert found is not None
    assert (found.name, found.project) == ("cart", SHOP)
    assert await services.service(world.context, SHOP, "ledger") is None


async def test_service_is_taken_to_be_there_where_the_metrics_cannot_tell() -> None:
    world = World(SHOP)
    world.status = 500
    found = await services.service(world.context, SHOP, "cart")
    assert found is not None
    with pytest.raises(SourceError):
        await services.figures(world.context, found)


async def test_strangers_see_no_services() -> None:
    world = World(BANK, answer=answer)
    with pytest.raises(NotFound):
        await services.services(world.context, SHOP, LAST_HOUR)
    with pytest.raises(NotFound):
        await service_graph.service_graph(world.context, SHOP, LAST_HOUR)
    assert not world.requests


def calls(client: str, server: str, client_ns: str, server_ns: str, **signals: float) -> list[Row]:
    labels = {"client": client, "server": server}
    labels |= {"client_service_namespace": client_ns} if client_ns else {}
    labels |= {"server_service_namespace": server_ns} if server_ns else {}
    return [({**labels, "signal": signal}, value) for signal, value in signals.items()]


GRAPH = [
    *calls("frontend", "cart", "shop", "shop", rate=4.0, failed=1.0, p95=0.2),
    *calls("cart", "pg.internal", "shop", "", rate=8.0),
    *calls("gateway", "cart", "bank", "shop", rate=1.0, failed=1.0, p95=0.9),
    *calls("gateway", "ledger", "bank", "bank", rate=9.0),
    *calls("idle", "cart", "shop", "shop", rate=0.0),
]


def graph(promql: str) -> Sequence[Row]:
    if "traces_service_graph" not in promql:
        return answer(promql)
    side = "client" if '{client_service_namespace="shop"' in promql else "server"
    return [row for row in GRAPH if row[0].get(f"{side}_service_namespace") == "shop"]


async def test_graph_holds_the_calls_from_and_to_own_services_once() -> None:
    world = World(SHOP, answer=graph)
    found = await service_graph.service_graph(world.context, SHOP, LAST_HOUR)
    assert found.edges == [
        ServiceEdge(client="cart", server="pg.internal", request_rate=8.0, error_ratio=0.0),
        ServiceEdge(client="frontend", server="cart", request_rate=4.0, error_ratio=0.25, latency_p95=0.2),
        ServiceEdge(client="gateway", server="cart", request_rate=1.0, error_ratio=1.0, latency_p95=0.9),
    ]
    assert [one.name for one in found.services] == ["payment", "checkout", "cart", "mailer"]
    assert len(world.requests) == 3


async def test_callers_and_callees_of_all_services_cost_two_requests() -> None:
    world = World(SHOP, answer=graph)
    found = await services.services(world.context, SHOP, LAST_HOUR)
    before = len(world.requests)
    callers = await asyncio.gather(*(service_graph.callers(world.context, one) for one in found))
    callees = await asyncio.gather(*(service_graph.callees(world.context, one) for one in found))
    assert len(world.requests) - before == 2
    assert [edge.client for edge in callers[2]] == ["frontend", "gateway"]
    assert [edge.server for edge in callees[2]] == ["pg.internal"]


async def test_edges_of_equal_names_in_two_namespaces_are_added_up() -> None:
    rows = [
        *calls("a", "b", "shop", "shop", rate=1.0, p95=0.1),
        *calls("a", "b", "shop", "bank", rate=3.0, failed=2.0, p95=0.3),
    ]
    world = World(SHOP, answer=lambda promql: rows if "graph" in promql else [])
    [edge] = (await service_graph.service_graph(world.context, SHOP, LAST_HOUR)).edges
    assert (edge.request_rate, edge.error_ratio, edge.latency_p95) == (4.0, 0.5, 0.3)


async def test_range_of_figures_is_on_a_grid() -> None:
    world = World(SHOP, answer=answer)
    interval = services.figures_interval(world.context, TimeRange(last_ns=NS_PER_S))
    assert interval.range_ns == 15 * NS_PER_S
