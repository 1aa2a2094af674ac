"""Series with given samples, and the evaluator over them."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.demo.simulators.prometheus.engine import Column, Evaluator, Notes
from gateway.demo.simulators.prometheus.promql import parse
from gateway.demo.simulators.prometheus.promql.types import type_of
from gateway.demo.simulators.prometheus.storage.given import ListStorage
from gateway.demo.simulators.prometheus.storage.protocol import Series

STEP_MS = 15_000


def series(labels: str, values: Sequence[float | None], *, start_ms: int = 0, step_ms: int = STEP_MS) -> Series:
    """`labels` as in "up job=a instance=b"; a value of None is a stale marker."""
    name, *pairs = labels.split()
    named = {"__name__": name, **dict(pair.split("=", 1) for pair in pairs)}
    return Series(named, [start_ms + place * step_ms for place in range(len(values))], list(values))


def evaluate(stored: Sequence[Series], query: str, at_s: float, *, notes: Notes | None = None) -> dict[str, float]:
    """Labels (as "a=b,c=d", in order) to value, at one instant."""
    evaluator = Evaluator(ListStorage(stored), [round(at_s * 1000)], notes=notes)
    node = parse(query)
    if type_of(node) == "scalar":
        return {"": evaluator.scalar(node)[0]}
    return {printed(column): column.values[0] for column in evaluator.vector(node) if column.values[0] is not None}


def evaluate_range(
    stored: Sequence[Series], query: str, start_s: int, end_s: int, step_s: int
) -> dict[str, list[float | None]]:
    grid = range(start_s * 1000, end_s * 1000 + 1, step_s * 1000)
    return {printed(column): column.values for column in Evaluator(ListStorage(stored), grid).vector(parse(query))}


def printed(column: Column) -> str:
    return ",".join(f"{name}={value}" for name, value in sorted(column.labels.items()))
