"""Brings a selector's samples onto the grid."""

from __future__ import annotations

from bisect import bisect_right
from typing import TYPE_CHECKING

from gateway.demo.simulators.prometheus.engine.columns import Column, RangeColumn, RangeVector
from gateway.demo.simulators.prometheus.engine.faults import ExecutionFault
from gateway.demo.simulators.prometheus.promql.nodes import Selector, Subquery
from gateway.demo.simulators.prometheus.storage.protocol import Series, TooManySamples

if TYPE_CHECKING:
    from gateway.demo.simulators.prometheus.engine.evaluator import Evaluator

DEFAULT_STEP_MS = 15_000
_MOST_INSTANTS = 200_000
_TOO_MANY = "query processing would load too many samples into memory in query execution"


class Reader:
    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def instants(self, node: Selector | Subquery) -> list[int]:
        """The grid as the modifiers move it."""
        start, end = self._evaluator.start_end
        if node.at is None:
            return [instant - node.offset_ms for instant in self._evaluator.instants]
        at = {"start": start, "end": end}.get(node.at, 0) if isinstance(node.at, str) else node.at
        return [at - node.offset_ms] * len(self._evaluator.instants)

    def instant(self, node: Selector) -> list[Column]:
        """Each series' newest sample that is not older than the lookback; none behind a stale marker."""
        return [
            Column(labels, [None if place < 0 else values[place] for place in places])
            for labels, _, values, places in self._placed(node)
        ]

    def sample_times(self, node: Selector) -> list[Column]:
        """The same, with the samples' own times for values. Units: seconds."""
        return [
            Column(labels, [None if place < 0 or values[place] is None else times[place] / 1000 for place in places])
            for labels, times, values, places in self._placed(node)
        ]

    def _placed(self, node: Selector) -> list[tuple[dict[str, str], list[int], list[float | None], list[int]]]:
        """(labels, times, values, index of the sample for each instant, or -1)."""
        ends, lookback = self.instants(node), self._evaluator.lookback_ms
        places: dict[int, list[int]] = {}
        found = []
        for series in self._select(node, min(ends) - lookback, max(ends)):
            if id(series.times) not in places:
                places[id(series.times)] = [_newest(series.times, end, lookback) for end in ends]
            indexes = places[id(series.times)]
            if any(place >= 0 and series.values[place] is not None for place in indexes):
                found.append((series.labels, series.times, series.values, indexes))
        return found

    def _select(self, node: Selector, start_ms: int, end_ms: int) -> list[Series]:
        try:
            return self._evaluator.storage.select(node.all_matchers, start_ms, end_ms)
        except TooManySamples as fault:
            raise ExecutionFault(_TOO_MANY) from fault

    def range(self, node: Selector) -> RangeVector:
        ends = self.instants(node)
        columns = []
        for series in self._select(node, min(ends) - node.range_ms, max(ends)):
            times, values = series.times, series.values
            if None in values:
                kept = [(time, value) for time, value in zip(times, values, strict=True) if value is not None]
                times, values = [time for time, _ in kept], [value for _, value in kept]
            columns.append(RangeColumn(series.labels, times, values))  # type: ignore[arg-type]
        return RangeVector(columns, ends, node.range_ms)

    def subquery(self, node: Subquery) -> RangeVector:
        """The inner expression on a grid of its own, aligned to its step."""
        ends, step = self.instants(node), node.step_ms or DEFAULT_STEP_MS
        first = (min(ends) - node.range_ms) // step * step + step
        if (max(ends) - first) // step > _MOST_INSTANTS:
            raise ExecutionFault(_TOO_MANY)
        grid = list(range(first, max(ends) + 1, step))
        if not grid:
            return RangeVector([], ends, node.range_ms)
        outer = self._evaluator
        inner = type(outer)(
            outer.storage, grid, notes=outer.notes, lookback_ms=outer.lookback_ms, deadline=outer.deadline
        )
        inner.start_end = outer.start_end
        columns = []
        for column in inner.vector(node.expression):
            kept = [(time, value) for time, value in zip(grid, column.values, strict=True) if value is not None]
            columns.append(RangeColumn(column.labels, [time for time, _ in kept], [value for _, value in kept]))
        return RangeVector(columns, ends, node.range_ms)


def _newest(times: list[int], end: int, lookback: int) -> int:
    place = bisect_right(times, end) - 1
    return place if place >= 0 and times[place] > end - lookback else -1
