"""What may follow a metrics aggregate: ranks, comparisons, and arithmetic between two results."""

from __future__ import annotations

import math
import operator as python
from collections.abc import Callable, Sequence

from gateway.demo.simulators.tempo.aggregation import Labels, Series
from gateway.demo.simulators.tempo.traceql.nodes import ComparisonStage, RankStage, SecondStage
from gateway.demo.simulators.tempo.traceql.values import plain, type_of

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "=": python.eq,
    "!=": python.ne,
    "<": python.lt,
    "<=": python.le,
    ">": python.gt,
    ">=": python.ge,
}


def apply_stages(series: list[Series], stages: Sequence[SecondStage]) -> list[Series]:
    """Series that keep no sample are dropped."""
    for stage in stages:
        if isinstance(stage, RankStage):
            _rank(series, stage)
        else:
            _compare(series, stage)
        series = [one for one in series if any(sample is not None for sample in one.samples)]
    return series


def _rank(series: list[Series], stage: RankStage) -> None:
    """Step by step: a series may be among the first now and not then."""
    sign = -1 if stage.function == "topk" else 1
    for position in range(len(series[0].samples) if series else 0):
        present = [one for one in series if one.samples[position] is not None]
        present.sort(key=lambda one: sign * (one.samples[position] or 0.0))
        for one in present[stage.count :]:
            one.samples[position] = None


def _compare(series: list[Series], stage: ComparisonStage) -> None:
    holds = _COMPARE[stage.operator]
    for one in series:
        one.samples = [
            sample if sample is not None and holds(sample, stage.threshold) else None for sample in one.samples
        ]


def combine(operator: str, left: list[Series] | float, right: list[Series] | float) -> list[Series]:
    """Series with the same labels; those of one side only are dropped."""
    if isinstance(left, float) or isinstance(right, float):
        return _with_number(operator, left, right)
    partners = {_key(one.labels): one for one in right}
    found = []
    for one in left:
        other = partners.get(_key(one.labels))
        if other is not None:
            pairs = zip(one.samples, other.samples, strict=True)
            labels = _named(one.labels, operator, other.labels)
            found.append(Series(labels, [_calculate(operator, *pair) for pair in pairs]))
    return found


def _with_number(operator: str, left: list[Series] | float, right: list[Series] | float) -> list[Series]:
    if isinstance(left, float):
        assert not isinstance(right, float)
        return [Series(one.labels, [_calculate(operator, left, sample) for sample in one.samples]) for one in right]
    assert isinstance(right, float)
    return [Series(one.labels, [_calculate(operator, sample, right) for sample in one.samples]) for one in left]


def _calculate(operator: str, left: float | None, right: float | None) -> float | None:
    """A sample that is no number is left out."""
    if left is None or right is None:
        return None
    match operator:
        case "+":
            result = left + right
        case "-":
            result = left - right
        case "*":
            result = left * right
        case _:
            result = left / right if right else math.nan
    return result if math.isfinite(result) else None


def _key(labels: Labels) -> tuple[tuple[str, str], ...]:
    return tuple(sorted((name, f"{type_of(value)}:{plain(value)}") for name, value in labels if name != "__name__"))


def _named(left: Labels, operator: str, right: Labels) -> Labels:
    if left and right and left[0][0] == right[0][0] == "__name__":
        return (("__name__", f"({left[0][1]} {operator} {right[0][1]})"),)
    return left
