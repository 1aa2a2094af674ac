"""How spans become samples: what each metrics function remembers of a step, and what it says of it at the end."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from gateway.demo.simulators.tempo.traceql.nodes import MetricsAggregate
from gateway.demo.simulators.tempo.traceql.values import Duration, Value

Label = tuple[str, Value]


class Accumulator(Protocol):
    """One group's samples. Implementations: Counts, Extremes, Buckets. A `None` at the end is a sample left out."""

    def add(self, position: int, values: Sequence[float], times: int) -> None: ...

    def results(self) -> Iterator[tuple[tuple[Label, ...], list[float | None]]]: ...


class Counts:
    """rate and count_over_time: nought where nothing happened."""

    def __init__(self, count: int, factor: float) -> None:
        self._counts = [0] * count
        self._factor = factor

    def add(self, position: int, values: Sequence[float], times: int) -> None:
        self._counts[position] += len(values) * times

    def results(self) -> Iterator[tuple[tuple[Label, ...], list[float | None]]]:
        yield (), [count * self._factor for count in self._counts]


@dataclass(slots=True)
class _Step:
    number: int = 0
    total: float = 0.0
    least: float = math.inf
    most: float = -math.inf


class Extremes:
    """min, max, avg and sum over time: nothing where nothing happened."""

    def __init__(self, count: int, function: str) -> None:
        self._steps = [_Step() for _ in range(count)]
        self._read = _READ[function]

    def add(self, position: int, values: Sequence[float], times: int) -> None:
        if not values:
            return
        step = self._steps[position]
        step.number += len(values) * times
        step.total += sum(values) * times
        step.least, step.most = min(step.least, *values), max(step.most, *values)

    def results(self) -> Iterator[tuple[tuple[Label, ...], list[float | None]]]:
        yield (), [self._read(step) if step.number else None for step in self._steps]


_READ: dict[str, Callable[[_Step], float]] = {
    "min_over_time": lambda step: step.least,
    "max_over_time": lambda step: step.most,
    "sum_over_time": lambda step: step.total,
    "avg_over_time": lambda step: step.total / step.number,
}


class Buckets:
    """histogram_over_time, and quantile_over_time read off it: buckets of powers of two."""

    def __init__(self, count: int, scale: float, quantiles: Sequence[float]) -> None:
        self._steps: list[Counter[float]] = [Counter() for _ in range(count)]
        self._scale = scale
        self._quantiles = quantiles

    def add(self, position: int, values: Sequence[float], times: int) -> None:
        step = self._steps[position]
        for value in values:
            bucket = bucket_of(value, self._scale)
            if bucket > 0:
                step[bucket] += times

    def results(self) -> Iterator[tuple[tuple[Label, ...], list[float | None]]]:
        if self._quantiles:
            for share in self._quantiles:
                yield (("p", share),), [quantile(share, step) if step else None for step in self._steps]
            return
        for bucket in sorted(set().union(*self._steps)):
            yield (("__bucket", bucket),), [step[bucket] for step in self._steps]


def bucket_of(value: float, scale: float) -> float:
    """The next power of two above the value, both multiplied by `scale`; -1 below two."""
    units = round(value * scale)
    return -1.0 if units < 2 else (1 << (units - 1).bit_length()) / scale


def quantile(share: float, buckets: Counter[float]) -> float:
    """Interpolates between powers of two exponentially. Shape: `buckets` counts by upper bound, and is not empty."""
    wanted = max(math.ceil(share * buckets.total()), 1)
    passed, below = 0, min(buckets) / 2
    for bound in sorted(buckets):
        if passed + buckets[bound] > wanted:
            within = (wanted - passed) / buckets[bound]
            return float(below * (bound / below) ** within)
        passed, below = passed + buckets[bound], bound
        if passed == wanted:
            break
    return below


def accumulator(aggregate: MetricsAggregate, count: int, step_ns: int) -> Accumulator:
    if aggregate.function in _READ:
        return Extremes(count, aggregate.function)
    if aggregate.attribute is not None:
        return Buckets(count, scale_of(aggregate), aggregate.quantiles)
    return Counts(count, 1e9 / step_ns if aggregate.function == "rate" else 1.0)


def scale_of(aggregate: MetricsAggregate) -> float:
    """Durations are sorted into buckets of nanoseconds, and told in seconds."""
    return 1e9 if aggregate.attribute is not None and aggregate.attribute.type == "duration" else 1.0


def measured(value: Value) -> float | None:
    """None where the span has no such number."""
    if isinstance(value, Duration):
        return value / 1e9
    return float(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else None
