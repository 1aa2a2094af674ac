"""Evaluates a metric query over a grid of instants."""

from __future__ import annotations

import re

from gateway.demo.simulators.loki.range_aggregations import aggregate_range
from gateway.demo.simulators.loki.regexes import compile_regex
from gateway.demo.simulators.loki.samples import MAX_SERIES, Key, Samples, too_many_series
from gateway.demo.simulators.loki.syntax import (
    BinaryOperation,
    ConstantVector,
    Grouping,
    LabelReplace,
    Literal,
    LogSelector,
    MetricExpr,
    RangeAggregation,
    VectorAggregation,
)
from gateway.demo.simulators.loki.vectors import (
    Vector,
    aggregate,
    combine_scalars,
    combine_vectors,
    combine_with_scalar,
)

_REFERENCE = re.compile(r"\$(?:\{(\w+)\}|(\w+))")
_SUMMABLE = ("count_over_time", "rate", "bytes_over_time", "bytes_rate", "sum_over_time")


def evaluate(samples: Samples, expression: MetricExpr, grid: range) -> Vector | float:
    """Shape: a vector with one point per instant of the grid (nanoseconds) and None for gaps, or one number.

    Raises: LokiRefusal for more than 500 series, marked lines, and vectors that do not match.
    """
    if isinstance(expression, Literal):
        return expression.value
    if isinstance(expression, ConstantVector):
        return {(): [expression.value] * len(grid)}
    if isinstance(expression, RangeAggregation):
        return _range(samples, expression, grid)
    if isinstance(expression, VectorAggregation):
        return _limited(_aggregation(samples, expression, grid))
    if isinstance(expression, LabelReplace):
        return _replace_label(expression, evaluate(samples, expression.over, grid))
    return _binary(samples, expression, grid)


def _range(samples: Samples, expression: RangeAggregation, grid: range, grouping: Grouping | None = None) -> Vector:
    over = expression.over
    start, end = grid[0] - over.offset_ns - over.interval_ns, grid[-1] - over.offset_ns + 1
    grouping = grouping or expression.grouping
    if expression.op == "absent_over_time":
        grouping = Grouping(without=False, labels=())
    columns = samples.collect(over.selector, expression.op, over.unwrap, grouping, start, end)
    found = aggregate_range(expression, columns, grid, samples.store.now_ns())
    return _absent(over.selector, found, len(grid)) if expression.op == "absent_over_time" else found


def _absent(selector: LogSelector, found: Vector, length: int) -> Vector:
    present = found.get((), [None] * length)
    points = [1.0 if point is None else None for point in present]
    labels: Key = tuple(sorted((matcher.name, matcher.value) for matcher in selector.matchers if matcher.op == "="))
    return {labels: list(points)} if any(points) else {}


def _aggregation(samples: Samples, expression: VectorAggregation, grid: range) -> Vector:
    """A sum hands its grouping down, so that lines are counted into its groups at once; nothing else does."""
    over = expression.over
    if expression.op == "sum" and isinstance(over, RangeAggregation) and over.op in _SUMMABLE and not over.grouping:
        grouping = expression.grouping or Grouping(without=False, labels=())
        return aggregate(expression, _range(samples, over, grid, grouping))
    inner = evaluate(samples, over, grid)
    return {} if isinstance(inner, float) else aggregate(expression, inner)


def _limited(vector: Vector) -> Vector:
    if len(vector) > MAX_SERIES:
        raise too_many_series()
    return vector


def _replace_label(expression: LabelReplace, vector: Vector | float) -> Vector | float:
    if isinstance(vector, float):
        return vector
    pattern = compile_regex(expression.regex)
    result: Vector = {}
    for key, points in vector.items():
        labels = dict(key)
        found = pattern.fullmatch(labels.get(expression.source, ""))
        if found is not None:
            labels[expression.target] = found.expand(_python_template(expression.replacement))
        result[tuple(sorted(pair for pair in labels.items() if pair[1]))] = points
    return result


def _python_template(replacement: str) -> str:
    return _REFERENCE.sub(lambda found: f"\\g<{found[1] or found[2]}>", replacement.replace("\\", r"\\"))


def _binary(samples: Samples, expression: BinaryOperation, grid: range) -> Vector | float:
    left, right = evaluate(samples, expression.left, grid), evaluate(samples, expression.right, grid)
    if isinstance(left, float):
        if isinstance(right, float):
            return combine_scalars(expression, left, right)
        return combine_with_scalar(expression, right, left, scalar_first=True)
    if isinstance(right, float):
        return combine_with_scalar(expression, left, right, scalar_first=False)
    return combine_vectors(expression, left, right)
