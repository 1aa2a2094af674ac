"""Functions of two or more samples in a window: rate and its kin."""

from __future__ import annotations

import operator
from collections.abc import Callable

from gateway.demo.simulators.prometheus.engine.columns import RangeColumn, RangeVector, Values
from gateway.demo.simulators.prometheus.engine.windows import Window, WindowTable

RollingFunction = Callable[[RangeColumn, RangeVector, WindowTable], Values]


def rate(column: RangeColumn, vector: RangeVector, table: WindowTable) -> Values:
    seconds = vector.range_ms / 1000
    return [None if value is None else value / seconds for value in increase(column, vector, table)]


def increase(column: RangeColumn, vector: RangeVector, table: WindowTable) -> Values:
    """Drawn out to the window's ends, but not to before a counter's zero."""
    values, climbed = column.values, _without_resets(column.values)
    if not values or climbed[-1] == climbed[0]:
        return [None if window is None else 0.0 for window in table.windows(column.times)]
    result: Values = []
    for window in table.windows(column.times):
        if window is None:
            result.append(None)
            continue
        low, high, sampled, to_start, to_end = window
        grown = climbed[high - 1] - climbed[low]
        first = values[low]
        if grown > 0 and first >= 0:
            to_zero = sampled * (first / grown)
            if to_zero < to_start:
                to_start = to_zero
        result.append(grown * ((sampled + to_start + to_end) / sampled))
    return result


def delta(column: RangeColumn, vector: RangeVector, table: WindowTable) -> Values:
    values = column.values
    return [
        None if window is None else _drawn_out(values[window.high - 1] - values[window.low], window)
        for window in table.windows(column.times)
    ]


def _drawn_out(difference: float, window: Window) -> float:
    return difference * ((window.sampled_s + window.to_start_s + window.to_end_s) / window.sampled_s)


def _without_resets(values: list[float]) -> list[float]:
    """A counter as it would stand if it had never started again from nought."""
    if not any(map(operator.gt, values, values[1:])):
        return values
    lost, before, climbed = 0.0, 0.0, []
    for value in values:
        if value < before:
            lost += before
        before = value
        climbed.append(value + lost)
    return climbed


def irate(column: RangeColumn, vector: RangeVector, table: WindowTable) -> Values:
    return _between_last_two(column, table, is_rate=True)


def idelta(column: RangeColumn, vector: RangeVector, table: WindowTable) -> Values:
    return _between_last_two(column, table, is_rate=False)


def _between_last_two(column: RangeColumn, table: WindowTable, *, is_rate: bool) -> Values:
    result: Values = []
    for low, high in table.bounds(column.times):
        if high - low < 2:
            result.append(None)
            continue
        before, last = column.values[high - 2], column.values[high - 1]
        grown = last if is_rate and last < before else last - before
        result.append(grown / ((column.times[high - 1] - column.times[high - 2]) / 1000) if is_rate else grown)
    return result


def changes(column: RangeColumn, vector: RangeVector, table: WindowTable) -> Values:
    return _steps(column, table, lambda before, after: before != after and not (before != before and after != after))


def resets(column: RangeColumn, vector: RangeVector, table: WindowTable) -> Values:
    return _steps(column, table, lambda before, after: after < before)


def _steps(column: RangeColumn, table: WindowTable, counts: Callable[[float, float], bool]) -> Values:
    values = column.values
    return [
        float(sum(counts(values[place - 1], values[place]) for place in range(low + 1, high))) if high > low else None
        for low, high in table.bounds(column.times)
    ]


def deriv(column: RangeColumn, vector: RangeVector, table: WindowTable) -> Values:
    lines = (
        _regression(column, low, high, column.times[low]) if high - low > 1 else None
        for low, high in table.bounds(column.times)
    )
    return [None if line is None else line[0] for line in lines]


def predict(column: RangeColumn, vector: RangeVector, table: WindowTable, ahead: list[float]) -> Values:
    result: Values = []
    for (low, high), end, seconds in zip(table.bounds(column.times), vector.ends, ahead, strict=True):
        if high - low < 2:
            result.append(None)
        else:
            slope, intercept = _regression(column, low, high, end)
            result.append(slope * seconds + intercept)
    return result


def _regression(column: RangeColumn, low: int, high: int, origin: int) -> tuple[float, float]:
    """Slope per second and value at `origin` of the line through the samples."""
    times = [(time - origin) / 1000 for time in column.times[low:high]]
    values, count = column.values[low:high], high - low
    mean_time, mean_value = sum(times) / count, sum(values) / count
    covariance = sum((time - mean_time) * (value - mean_value) for time, value in zip(times, values, strict=True))
    variance = sum((time - mean_time) ** 2 for time in times)
    slope = covariance / variance
    return slope, mean_value - slope * mean_time


ROLLING: dict[str, RollingFunction] = {
    "rate": rate,
    "increase": increase,
    "delta": delta,
    "irate": irate,
    "idelta": idelta,
    "changes": changes,
    "resets": resets,
    "deriv": deriv,
}
