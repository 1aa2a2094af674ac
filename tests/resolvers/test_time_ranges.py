"""Ranges and steps become a grid, or an error that names the argument."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from datasources.exceptions import BadInput
from datasources.records.shared import Interval
from resolvers.context import Limits, RequestContext
from resolvers.time_ranges import TimeRange, resolve_range, with_step

S = 1_000_000_000
NOW = 1_800_000_007 * S
CONTEXT = cast(RequestContext, SimpleNamespace(now_ns=NOW, limits=Limits()))


def test_the_last_hour_ends_now() -> None:
    assert resolve_range(CONTEXT, TimeRange(last_ns=3600 * S)) == Interval(NOW - 3600 * S, NOW)


def test_an_open_end_is_now() -> None:
    assert resolve_range(CONTEXT, TimeRange(from_ns=NOW - S)) == Interval(NOW - S, NOW)


@pytest.mark.parametrize(
    ("asked", "argument"),
    [
        (TimeRange(), "range"),
        (TimeRange(last_ns=S, from_ns=0), "range"),
        (TimeRange(last_ns=S, to_ns=S), "range.to"),
        (TimeRange(last_ns=0), "range.last"),
        (TimeRange(from_ns=5, to_ns=5), "range.from"),
        (TimeRange(from_ns=NOW + 1), "range.from"),
        (TimeRange(last_ns=400 * 86400 * S), "range"),
    ],
)
def test_a_range_that_means_nothing_names_its_argument(asked: TimeRange, argument: str) -> None:
    with pytest.raises(BadInput) as refused:
        resolve_range(CONTEXT, asked)
    assert refused.value.argument == argument


def test_without_a_step_the_least_round_one_is_taken_that_keeps_within_the_points() -> None:
    found = with_step(CONTEXT, Interval(NOW - 3600 * S, NOW), max_points=120)
    assert found.step_ns == 30 * S
    assert found.start_ns % (30 * S) == found.end_ns % (30 * S) == 0


@pytest.mark.parametrize(
    ("given", "argument"),
    [
        ({"step_ns": 0}, "step"),
        ({"step_ns": 100}, "step"),
        ({"step_ns": S // 10}, "step"),
        ({"max_points": 0}, "maxPoints"),
        ({"max_points": 40_000}, "maxPoints"),
    ],
)
def test_a_grid_that_is_too_fine_names_its_argument(given: dict[str, Any], argument: str) -> None:
    with pytest.raises(BadInput) as refused:
        with_step(CONTEXT, Interval(NOW - 3600 * S, NOW), **given)
    assert refused.value.argument == argument
