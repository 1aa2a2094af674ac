"""Functions of a list of values that aggregations and *_over_time share."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

Reducer = Callable[[Sequence[float]], float]


def total(values: Sequence[float]) -> float:
    result = sum(values)
    return result if math.isfinite(result) else _careful_total(values)


def _careful_total(values: Sequence[float]) -> float:
    try:
        return math.fsum(values)
    except (ValueError, OverflowError):
        return sum(values)


def mean(values: Sequence[float]) -> float:
    return sum(values) / len(values)


def smallest(values: Sequence[float]) -> float:
    """NaN only if there is nothing else."""
    return min((value for value in values if value == value), default=math.nan)


def largest(values: Sequence[float]) -> float:
    return max((value for value in values if value == value), default=math.nan)


def variance(values: Sequence[float]) -> float:
    middle = mean(values)
    return sum((value - middle) ** 2 for value in values) / len(values)


def deviation(values: Sequence[float]) -> float:
    return math.sqrt(variance(values))


def quantile(share: float, values: Sequence[float]) -> float:
    """Between the two nearest ranks. Source: promql/quantile.go."""
    if not values or share != share:
        return math.nan
    if share < 0:
        return -math.inf
    if share > 1:
        return math.inf
    ordered = sorted(values, key=lambda value: (value == value, value))
    rank = share * (len(ordered) - 1)
    lower = max(0, math.floor(rank))
    upper, weight = min(len(ordered) - 1, lower + 1), rank - math.floor(rank)
    return ordered[lower] * (1 - weight) + ordered[upper] * weight


REDUCERS: dict[str, Reducer] = {
    "sum": total,
    "avg": mean,
    "min": smallest,
    "max": largest,
    "count": lambda values: float(len(values)),
    "group": lambda values: 1.0,
    "stddev": deviation,
    "stdvar": variance,
}
OVER_TIME: dict[str, Reducer] = {
    **{f"{name}_over_time": REDUCERS[name] for name in ("sum", "avg", "min", "max", "count", "stddev", "stdvar")},
    "last_over_time": lambda values: values[-1],
    "first_over_time": lambda values: values[0],
    "present_over_time": lambda values: 1.0,
}
KEEP_NAME = frozenset({"last_over_time", "first_over_time"})
