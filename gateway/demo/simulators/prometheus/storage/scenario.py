"""The demo's samples: every service scraped every 15 seconds, for the last two days."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache, partial
from typing import NamedTuple

from gateway.demo.scenario import Scenario
from gateway.demo.simulators.prometheus.promql.nodes import Matcher
from gateway.demo.simulators.prometheus.storage.families import (
    EDGE_CLIENT,
    EDGE_FAILED,
    EDGE_SERVER,
    FAMILIES,
    HTTP,
    SPANS,
    Family,
    FamilyIndex,
)
from gateway.demo.simulators.prometheus.storage.gauges import ReadAt, gauges_of
from gateway.demo.simulators.prometheus.storage.hours import SCRAPE_MS, Draws, FamilyCounters
from gateway.demo.simulators.prometheus.storage.protocol import Series, TooManySamples, matching

RETENTION_MS = 49 * 3_600_000
_MOST_SAMPLES = 8_000_000
_REMEMBERED_SAMPLES = 200_000
ReadScrapes = Callable[[int, int], list[float]]
"""The values at scrapes first to last, both included."""


class Entry(NamedTuple):
    labels: dict[str, str]
    read: ReadScrapes


class ScenarioStorage:
    """`clock` gives nanoseconds since 1970; what lies after it is not told."""

    def __init__(self, scenario: Scenario, clock: Callable[[], int]) -> None:
        self._clock = clock
        self.scenario = scenario
        self.counters = {namespace: _family_counters(scenario, namespace) for namespace in scenario.namespaces}
        self._entries: dict[str, list[Entry]] = {}
        for entry in _entries(scenario, self.counters):
            self._entries.setdefault(entry.labels["__name__"], []).append(entry)
        self._found = lru_cache(maxsize=256)(self._find)
        self._read = lru_cache(maxsize=12)(self._samples)

    def now_ms(self) -> int:
        return self._clock() // 1_000_000

    def select(self, matchers: tuple[Matcher, ...], start_ms: int, end_ms: int) -> list[Series]:
        first, last = self._scrapes(start_ms, end_ms)
        size = len(self._found(matchers)) * (last - first + 1)
        if size > _MOST_SAMPLES:
            raise TooManySamples
        if first > last:
            return []
        return self._read(matchers, first, last) if size < _REMEMBERED_SAMPLES else self._samples(matchers, first, last)

    def labels(self, matchers: Sequence[tuple[Matcher, ...]], start_ms: int, end_ms: int) -> list[dict[str, str]]:
        first, last = self._scrapes(start_ms, end_ms)
        if first > last:
            return []
        wanted = matchers or [()]
        found = {id(entry): entry for each in wanted for entry in self._found(each)}
        return [entry.labels for entry in found.values()]

    def _scrapes(self, start_ms: int, end_ms: int) -> tuple[int, int]:
        """The scrapes in (start, end] that have happened and are still kept."""
        now = self.now_ms()
        start, end = max(start_ms, now - RETENTION_MS), min(end_ms, now)
        return start // SCRAPE_MS + 1, end // SCRAPE_MS

    def _samples(self, matchers: tuple[Matcher, ...], first: int, last: int) -> list[Series]:
        times = [scrape * SCRAPE_MS for scrape in range(first, last + 1)]
        return [Series(entry.labels, times, [*entry.read(first, last)]) for entry in self._found(matchers)]

    def _find(self, matchers: tuple[Matcher, ...]) -> list[Entry]:
        name = next((matcher for matcher in matchers if matcher.name == "__name__" and matcher.op == "="), None)
        if name is not None:
            candidates = self._entries.get(name.value, [])
        else:
            candidates = [entry for entries in self._entries.values() for entry in entries]
        return [entry for entry in candidates if matching(entry.labels, matchers)]


def _family_counters(scenario: Scenario, namespace: str) -> dict[str, FamilyCounters]:
    draws, variants = Draws(scenario, namespace), scenario.variants(namespace)
    return {family.name: FamilyCounters(draws, FamilyIndex(family, variants)) for family in FAMILIES}


def _entries(scenario: Scenario, counters: dict[str, dict[str, FamilyCounters]]) -> Iterator[Entry]:
    yield Entry({"__name__": "up", "instance": "127.0.0.1:9090", "job": "prometheus"}, _reader(lambda at: 1.0))
    for namespace, families in counters.items():
        for spec in scenario.specs(namespace):
            yield from (Entry(gauge.labels, _reader(gauge.read)) for gauge in gauges_of(scenario, spec))
        yield from _histogram(families[HTTP.name])
        yield from _histogram(families[SPANS.name])
        yield from _counter(families[SPANS.name], "traces_spanmetrics_calls_total")
        yield from _counter(families[EDGE_SERVER.name], "traces_service_graph_request_total")
        yield from _counter(families[EDGE_FAILED.name], "traces_service_graph_request_failed_total")
        yield from _histogram(families[EDGE_SERVER.name])
        yield from _histogram(families[EDGE_CLIENT.name])


def _reader(read: ReadAt) -> ReadScrapes:
    return lambda first, last: [read(scrape * SCRAPE_MS // 1000) for scrape in range(first, last + 1)]


def _counter(counters: FamilyCounters, name: str) -> Iterator[Entry]:
    everything = len(counters.index.family.bounds)
    for key, labels in enumerate(counters.index.keys):
        yield Entry({"__name__": name, **labels}, partial(counters.counts, key, everything))


def _histogram(counters: FamilyCounters) -> Iterator[Entry]:
    family = counters.index.family
    yield from _counter(counters, f"{family.name}_count")
    for key, labels in enumerate(counters.index.keys):
        yield Entry({"__name__": f"{family.name}_sum", **labels}, partial(counters.sums, key))
        for bucket, bound in enumerate(bounds_of(family)):
            yield Entry(
                {"__name__": f"{family.name}_bucket", **labels, "le": bound}, partial(counters.counts, key, bucket)
            )


def bounds_of(family: Family) -> list[str]:
    """The values of `le`, as Prometheus 3 stores them."""
    return [f"{bound:g}" if "." in f"{bound:g}" else f"{bound:g}.0" for bound in family.bounds] + ["+Inf"]
