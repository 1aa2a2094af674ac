"""Counts what a metrics query asks for: variants are counted per step, and only where they depend, requests opened."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from gateway.demo.scenario.requests import Request
from gateway.demo.simulators.tempo.grid import Grid
from gateway.demo.simulators.tempo.history import History, Window
from gateway.demo.simulators.tempo.matching import RequestMatcher
from gateway.demo.simulators.tempo.samples import Accumulator, Label, accumulator, measured
from gateway.demo.simulators.tempo.traceql.getters import getter
from gateway.demo.simulators.tempo.traceql.nodes import MetricsAggregate
from gateway.demo.simulators.tempo.traceql.spansets import Spanset
from gateway.demo.simulators.tempo.traceql.values import Value, plain, type_of
from gateway.demo.simulators.tempo.traceql.views import Undetermined

Labels = tuple[Label, ...]
GroupKey = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Observation:
    """One span that counts. Units: nanoseconds since the root's start; `value` in seconds where it is a duration."""

    offset_ns: int
    position: int
    group: GroupKey
    value: float


@dataclass(slots=True)
class Series:
    """`samples` are as many as the grid has points; None is left out."""

    labels: Labels
    samples: list[float | None]
    exemplars: list[Exemplar] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Exemplar:
    labels: Labels
    trace_id: str
    value: float
    timestamp_ms: int


class Aggregation:
    """One metrics aggregate over a window."""

    def __init__(self, aggregate: MetricsAggregate, matcher: RequestMatcher, history: History) -> None:
        self._aggregate = aggregate
        self._matcher = matcher
        self._history = history
        self._by = [(str(attribute), getter(attribute)) for attribute in aggregate.by]
        self._value = getter(aggregate.attribute) if aggregate.attribute else None
        self._known: dict[int, list[Observation] | None] = {}
        self._groups: dict[GroupKey, Labels] = {}
        self.spans = 0

    def requests(self, grid: Grid) -> list[Request]:
        return self._history.ascending(Window(grid.start_ns, grid.end_ns))

    def series(self, requests: Sequence[Request], grid: Grid) -> list[Series]:
        """Shape: sorted by labels. Without groups and without matches, counts are one series of noughts."""
        steps: dict[GroupKey, Accumulator] = {}

        def add(group: GroupKey, position: int, values: Sequence[float], times: int) -> None:
            if group not in steps:
                steps[group] = accumulator(self._aggregate, grid.count, grid.step_ns)
            steps[group].add(position, values, times)
            self.spans += len(values) * times

        self._count(requests, grid, add)
        if not steps and not self._by and not grid.instant:
            steps[()] = accumulator(self._aggregate, grid.count, grid.step_ns)
        found = [
            Series((*(self._groups.get(group) or self._name()), *extra), samples)
            for group in sorted(steps)
            for extra, samples in steps[group].results()
            if any(sample is not None for sample in samples)
        ]
        return [_without_name(series) for series in found]

    def _name(self) -> Labels:
        return (("__name__", self._aggregate.function),)

    def _count(
        self, requests: Sequence[Request], grid: Grid, add: Callable[[GroupKey, int, Sequence[float], int], None]
    ) -> None:
        """Whole variants where all their spans fall into one step, which is nearly always so."""
        tally: Counter[tuple[int, int]] = Counter()
        templates = self._history.templates
        for request in requests:
            known = self._of_variant(request)
            if known == []:
                continue
            if known is not None:
                first = grid.position(request.start_ns)
                if first >= 0 and first == grid.position(request.start_ns + templates.of(request).last_offset_ns):
                    tally[id(request.variant), first] += 1
                    continue
            for seen in self.observations(request):
                position = grid.position(request.start_ns + seen.offset_ns)
                if position >= 0:
                    add(seen.group, position, (seen.value,), 1)
        grouped = {variant: _grouped(self._known[variant] or []) for variant in {key for key, _ in tally}}
        for (variant, position), times in tally.items():
            for group, values in grouped[variant].items():
                add(group, position, values, times)

    def _of_variant(self, request: Request) -> list[Observation] | None:
        """None where it depends on the request."""
        key = id(request.variant)
        if key not in self._known:
            try:
                self._known[key] = self._observed(request, self._matcher.template_spansets(request))
            except Undetermined:
                self._known[key] = None
        return self._known[key]

    def observations(self, request: Request) -> list[Observation]:
        known = self._of_variant(request)
        return self._observed(request, self._matcher.spansets(request)) if known is None else known

    def _observed(self, request: Request, spansets: Sequence[Spanset]) -> list[Observation]:
        found = []
        for spanset in spansets:
            for view in spanset.views:
                value = 1.0 if self._value is None else measured(self._value(view))
                if value is not None:
                    group = self._group([(name, get(view)) for name, get in self._by])
                    offset = request.variant.spans[view.position].offset_ns
                    found.append(Observation(offset, view.position, group, value))
        return found

    def _group(self, labels: list[tuple[str, Value]]) -> GroupKey:
        """Values that a span lacks are no labels; if it lacks all, the first is told as nil."""
        present = [(name, value) for name, value in labels if value is not None]
        shown = tuple(present or labels[:1])
        key = tuple((name, f"{type_of(value)}:{plain(value)}") for name, value in shown)
        self._groups.setdefault(key, shown)
        return key


def _grouped(observations: Sequence[Observation]) -> dict[GroupKey, list[float]]:
    groups: dict[GroupKey, list[float]] = {}
    for seen in observations:
        groups.setdefault(seen.group, []).append(seen.value)
    return groups


def _without_name(series: Series) -> Series:
    """The name of the function is a label only where there is no other."""
    if len(series.labels) > 1 and series.labels[0][0] == "__name__":
        series.labels = series.labels[1:]
    return series
