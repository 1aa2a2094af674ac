from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from gateway.demo.simulators.tempo.aggregation import Series
from gateway.demo.simulators.tempo.grid import Grid, instant_grid, range_grid
from gateway.demo.simulators.tempo.history import spread_positions
from gateway.demo.simulators.tempo.parameters import default_step
from gateway.demo.simulators.tempo.samples import accumulator, bucket_of, quantile
from gateway.demo.simulators.tempo.stages import apply_stages, combine
from gateway.demo.simulators.tempo.traceql.attributes import Attribute
from gateway.demo.simulators.tempo.traceql.nodes import ComparisonStage, MetricsAggregate, RankStage

S = 1_000_000_000
DURATION = Attribute("duration", intrinsic=True)


def points(grid: Grid) -> list[int]:
    return [grid.timestamp_ms(position) // 1000 for position in range(grid.count)]


def test_range_is_aligned_to_the_step_with_one_more_in_front() -> None:
    assert points(range_grid(1005 * S, 1235 * S, 60 * S, 9999 * S)) == [960, 1020, 1080, 1140, 1200, 1260]


def test_range_ends_before_the_step_that_is_not_searchable_yet() -> None:
    assert points(range_grid(1000 * S, 1235 * S, 60 * S, 1265 * S)) == [960, 1020, 1080, 1140, 1200]


def test_point_covers_the_step_before_it_with_its_end() -> None:
    grid = Grid(100 * S, 10 * S, 3)
    assert [grid.position(at) for at in (100 * S, 100 * S + 1, 110 * S, 110 * S + 1, 130 * S, 130 * S + 1)] == [
        -1, 0, 0, 1, 2, -1,
    ]  # fmt: skip


def test_instant_query_covers_both_ends() -> None:
    grid = instant_grid(100 * S, 200 * S)
    assert [grid.position(at * S) for at in (99, 100, 150, 200, 201)] == [-1, 0, 0, 0, -1]


@pytest.mark.parametrize(
    ("range_s", "step_s"), [(300, 1), (900, 3), (3600, 15), (21_600, 60), (86_400, 300), (30, 0.1), (5, 0.05)]
)
def test_default_step_is_a_round_one_that_gives_about_240_points(range_s: int, step_s: float) -> None:
    assert default_step(range_s * S) == step_s * S


def results(function: str, quantiles: tuple[float, ...] = ()) -> list[tuple[object, list[float | None]]]:
    attribute = None if function in ("rate", "count_over_time") else DURATION
    steps = accumulator(MetricsAggregate(function, attribute, quantiles), 3, 10 * S)
    steps.add(0, (0.002, 0.004), 2)
    steps.add(2, (0.001,), 1)
    return list(steps.results())


@pytest.mark.parametrize(
    ("function", "samples"),
    [
        ("rate", [0.4, 0, 0.1]),
        ("count_over_time", [4, 0, 1]),
        ("min_over_time", [0.002, None, 0.001]),
        ("max_over_time", [0.004, None, 0.001]),
        ("sum_over_time", [0.012, None, 0.001]),
        ("avg_over_time", [0.003, None, 0.001]),
    ],
)
def test_steps_without_spans_are_nought_for_counts_and_nothing_for_values(
    function: str, samples: list[float | None]
) -> None:
    assert results(function) == [((), pytest.approx(samples))]


def test_histogram_has_a_series_per_power_of_two() -> None:
    assert results("histogram_over_time") == [
        ((("__bucket", 0.001048576),), [0, 0, 1]),
        ((("__bucket", 0.002097152),), [2, 0, 0]),
        ((("__bucket", 0.004194304),), [2, 0, 0]),
    ]


def test_quantile_has_a_series_per_share() -> None:
    assert results("quantile_over_time", (0.5, 1.0)) == [
        ((("p", 0.5),), [0.002097152, None, 0.001048576]),
        ((("p", 1.0),), [0.004194304, None, 0.001048576]),
    ]


def test_quantile_interpolates_within_a_bucket() -> None:
    assert quantile(0.5, Counter({4.0: 1, 8.0: 4})) == pytest.approx(4 * 2**0.5)
    assert quantile(0.01, Counter({8.0: 10})) == pytest.approx(4 * 2**0.1)


@pytest.mark.parametrize(("value", "bucket"), [(0.0, -1), (1.0, -1), (2.0, 2), (3.0, 4), (4.0, 4), (4.4, 4), (5.0, 8)])
def test_bucket_is_the_next_power_of_two(value: float, bucket: float) -> None:
    assert bucket_of(value, 1.0) == bucket


def test_topk_ranks_every_step_anew() -> None:
    series = [
        Series((("name", name),), list(samples)) for name, samples in (("a", [3, 1]), ("b", [2, 2]), ("c", [1, 0]))
    ]
    ranked = apply_stages(series, (RankStage("topk", 1),))
    assert [(one.labels[0][1], one.samples) for one in ranked] == [("a", [3, None]), ("b", [None, 2])]


def test_bottomk_keeps_the_least_and_comparisons_drop_samples() -> None:
    series = [Series((("name", name),), list(samples)) for name, samples in (("a", [3, 1]), ("b", [2, 2]))]
    assert [one.samples for one in apply_stages(series, (RankStage("bottomk", 1),))] == [[None, 1], [2, None]]
    assert [one.samples for one in apply_stages(series, (ComparisonStage("<", 2),))] == [[None, 1]]


def test_arithmetic_joins_series_of_the_same_labels() -> None:
    left = [Series((("name", "a"),), [1.0, 4.0]), Series((("name", "b"),), [1.0, 1.0])]
    right = [Series((("name", "a"),), [0.0, 2.0])]
    assert combine("/", left, right) == [Series((("name", "a"),), [None, 2.0])]
    assert combine("*", 100.0, right) == [Series((("name", "a"),), [0.0, 200.0])]


@pytest.mark.parametrize("count", [0, 1, 2, 5, 100])
def test_spread_visits_every_position_once(count: int) -> None:
    assert sorted(spread_positions(count, 3)) == list(range(count))


def test_spread_begins_all_over_the_range() -> None:
    first = sorted(place for place, _ in zip(spread_positions(1000, 1), range(10), strict=False))
    assert all(later - earlier < 200 for earlier, later in pairwise(first))
