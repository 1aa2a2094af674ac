"""Golden signals: one request for all that ask alike, everyone their own series."""

from __future__ import annotations

import asyncio

import pytest

from datasources.exceptions import BadInput, NotFound, SourceRefused, SourceUnavailable, Unauthenticated
from datasources.records.metrics import HTTP_SERVER, SPAN_METRICS, GoldenSignal
from datasources.records.shared import NS_PER_S
from datasources.records.users import Role
from datasources.scope import Rule
from resolvers.access import ANONYMOUS
from resolvers.golden_signals import golden_signal_series
from resolvers.metrics_expressions import golden_signal, rate_window_ns, service_edges, service_figures
from tests.resolvers.metrics_world import World, grouping, project

SHOP, BANK = project("shop"), project("bank")


async def test_signal_is_one_narrowed_expression() -> None:
    world = World(SHOP, answer=lambda promql: [({}, 2.5)])
    found = await golden_signal_series(world.context, world.shown(SHOP), GoldenSignal.REQUEST_RATE)
    assert world.expressions == ['sum(rate(http_server_request_duration_seconds_count{service_namespace="shop"}[75s]))']
    assert found.promql == "sum (rate(http_server_request_duration_seconds_count[75s]))"
    [series] = found.series
    assert (series.values, series.legend, series.unit, series.labels) == ([2.5, 2.5], "requestRate", "1/s", [])


@pytest.mark.parametrize("count", [1, 10])
async def test_projects_on_one_page_cost_one_request_per_signal(count: int) -> None:
    projects = [project(f"p{n}", number=n) for n in range(count)]

    def answer(promql: str) -> list[tuple[dict[str, str], float]]:
        labels = [{"service_namespace": one.slug} for one in projects] if grouping(promql) else [{}]
        return [(label, float(n)) for n, label in enumerate(labels)]

    world = World(*projects, answer=answer)
    asked = [
        golden_signal_series(world.context, world.shown(one), signal) for one in projects for signal in GoldenSignal
    ]
    found = await asyncio.gather(*asked)
    assert len(world.requests) == len(GoldenSignal)
    assert [one.series[0].last for one in found[:: len(GoldenSignal)]] == [float(n) for n in range(count)]
    assert all(not one.series[0].labels for one in found)


@pytest.mark.parametrize("count", [1, 10])
async def test_services_of_one_page_cost_one_request(count: int) -> None:
    names = [f"s{n}" for n in range(count)]
    world = World(
        SHOP, answer=lambda promql: [({"service_namespace": "shop", "service_name": name}, 1.0) for name in names]
    )
    asked = [golden_signal_series(world.context, world.shown(SHOP, name), GoldenSignal.LATENCY) for name in names]
    found = await asyncio.gather(*asked)
    assert len(world.requests) == 1
    assert all(len(one.series) == 1 for one in found)


async def test_scopes_that_cannot_merge_cost_a_request_each() -> None:
    jobs = project("jobs", Rule("job", pattern="jobs/.+"))
    world = World(SHOP, jobs, answer=lambda promql: [({}, 1.0)])
    await asyncio.gather(
        *(golden_signal_series(world.context, world.shown(one), GoldenSignal.REQUEST_RATE) for one in (SHOP, jobs))
    )
    assert len(world.requests) == 2
    assert not any(grouping(promql) for promql in world.expressions)


async def test_scope_label_is_shown_only_where_it_is_asked_for() -> None:
    def answer(promql: str) -> list[tuple[dict[str, str], float]]:
        found = [slug for slug in ("shop", "bank") if slug in promql]
        return [({"service_namespace": slug, "http_route": "/"}, 1.0) for slug in found]

    world = World(SHOP, BANK, answer=answer)
    plain, asked, _ = await asyncio.gather(
        golden_signal_series(world.context, world.shown(SHOP), GoldenSignal.REQUEST_RATE, by=["http_route"]),
        golden_signal_series(
            world.context, world.shown(SHOP), GoldenSignal.ERROR_RATE, by=["service_namespace", "http_route"]
        ),
        golden_signal_series(world.context, world.shown(BANK), GoldenSignal.REQUEST_RATE, by=["http_route"]),
    )
    assert [label.name for label in plain.series[0].labels] == ["http_route"]
    assert [(label.name, label.value) for label in asked.series[0].labels] == [
        ("service_namespace", "shop"),
        ("http_route", "/"),
    ]


async def test_largest_averages_are_kept_and_the_rest_is_told() -> None:
    world = World(SHOP, answer=lambda promql: [({"service_name": f"s{n}"}, float(n)) for n in range(5)])
    found = await golden_signal_series(
        world.context, world.shown(SHOP), GoldenSignal.REQUEST_RATE, by=["service_name"], limit=2
    )
    assert [series.legend for series in found.series] == ["s4", "s3"]
    assert found.truncated


@pytest.mark.parametrize(
    "arguments, argument",
    [
        ({"by": ["a b"]}, "by"),
        ({"by": ["le"]}, "by"),
        ({"by": ["a) or (b"]}, "by"),
        ({"by": list("abcdef")}, "by"),
        ({"limit": 0}, "limit"),
        ({"limit": 100_000}, "limit"),
        ({"quantile": 1.5}, "quantile"),
        ({"quantile": float("nan")}, "quantile"),
    ],
)
async def test_bad_arguments_are_named(arguments: dict[str, object], argument: str) -> None:
    world = World(SHOP)
    with pytest.raises(BadInput) as caught:
        await golden_signal_series(world.context, world.shown(SHOP), GoldenSignal.LATENCY, **arguments)  # type: ignore[arg-type]
    assert caught.value.argument == argument
    assert not world.requests


async def test_service_that_no_label_can_be_is_refused() -> None:
    world = World(SHOP)
    with pytest.raises(BadInput):
        await golden_signal_series(world.context, world.shown(SHOP, "a\nb"), GoldenSignal.LATENCY)


async def test_strangers_and_the_anonymous_get_nothing() -> None:
    world = World(BANK, role=Role.OWNER)
    with pytest.raises(NotFound):
        await golden_signal_series(world.context, world.shown(SHOP), GoldenSignal.LATENCY)
    world.context.principal = ANONYMOUS
    with pytest.raises(Unauthenticated):
        await golden_signal_series(world.context, world.shown(BANK), GoldenSignal.LATENCY)
    assert not world.requests


async def test_refusal_of_a_merged_question_names_nobody() -> None:
    world = World(SHOP, BANK)
    world.status = 422
    asked = [golden_signal_series(world.context, world.shown(one), GoldenSignal.ERROR_RATE) for one in (SHOP, BANK)]
    found = await asyncio.gather(*asked, return_exceptions=True)
    assert [type(one) for one in found] == [SourceUnavailable, SourceUnavailable]
    assert not any("secret" in str(one) for one in found)


async def test_refusal_of_ones_own_question_is_told() -> None:
    world = World(SHOP)
    world.status = 422
    with pytest.raises(SourceRefused):
        await golden_signal_series(world.context, world.shown(SHOP), GoldenSignal.ERROR_RATE)


@pytest.mark.parametrize("names", [HTTP_SERVER, SPAN_METRICS], ids=["http server", "span metrics"])
def test_every_expression_of_the_house_can_be_narrowed(names: object) -> None:
    world = World(SHOP)
    expressions = [
        golden_signal(signal, names, window_ns=90_500_000_000, by=("a", "b"))  # type: ignore[arg-type]
        for signal in GoldenSignal
    ]
    expressions += [service_figures(names, window_ns=60 * NS_PER_S, by=("a",)), service_edges(window_ns=60 * NS_PER_S)]  # type: ignore[arg-type]
    for promql in expressions:
        assert 'service_namespace="shop"' in world.source.narrow(promql, SHOP.scope).text


@pytest.mark.parametrize("step_s, window_s", [(1, 60), (15, 60), (60, 75), (3600, 3615)])
def test_window_of_a_rate_suits_the_step(step_s: int, window_s: int) -> None:
    assert rate_window_ns(step_s * NS_PER_S, HTTP_SERVER) == window_s * NS_PER_S
