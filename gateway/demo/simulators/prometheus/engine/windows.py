"""Which samples of a series lie in the window before each instant."""

from __future__ import annotations

from bisect import bisect_right
from typing import NamedTuple

from gateway.demo.simulators.prometheus.engine.columns import RangeVector


class Window(NamedTuple):
    """Samples [low, high) of a series. Units: seconds."""

    low: int
    high: int
    sampled_s: float
    """From the first sample to the last."""
    to_start_s: float
    """How far back before the first sample a rate may be drawn out."""
    to_end_s: float


class WindowTable:
    """The windows of a range vector; series that share their times share the work."""

    def __init__(self, vector: RangeVector) -> None:
        self._vector = vector
        self._bounds: dict[int, list[tuple[int, int]]] = {}
        self._windows: dict[int, list[Window | None]] = {}

    def bounds(self, times: list[int]) -> list[tuple[int, int]]:
        """Shape: one (low, high) per instant; left open, right closed, as since Prometheus 3."""
        found = self._bounds.get(id(times))
        if found is None:
            width = self._vector.range_ms
            found = [(bisect_right(times, end - width), bisect_right(times, end)) for end in self._vector.ends]
            self._bounds[id(times)] = found
        return found

    def windows(self, times: list[int]) -> list[Window | None]:
        """Shape: one per instant, None where there are fewer than two samples."""
        found = self._windows.get(id(times))
        if found is None:
            found = [
                self._window(times, low, high, end) if high - low > 1 else None
                for (low, high), end in zip(self.bounds(times), self._vector.ends, strict=True)
            ]
            self._windows[id(times)] = found
        return found

    def _window(self, times: list[int], low: int, high: int, end: int) -> Window:
        """Source: promql/functions.go, extrapolatedRate."""
        first, last = times[low], times[high - 1]
        sampled = (last - first) / 1000
        average = sampled / (high - low - 1)
        to_start, to_end = (first - (end - self._vector.range_ms)) / 1000, (end - last) / 1000
        threshold = average * 1.1
        return Window(
            low,
            high,
            sampled,
            average / 2 if to_start >= threshold else to_start,
            average / 2 if to_end >= threshold else to_end,
        )
