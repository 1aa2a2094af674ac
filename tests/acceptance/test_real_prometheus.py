"""The client, the scoper and the golden signals on a real Prometheus with two tenants' data."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import SourceRefused
from datasources.http import HttpSender, SourceSettings
from datasources.prometheus.client import PrometheusSource
from datasources.records.metrics import GoldenSignal, RawSeries
from datasources.records.shared import NS_PER_S, Interval
from datasources.records.sources import SourceKind
from datasources.scope import Refused, Rule, Scope
from resolvers import golden_signals, metrics_catalog, service_graph, services
from resolvers.context import Sources
from resolvers.time_ranges import TimeRange
from tests.acceptance.real_prometheus import running, why_missing
from tests.resolvers.metrics_world import World, project

pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(why_missing() is not None, reason=why_missing() or ""),
]

CASES = json.loads((Path(__file__).parents[1] / "fixtures" / "adversarial" / "promql.json").read_text())
SCOPED = [case["query"] for case in CASES if case["expect"] == "scoped"]
SHOP = project("shop")
BANK = project("bank")
OPERATOR = project("operator", Rule("job", pattern="shop/.+"))
END_S = int(time.time()) // 60 * 60 - 120
HALF_HOUR = Interval((END_S - 1800) * NS_PER_S, END_S * NS_PER_S, 60 * NS_PER_S)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("prometheus") / "both", ["shop", "bank"], END_S) as url:
        yield url


@pytest.fixture(scope="module")
def shop_alone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with running(tmp_path_factory.mktemp("prometheus") / "shop", ["shop"], END_S) as url:
        yield url


def source_at(url: str) -> PrometheusSource:
    settings = SourceSettings(name="prometheus", url=url, timeout_s=10)
    return PrometheusSource(HttpSender(settings, SourceKind.PROMETHEUS), cache_ttl_s=0)


@pytest.fixture
async def source(both: str) -> AsyncIterator[PrometheusSource]:
    found = source_at(both)
    yield found
    await found.close()


@pytest.fixture
async def alone(shop_alone: str) -> AsyncIterator[PrometheusSource]:
    found = source_at(shop_alone)
    yield found
    await found.close()


@pytest.fixture
def world(source: PrometheusSource) -> World:
    found = World(SHOP, BANK, OPERATOR)
    found.context.sources = Sources({"prometheus": source}, {}, {})
    found.context.now_ns = END_S * NS_PER_S
    return found


def call() -> Call:
    return Call(Deadline.after(20), Ledger())


async def everything(source: PrometheusSource, promql: str, scope: Scope) -> list[object]:
    """What an expression gives as range and at an instant, in an order of its own, or how it is refused."""
    expression = source.narrow(promql, scope)
    answers: list[object] = []
    try:
        matrix = await source.query_range(expression, HALF_HOUR, call=call())
        answers.append(sorted(repr(series) for series in matrix.series))
    except SourceRefused as refusal:
        answers.append(refusal.message)
    try:
        vector = await source.query(expression, HALF_HOUR.end_ns, call=call())
        answers.append(sorted(repr(sample) for sample in vector.samples))
    except (SourceRefused, Refused) as refusal:
        answers.append(refusal.message)
    return answers


async def test_version_is_told(source: PrometheusSource) -> None:
    version = await source.check(call())
    assert version is not None
    assert version[0].isdigit()


@pytest.mark.parametrize("promql", SCOPED)
async def test_hostile_expression_gives_what_it_gives_where_the_other_tenant_is_not(
    source: PrometheusSource, alone: PrometheusSource, promql: str
) -> None:
    found = await everything(source, promql, SHOP.scope)
    assert found == await everything(alone, promql, SHOP.scope)
    assert "bank-ledger" not in repr(found)


async def test_the_other_tenant_would_be_seen_without_the_wall(source: PrometheusSource) -> None:
    everyone = Scope(frozenset("x"), (Rule("service_namespace", ("shop", "bank")),))
    assert "bank-ledger" in repr(await everything(source, "temp", everyone))


@pytest.mark.parametrize("rule", [Rule("job", pattern="shop/.+"), Rule("service_namespace", ("shop", "sh.p"))])
async def test_rules_of_every_kind_keep_the_other_tenant_out(source: PrometheusSource, rule: Rule) -> None:
    found = repr(await everything(source, "up", Scope(frozenset("x"), (rule,))))
    assert "shop-cart" in found
    assert "bank" not in found


async def test_columns_are_on_the_grid(source: PrometheusSource) -> None:
    matrix = await source.query_range(source.narrow("temp", SHOP.scope), HALF_HOUR, call=call())
    assert sorted(series.values[0] or 0 for series in matrix.series) == [20.0, 21.0]
    for series in matrix.series:
        assert series.timestamps == [float((END_S - 1800 + 60 * k) * 1000) for k in range(31)]


async def test_limit_cuts_also_where_the_server_does_not_know_it(source: PrometheusSource) -> None:
    matrix = await source.query_range(source.narrow("{}", SHOP.scope), HALF_HOUR, limit=3, call=call())
    assert (len(matrix.series), matrix.truncated) == (3, True)


async def test_catalogue_and_labels_are_the_projects_own(source: PrometheusSource, world: World) -> None:
    shown = world.shown(SHOP, interval=HALF_HOUR)
    values = await metrics_catalog.label_values(world.context, shown, "canary")
    assert values == ["shop-cart", "shop-web"]
    assert "canary" in await metrics_catalog.label_names(world.context, shown, "temp")
    names = [one.name for one in (await metrics_catalog.catalog(world.context, shown)).nodes]
    assert "http_server_request_duration_seconds_count" in names
    series = await source.series(source.narrow_metric("temp", SHOP.scope), HALF_HOUR, call=call())
    assert {one["service_namespace"] for one in series} == {"shop"}


async def test_refusal_is_told_in_prometheus_own_words_about_own_series_only(source: PrometheusSource) -> None:
    with pytest.raises(SourceRefused, match="many-to-many") as caught:
        await source.query(source.narrow("up * on() group_left() up", SHOP.scope), HALF_HOUR.end_ns, call=call())
    assert "bank" not in caught.value.message


@pytest.mark.parametrize("signal", list(GoldenSignal))
async def test_merged_question_gives_each_project_what_it_gets_alone(world: World, signal: GoldenSignal) -> None:
    async def ask(slug: str) -> list[RawSeries]:
        one = {"shop": SHOP, "bank": BANK}[slug]
        question = golden_signals.SignalQuestion(one, HALF_HOUR, signal, by=("service_name",))
        [found] = await golden_signals.signals(world.context, [question])
        assert not isinstance(found, Exception)
        return found

    questions = [golden_signals.SignalQuestion(one, HALF_HOUR, signal, by=("service_name",)) for one in (SHOP, BANK)]
    merged = await golden_signals.signals(world.context, questions)
    separate = await asyncio.gather(ask("shop"), ask("bank"))
    for one, other in zip(merged, separate, strict=True):
        assert not isinstance(one, Exception)
        assert by_service(one) == by_service(other)
    assert len(world.context.call.ledger.entries) == 3


def by_service(found: list[RawSeries]) -> dict[str, list[float | None]]:
    return {
        series.labels["service_name"]: [value if value is None else round(value, 9) for value in series.values]
        for series in found
    }


async def test_golden_signals_have_the_figures_that_the_data_was_made_with(world: World) -> None:
    shown = world.shown(SHOP, interval=HALF_HOUR)
    found = {signal: await golden_signals.golden_signal_series(world.context, shown, signal) for signal in GoldenSignal}
    expected = {GoldenSignal.REQUEST_RATE: 9.0, GoldenSignal.ERROR_RATE: 3.0, GoldenSignal.ERROR_RATIO: 1 / 3}
    for signal, value in expected.items():
        assert math.isclose(found[signal].series[0].last or 0, value, rel_tol=1e-6)
    assert math.isclose(found[GoldenSignal.LATENCY].series[0].last or 0, 0.5, rel_tol=1e-6)


async def test_services_and_their_calls_are_the_projects_own(world: World) -> None:
    asked = TimeRange(last_ns=1800 * NS_PER_S)
    graph = await service_graph.service_graph(world.context, SHOP, asked)
    assert [one.name for one in graph.services] == ["cart", "web"]
    assert [(edge.client, edge.server, round(edge.error_ratio, 6)) for edge in graph.edges] == [("web", "cart", 0.5)]
    figures = await services.figures(world.context, graph.services[0])
    assert math.isclose(figures.error_ratio or 0, 0.4, rel_tol=1e-6)
    assert await services.service(world.context, SHOP, "ledger") is None


async def test_project_of_an_operators_pattern_is_asked_alone(world: World) -> None:
    values = await metrics_catalog.label_values(world.context, world.shown(OPERATOR, interval=HALF_HOUR), "canary")
    assert values == ["shop-cart", "shop-web"]
