"""Vectors over a grid of instants: aggregation over series, and arithmetic between vectors and numbers."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterable
from typing import TypeAlias

from gateway.demo.simulators.loki.range_aggregations import mean, variance
from gateway.demo.simulators.loki.refusals import LokiRefusal
from gateway.demo.simulators.loki.samples import Key
from gateway.demo.simulators.loki.syntax import BinaryOperation, Grouping, VectorAggregation, VectorMatching

Points: TypeAlias = list[float | None]
Vector: TypeAlias = dict[Key, Points]

_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    "==": operator.eq,
    "!=": operator.ne,
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
}


def regroup(key: Key, grouping: Grouping | None) -> Key:
    """The labels that a series keeps in an aggregation."""
    if grouping is None:
        return ()
    return tuple(pair for pair in key if (pair[0] in grouping.labels) is not grouping.without)


def aggregate(expression: VectorAggregation, vector: Vector) -> Vector:
    """Shape: one series per group, or for topk and bottomk the series that are among the k, with gaps."""
    groups: dict[Key, list[Key]] = {}
    for key in vector:
        groups.setdefault(regroup(key, expression.grouping), []).append(key)
    if expression.op in {"topk", "bottomk"}:
        return _ranked(expression, vector, groups.values())
    if expression.op in {"sort", "sort_desc"}:
        return vector
    reduce = _REDUCTIONS[expression.op]
    result: Vector = {}
    for group, keys in groups.items():
        columns = zip(*(vector[key] for key in keys), strict=True)
        result[group] = [
            reduce(values) if (values := [v for v in column if v is not None]) else None for column in columns
        ]
    return result


_REDUCTIONS: dict[str, Callable[[list[float]], float]] = {
    "sum": math.fsum,
    "avg": mean,
    "min": min,
    "max": max,
    "count": lambda values: float(len(values)),
    "stdvar": variance,
    "stddev": lambda values: math.sqrt(variance(values)),
}


def _ranked(expression: VectorAggregation, vector: Vector, groups: Iterable[list[Key]]) -> Vector:
    count, largest = expression.parameter or 0, expression.op == "topk"
    length = max((len(points) for points in vector.values()), default=0)
    result: Vector = {}
    for keys in groups:
        for position in range(length):
            present = [(value, key) for key in keys if (value := vector[key][position]) is not None]
            present.sort(key=lambda item: item[0], reverse=largest)
            for value, key in present[:count]:
                result.setdefault(key, [None] * length)[position] = value
    return result


def apply(op: str, left: float, right: float) -> float:
    """Arithmetic as IEEE has it: nothing raises."""
    try:
        if op == "^":
            return float(left**right) if left >= 0 or right == int(right) else math.nan
        if op == "%":
            return math.fmod(left, right)
        if op == "/":
            return left / right
    except ZeroDivisionError:
        return math.nan
    except (OverflowError, ValueError):
        return math.inf if op == "^" else math.nan
    return left + right if op == "+" else left - right if op == "-" else left * right


def _point(
    expression: BinaryOperation, left: float | None, right: float | None, *, scalars: bool = False
) -> float | None:
    if left is None or right is None:
        return None
    test = _COMPARISONS.get(expression.op)
    if test is None:
        return apply(expression.op, left, right)
    holds = test(left, right)
    if expression.returns_bool or scalars:
        return float(holds)
    return left if holds else None


def combine_scalars(expression: BinaryOperation, left: float, right: float) -> float:
    """A number out of two."""
    value = _point(expression, left, right, scalars=True)
    return math.nan if value is None else value


def combine_with_scalar(expression: BinaryOperation, vector: Vector, scalar: float, *, scalar_first: bool) -> Vector:
    """A comparison keeps the vector's value, wherever the number stands."""
    keeps = expression.op in _COMPARISONS and not expression.returns_bool
    result: Vector = {}
    for key, points in vector.items():
        found = [
            _point(expression, scalar, point) if scalar_first else _point(expression, point, scalar) for point in points
        ]
        if keeps and scalar_first:
            found = [point if kept is not None else None for point, kept in zip(points, found, strict=True)]
        result[key] = found
    return _without_empty(result)


def combine_vectors(expression: BinaryOperation, left: Vector, right: Vector) -> Vector:
    """Raises: LokiRefusal where a series has two partners on a side that may have one."""
    matching = expression.matching
    if expression.op in {"and", "or", "unless"}:
        return _without_empty(_combine_sets(expression, left, right))
    flipped = matching.many == "right"
    many, one = (right, left) if flipped else (left, right)
    partners: dict[Key, Key] = {}
    for key in one:
        if partners.setdefault(_signature(key, matching), key) != key:
            raise _duplicates("left" if flipped else "right")
    result: Vector = {}
    for key, points in many.items():
        partner = partners.get(_signature(key, matching))
        if partner is None:
            continue
        target = _result_key(key, partner, matching)
        if target in result:
            raise _duplicates("left")
        pairs = zip(points, one[partner], strict=True)
        result[target] = [_point(expression, b, a) if flipped else _point(expression, a, b) for a, b in pairs]
    return _without_empty(result)


def _signature(key: Key, matching: VectorMatching) -> Key:
    return tuple(pair for pair in key if (pair[0] in matching.labels) is matching.on)


def _result_key(key: Key, partner: Key, matching: VectorMatching) -> Key:
    if not matching.many:
        return _signature(key, matching)
    return tuple(sorted((dict(key) | {name: value for name, value in partner if name in matching.include}).items()))


def _combine_sets(expression: BinaryOperation, left: Vector, right: Vector) -> Vector:
    """Per instant: `and` keeps what both sides have, `unless` what only the left has, `or` adds what only the right has."""
    matching = expression.matching
    there: dict[Key, list[bool]] = {}
    for key, points in (left if expression.op == "or" else right).items():
        seen = there.setdefault(_signature(key, matching), [False] * len(points))
        for position, point in enumerate(points):
            seen[position] = seen[position] or point is not None
    wanted = expression.op == "and"
    source = right if expression.op == "or" else left
    kept: Vector = {}
    for key, points in source.items():
        seen = there.get(_signature(key, matching), [False] * len(points))
        kept[key] = [point if flag is wanted else None for point, flag in zip(points, seen, strict=True)]
    return _merged(left, kept) if expression.op == "or" else kept


def _merged(left: Vector, added: Vector) -> Vector:
    result = dict(left)
    for key, points in added.items():
        base = result.get(key)
        result[key] = points if base is None else [a if a is not None else b for a, b in zip(base, points, strict=True)]
    return result


def _without_empty(vector: Vector) -> Vector:
    return {key: points for key, points in vector.items() if any(point is not None for point in points)}


def _duplicates(side: str) -> LokiRefusal:
    text = "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)"
    return LokiRefusal(text if side == "left" else f"found duplicate series on the {side} hand-side;{text}", 500)
