"""A storage that holds the samples it is given."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.demo.simulators.prometheus.promql.nodes import Matcher
from gateway.demo.simulators.prometheus.storage.protocol import Series, matching


class ListStorage:
    def __init__(self, series: Sequence[Series]) -> None:
        self._series = list(series)

    def select(self, matchers: tuple[Matcher, ...], start_ms: int, end_ms: int) -> list[Series]:
        return [series for series in self._series if matching(series.labels, matchers)]

    def labels(self, matchers: Sequence[tuple[Matcher, ...]], start_ms: int, end_ms: int) -> list[dict[str, str]]:
        return [
            series.labels
            for series in self._series
            if not matchers or any(matching(series.labels, each) for each in matchers)
        ]
