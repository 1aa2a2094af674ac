"""The steps of a metrics query: which of them an instant falls into."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.demo.simulators.tempo.history import CUTOFF_NS


@dataclass(frozen=True)
class Grid:
    """Points at start + step, start + 2 step, ..., each over the step before it: (T - step, T]. Units: nanoseconds."""

    start_ns: int
    step_ns: int
    count: int
    instant: bool = False

    @property
    def end_ns(self) -> int:
        return self.start_ns + self.count * self.step_ns

    def position(self, at_ns: int) -> int:
        """-1 outside the grid. An instant query takes both ends."""
        if self.instant:
            return 0 if self.start_ns <= at_ns <= self.end_ns else -1
        position = -((self.start_ns - at_ns) // self.step_ns) - 1
        return position if 0 <= position < self.count else -1

    def timestamp_ms(self, position: int) -> int:
        return (self.start_ns + (position + 1) * self.step_ns) // 1_000_000


def range_grid(start_ns: int, end_ns: int, step_ns: int, now_ns: int) -> Grid:
    """Aligned to the step, with one more in front, and without the last one as long as it is not over."""
    first = start_ns - start_ns % step_ns
    last = -(-end_ns // step_ns) * step_ns
    latest = now_ns - CUTOFF_NS
    if last > latest:
        last = latest - latest % step_ns
    first -= step_ns
    return Grid(first, step_ns, max((last - first) // step_ns, 0))


def instant_grid(start_ns: int, end_ns: int) -> Grid:
    return Grid(start_ns, end_ns - start_ns, 1, instant=True)
