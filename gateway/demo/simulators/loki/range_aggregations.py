"""rate, count_over_time and their like: the samples in (T - range, T] become one number per instant T."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Sequence
from functools import partial

from gateway.demo.simulators.loki.samples import Column, Columns, Key
from gateway.demo.simulators.loki.store import SECOND_NS
from gateway.demo.simulators.loki.syntax import RangeAggregation

Values = Sequence[float]


def mean(values: Values) -> float:
    """Raises: ZeroDivisionError for none."""
    return math.fsum(values) / len(values)


def variance(values: Values) -> float:
    """Of the whole population."""
    middle = mean(values)
    return math.fsum((value - middle) ** 2 for value in values) / len(values)


def _deviation(values: Values) -> float:
    return math.sqrt(variance(values))


def quantile(share: float, values: Values) -> float:
    """The value below which that share of the values lies, between neighbours by proportion."""
    if share < 0 or share > 1:
        return -math.inf if share < 0 else math.inf
    ordered = sorted(values)
    rank = share * (len(ordered) - 1)
    lower = math.floor(rank)
    upper = min(lower + 1, len(ordered) - 1)
    weight = rank - lower
    return ordered[lower] * (1 - weight) + ordered[upper] * weight


def _increase(values: Values) -> float:
    """What a counter gained, resets counted as starts from nought."""
    gained, last = 0.0, values[0]
    for value in values[1:]:
        gained += value - last if value >= last else value
        last = value
    return gained


_OVER_VALUES: dict[str, Callable[[Values], float]] = {
    "bytes_over_time": math.fsum,
    "sum_over_time": math.fsum,
    "avg_over_time": mean,
    "min_over_time": min,
    "max_over_time": max,
    "stdvar_over_time": variance,
    "stddev_over_time": _deviation,
    "first_over_time": lambda values: values[0],
    "last_over_time": lambda values: values[-1],
}


def aggregate_range(
    expression: RangeAggregation, columns: Columns, grid: range, now_ns: int
) -> dict[Key, list[float | None]]:
    """Shape: one value per instant of the grid and series; None where no sample lies in the window."""
    over = expression.over
    reduce = _reduction(expression)
    counts = expression.over.unwrap is None and expression.op in {"count_over_time", "rate", "absent_over_time"}
    result: dict[Key, list[float | None]] = {}
    for key, column in columns.items():
        values = _windows(column, grid, over.interval_ns, over.offset_ns, now_ns, None if counts else reduce)
        if counts and expression.op == "rate":
            seconds = over.interval_ns / SECOND_NS
            values = [None if value is None else value / seconds for value in values]
        if any(value is not None for value in values):
            result[key] = values
    return result


def _windows(
    column: Column, grid: range, interval_ns: int, offset_ns: int, now_ns: int, reduce: Callable[[Values], float] | None
) -> list[float | None]:
    timestamps, values = column.timestamps, column.values
    found: list[float | None] = []
    for instant in grid:
        end = instant - offset_ns
        low, high = bisect_right(timestamps, end - interval_ns), bisect_right(timestamps, min(end, now_ns))
        if low >= high:
            found.append(None)
        else:
            found.append(float(high - low) if reduce is None else reduce(values[low:high]))
    return found


def _reduction(expression: RangeAggregation) -> Callable[[Values], float]:
    op, seconds = expression.op, expression.over.interval_ns / SECOND_NS
    if op in {"rate", "bytes_rate"}:
        return lambda values: math.fsum(values) / seconds
    if op == "rate_counter":
        return lambda values: _increase(values) / seconds
    if op == "quantile_over_time":
        return partial(quantile, expression.parameter or 0.0)
    return _OVER_VALUES.get(op, lambda values: float(len(values)))
