"""The use cases of metrics on the simulated Prometheus, through the whole client, with the requests counted."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import SourceError
from datasources.http import HttpSender, SourceSettings
from datasources.prometheus.client import PrometheusSource
from datasources.records.metrics import GoldenSignal
from datasources.records.projects import Project
from datasources.records.shared import NS_PER_S
from datasources.records.sources import SourceKind
from datasources.scope import Refused
from gateway.demo.scenario import Scenario
from gateway.demo.simulators.prometheus.app import create_app
from resolvers import exemplars, golden_signals, metrics, metrics_catalog, service_graph, services
from resolvers.context import Sources
from resolvers.time_ranges import TimeRange
from tests.resolvers.metrics_world import World, project

NOW_NS = 1_795_348_800 * NS_PER_S
LAST_HOUR = TimeRange(last_ns=3600 * NS_PER_S)
SHOP, BANK = project("shop"), project("bank")
SCOPED = [
    case["query"]
    for case in json.loads((Path(__file__).parents[1] / "fixtures" / "adversarial" / "promql.json").read_text())
    if case["expect"] == "scoped"
]


class CountingTransport(httpx.ASGITransport):
    """Counts what reaches the simulated server."""

    count = 0

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        self.count += 1
        return await super().handle_async_request(request)


@pytest.fixture(scope="module")
def simulator() -> Starlette:
    return create_app(Scenario(1), lambda: NOW_NS)


@pytest.fixture
def upstream(simulator: Starlette) -> CountingTransport:
    return CountingTransport(simulator)


def world_of(upstream: CountingTransport, *projects: Project) -> World:
    settings = SourceSettings(name="prometheus", url="http://prometheus", timeout_s=30)
    source = PrometheusSource(HttpSender(settings, SourceKind.PROMETHEUS, transport=upstream))
    world = World(*projects)
    world.context.sources = Sources({"prometheus": source}, {}, {})
    world.context.now_ns = NOW_NS
    world.context.call = Call(Deadline.after(60), Ledger())
    return world


async def test_signals_of_the_services_are_there(upstream: CountingTransport) -> None:
    world = world_of(upstream, SHOP)
    shown = await metrics.metrics(world.context, SHOP, LAST_HOUR)
    for signal in GoldenSignal:
        found = await golden_signals.golden_signal_series(world.context, shown, signal, by=["service_name"])
        names = {series.legend for series in found.series}
        assert names == {"frontend", "catalog", "cart", "checkout", "payment", "inventory"}
        assert all(series.max is not None and series.max >= 0 for series in found.series)


@pytest.mark.parametrize("count", [1, 10])
async def test_a_page_of_projects_costs_as_many_requests_as_one(upstream: CountingTransport, count: int) -> None:
    projects = [SHOP, BANK, *(project(f"empty-{n}", number=n) for n in range(8))][:count]
    world = world_of(upstream, *projects)
    await asyncio.gather(*(overview(world, one) for one in projects))
    assert upstream.count == len(GoldenSignal) + 1 + 1 + 2


async def overview(world: World, one: Project) -> None:
    shown = await metrics.metrics(world.context, one, LAST_HOUR)
    asked = (golden_signals.golden_signal_series(world.context, shown, signal) for signal in GoldenSignal)
    _, found = await asyncio.gather(asyncio.gather(*asked), service_graph.service_graph(world.context, one, LAST_HOUR))
    await asyncio.gather(*(services.latency(world.context, each) for each in found.services))
    await asyncio.gather(*(service_graph.callers(world.context, each) for each in found.services))


async def test_merged_signals_equal_those_asked_alone(upstream: CountingTransport) -> None:
    together, apart = world_of(upstream, SHOP, BANK), world_of(upstream, SHOP, BANK)
    shown = [await metrics.metrics(together.context, one, LAST_HOUR) for one in (SHOP, BANK)]
    for signal in GoldenSignal:
        merged = await asyncio.gather(
            *(golden_signals.golden_signal_series(together.context, each, signal) for each in shown)
        )
        for found, each in zip(merged, shown, strict=True):
            alone = await golden_signals.golden_signal_series(apart.context, each, signal)
            assert found.series[0].values == pytest.approx(alone.series[0].values, nan_ok=True)


async def test_worst_services_come_first_and_know_their_callers(upstream: CountingTransport) -> None:
    world = world_of(upstream, SHOP)
    found = await services.services(world.context, SHOP, LAST_HOUR)
    ratios = [(await services.figures(world.context, one)).error_ratio or 0 for one in found]
    assert ratios == sorted(ratios, reverse=True)
    assert {found[0].name, found[1].name} == {"checkout", "payment"}
    payment = next(one for one in found if one.name == "payment")
    assert [edge.client for edge in await service_graph.callers(world.context, payment)] == ["checkout"]


async def test_exemplars_lead_to_traces_of_the_scenario(upstream: CountingTransport) -> None:
    world = world_of(upstream, SHOP)
    shown = await metrics.metrics(world.context, SHOP, LAST_HOUR)
    found = await golden_signals.golden_signal_series(world.context, shown, GoldenSignal.LATENCY, by=["service_name"])
    before = upstream.count
    lists = await asyncio.gather(*(exemplars.exemplars(world.context, series) for series in found.series))
    assert upstream.count - before == 1
    scenario = Scenario(1)
    for one in (each for part in lists for each in part):
        request = scenario.request(one.trace_id or "")
        assert request is not None
        assert request.namespace == "shop"


async def test_catalogue_is_the_projects_own(upstream: CountingTransport) -> None:
    world = world_of(upstream, SHOP)
    shown = await metrics.metrics(world.context, SHOP, LAST_HOUR)
    page = await metrics_catalog.catalog(world.context, shown, search="duration_seconds_bucket")
    assert [(one.kind, one.unit) for one in page.nodes] == [("histogram", "seconds")]
    assert await metrics_catalog.label_values(world.context, shown, "service_namespace") == ["shop"]


@pytest.mark.parametrize("promql", SCOPED)
async def test_hostile_expression_shows_nothing_of_the_other_namespace(
    upstream: CountingTransport, promql: str
) -> None:
    world = world_of(upstream, SHOP)
    shown = await metrics.metrics(world.context, SHOP, LAST_HOUR)
    try:
        found = await metrics.series(world.context, shown, promql)
    except (Refused, SourceError) as refusal:
        seen = refusal.message
    else:
        seen = repr([series.labels for series in found.series])
    assert not any(name in seen for name in ("accounts", "fraud", "notifications", "bank/"))
