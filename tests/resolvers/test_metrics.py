"""Any PromQL over an interval, exemplars, and the catalogue."""

from __future__ import annotations

import asyncio

import pytest

from datasources.exceptions import BadInput, NotFound
from datasources.records.metrics import GoldenSignal, RawSeries
from datasources.records.shared import NS_PER_S
from datasources.scope import Refused
from resolvers import exemplars, golden_signals, metrics, metrics_catalog
from resolvers.time_ranges import TimeRange
from tests.resolvers.metrics_world import NOW_S, World, project

SHOP, BANK = project("shop"), project("bank")


async def test_frame_is_aligned_and_asks_nothing() -> None:
    world = World(SHOP)
    shown = await metrics.metrics(world.context, SHOP, TimeRange(last_ns=3600 * NS_PER_S), 60 * NS_PER_S)
    assert (shown.interval.end_ns, shown.interval.step_ns) == (NOW_S * NS_PER_S, 60 * NS_PER_S)
    assert not world.requests


async def test_series_keep_their_labels_and_are_ordered_by_them() -> None:
    world = World(SHOP, answer=lambda promql: [({"__name__": "up", "job": job}, 1.0) for job in "ba"])
    found = await metrics.series(world.context, world.shown(SHOP), "up")
    assert [series.legend for series in found.series] == ["a", "b"]
    assert [(label.name, label.value) for label in found.series[0].labels] == [("__name__", "up"), ("job", "a")]
    assert (found.promql, found.truncated) == ("up", False)
    assert world.expressions == ['up{service_namespace="shop"}']


async def test_series_of_a_service_are_narrowed_to_it() -> None:
    world = World(SHOP)
    await metrics.series(world.context, world.shown(SHOP, "cart"), "up")
    assert world.expressions == ['up{service_namespace="shop",service_name="cart"}']


async def test_more_series_than_the_limit_are_told_of() -> None:
    world = World(SHOP, answer=lambda promql: [({"n": str(n)}, 1.0) for n in range(3)])
    found = await metrics.series(world.context, world.shown(SHOP), "up", limit=2)
    assert (len(found.series), found.truncated) == (2, True)


async def test_refusal_names_argument_and_place_every_time() -> None:
    world = World(SHOP)
    for _ in range(2):
        with pytest.raises(Refused) as caught:
            await metrics.series(world.context, world.shown(SHOP), "sum(up) ~ 1")
        assert caught.value.extensions == {"argument": "promql", "position": 8}
    assert not world.requests


@pytest.mark.parametrize(
    "rows, value", [([], None), ([({}, 4.0)], 4.0), ([({"a": "1"}, 4.0), ({"a": "2"}, 5.0)], None)]
)
async def test_value_is_one_number_or_none(rows: list[tuple[dict[str, str], float]], value: float | None) -> None:
    world = World(SHOP, answer=lambda promql: rows)
    assert await metrics.value(world.context, world.shown(SHOP), "sum(up)") == value


async def test_vector_keeps_the_sources_order() -> None:
    world = World(SHOP, answer=lambda promql: [({"a": name}, 1.0) for name in "ba"])
    found = await metrics.vector(world.context, world.shown(SHOP), "sort(up)")
    assert [sample.labels[0].value for sample in found] == ["b", "a"]
    assert found[0].at_ns == NOW_S * NS_PER_S


@pytest.mark.parametrize("limit", [0, -1, 1_001])
async def test_limits_are_bounded(limit: int) -> None:
    world = World(SHOP)
    for ask in (metrics.series, metrics.vector):
        with pytest.raises(BadInput):
            await ask(world.context, world.shown(SHOP), "up", limit=limit)


async def test_strangers_get_nothing() -> None:
    world = World(BANK)
    shown = world.shown(SHOP)
    for asked in (
        metrics.metrics(world.context, SHOP, TimeRange(last_ns=NS_PER_S)),
        metrics.series(world.context, shown, "up"),
        metrics.value(world.context, shown, "up"),
        metrics.vector(world.context, shown, "up"),
        metrics_catalog.catalog(world.context, shown),
        metrics_catalog.label_names(world.context, shown),
        metrics_catalog.label_values(world.context, shown, "job"),
    ):
        with pytest.raises(NotFound):
            await asked
    assert not world.requests


@pytest.mark.parametrize(
    "label_sets, template, legends",
    [
        ([{"a": "1"}], "{{a}}/{{ b }}!", ["1/!"]),
        ([{"__name__": "up", "a": "1"}], None, ["up"]),
        ([{}], None, ["value"]),
        ([{"a": "1", "b": "x"}, {"a": "2", "b": "x"}], None, ["1", "2"]),
        ([{"a": "1", "b": "x"}, {"a": "2", "b": "y"}], None, ["a=1, b=x", "a=2, b=y"]),
        ([{"a": "1"}, {}], None, ["1", "value"]),
    ],
)
def test_legend_tells_the_series_apart(
    label_sets: list[dict[str, str]], template: str | None, legends: list[str]
) -> None:
    assert metrics.legends([RawSeries(labels, [], []) for labels in label_sets], template) == legends


TRACE = "79f3509955e4a001"
EXEMPLARS = [
    {
        "seriesLabels": {"service_namespace": slug, "service_name": service, "le": "0.5"},
        "exemplars": [
            {"labels": {"trace_id": TRACE, "span_id": "1"}, "value": "0.4", "timestamp": NOW_S - n},
            {"labels": {"trace_id": "no hex"}, "value": "0.3", "timestamp": NOW_S - 10 - n},
        ],
    }
    for n, (slug, service) in enumerate([("shop", "cart"), ("shop", "payment"), ("bank", "ledger")])
]


async def test_exemplars_are_the_newest_of_the_series_with_padded_trace_ids() -> None:
    world = World(SHOP, answer=lambda promql: [({"service_name": "payment"}, 1.0)])
    world.fixed["/api/v1/query_exemplars"] = EXEMPLARS
    shown = await golden_signals.golden_signal_series(
        world.context, world.shown(SHOP), GoldenSignal.LATENCY, by=["service_name"]
    )
    newest, older = await exemplars.exemplars(world.context, shown.series[0])
    assert (newest.trace_id, newest.value, newest.at_ns) == (TRACE.zfill(32), 0.4, (NOW_S - 1) * NS_PER_S)
    assert older.trace_id is None
    assert await exemplars.exemplars(world.context, shown.series[0], first=1) == [newest]


@pytest.mark.parametrize("count", [1, 10])
async def test_exemplars_of_many_series_and_projects_cost_one_request(count: int) -> None:
    projects = [project(f"p{n}", number=n) for n in range(count)]
    world = World(*projects, answer=lambda promql: [({"service_namespace": p.slug, "a": "1"}, 1.0) for p in projects])
    world.fixed["/api/v1/query_exemplars"] = EXEMPLARS
    shown = await asyncio.gather(*(metrics.series(world.context, world.shown(one), "x_bucket") for one in projects))
    before = len(world.requests)
    await asyncio.gather(*(exemplars.exemplars(world.context, one) for found in shown for one in found.series))
    assert len(world.requests) - before == 1


async def test_merged_exemplars_go_to_their_own_project_only() -> None:
    world = World(SHOP, BANK, answer=lambda promql: [({}, 1.0)])
    world.fixed["/api/v1/query_exemplars"] = EXEMPLARS
    shown = [await metrics.series(world.context, world.shown(one), "sum(x_bucket)") for one in (SHOP, BANK)]
    shop, bank = await asyncio.gather(*(exemplars.exemplars(world.context, one.series[0]) for one in shown))
    assert (len(shop), len(bank)) == (4, 2)


NAMES = ["b_total", "go_goroutines", "http_server_request_duration_seconds_bucket", "up"]


def catalogue() -> World:
    world = World(SHOP)
    world.fixed["/api/v1/label/__name__/values"] = NAMES
    world.fixed["/api/v1/metadata"] = {
        "go_goroutines": [{"type": "gauge", "help": "Number of goroutines.", "unit": ""}],
        "http_server_request_duration_seconds": [{"type": "histogram", "help": "Durations.", "unit": "seconds"}],
        "bank_secret": [{"type": "gauge", "help": "secret", "unit": ""}],
    }
    return world


async def test_catalogue_pages_by_name_with_two_requests() -> None:
    world = catalogue()
    found, after = [], None
    for _ in range(2):
        page = await metrics_catalog.catalog(world.context, world.shown(SHOP), first=2, after=after)
        found += page.nodes
        after = page.page_info.end_cursor
    assert [one.name for one in found] == NAMES
    assert [one.kind for one in found] == ["counter", "gauge", "histogram", "unknown"]
    assert (page.has_next_page, page.total_count) == (False, 4)
    assert len(world.requests) == 2


@pytest.mark.parametrize("search, names", [("GO_", ["go_goroutines"]), ("durations.", NAMES[2:3]), ("secret", [])])
async def test_catalogue_is_searched_by_name_and_help(search: str, names: list[str]) -> None:
    world = catalogue()
    page = await metrics_catalog.catalog(world.context, world.shown(SHOP), search)
    assert [one.name for one in page.nodes] == names


@pytest.mark.parametrize("arguments", [{"first": 0}, {"first": 10_000}, {"after": "é"}, {"after": "gA"}])
async def test_catalogue_names_bad_arguments(arguments: dict[str, object]) -> None:
    with pytest.raises(BadInput):
        await metrics_catalog.catalog(catalogue().context, catalogue().shown(SHOP), **arguments)  # type: ignore[arg-type]


async def test_labels_are_asked_within_the_scope_and_the_metric() -> None:
    world = World(SHOP)
    world.fixed["/api/v1/labels"] = ["job", "le"]
    world.fixed["/api/v1/label/job/values"] = ["shop/cart", "shop/Payment"]
    assert await metrics_catalog.label_names(world.context, world.shown(SHOP), "up") == ["job", "le"]
    assert b"match%5B%5D=%7Bservice_namespace%3D%22shop%22%2C__name__%3D%22up%22%7D" in world.requests[0].content
    values = await metrics_catalog.label_values(world.context, world.shown(SHOP), "job", search="PAY")
    assert values == ["shop/Payment"]
    assert world.requests[1].url.params["match[]"] == '{service_namespace="shop"}'


@pytest.mark.parametrize("label", ["", "a\nb", "x" * 501])
async def test_label_that_cannot_be_is_refused(label: str) -> None:
    world = World(SHOP)
    with pytest.raises(BadInput):
        await metrics_catalog.label_values(world.context, world.shown(SHOP), label)
