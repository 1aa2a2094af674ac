"""Exemplars: for every bucket and scrape, the last request that was counted there, with its trace."""

from __future__ import annotations

from typing import Any

from gateway.demo.simulators.prometheus.promql.nodes import Matcher
from gateway.demo.simulators.prometheus.storage.families import HTTP
from gateway.demo.simulators.prometheus.storage.hours import SCRAPE_MS
from gateway.demo.simulators.prometheus.storage.protocol import matching
from gateway.demo.simulators.prometheus.storage.scenario import RETENTION_MS, ScenarioStorage, bounds_of
from gateway.demo.simulators.prometheus.values import format_value

_LONGEST_NS = 30_000_000_000
_BOUNDS = bounds_of(HTTP)
_NAME = f"{HTTP.name}_bucket"


def exemplars(
    storage: ScenarioStorage, selectors: list[tuple[Matcher, ...]], start_ms: int, end_ms: int
) -> list[dict[str, Any]]:
    """Shape: one element per series that has any, its exemplars by time. Units: milliseconds, both ends included."""
    now_ms = storage.now_ms()
    start_ms, end_ms = max(start_ms, now_ms - RETENTION_MS), min(end_ms, now_ms)
    found: list[dict[str, Any]] = []
    for namespace in storage.scenario.namespaces:
        keys = _selected(storage, namespace, selectors)
        if keys and start_ms <= end_ms:
            found += _of_namespace(storage, namespace, keys, start_ms, end_ms)
    return found


def _selected(
    storage: ScenarioStorage, namespace: str, selectors: list[tuple[Matcher, ...]]
) -> dict[tuple[int, int], dict[str, str]]:
    """(key, bucket) to labels, for those that any selector matches."""
    return {
        (key, bucket): labels
        for key, target in enumerate(storage.counters[namespace][HTTP.name].index.keys)
        for bucket, bound in enumerate(_BOUNDS)
        if any(matching(labels := {"__name__": _NAME, **target, "le": bound}, matchers) for matchers in selectors)
    }


def _of_namespace(
    storage: ScenarioStorage, namespace: str, keys: dict[tuple[int, int], dict[str, str]], start_ms: int, end_ms: int
) -> list[dict[str, Any]]:
    observations = storage.counters[namespace][HTTP.name].index.observations
    newest: dict[tuple[int, int], dict[int, tuple[int, dict[str, Any]]]] = {}
    for request in storage.scenario.requests(namespace, start_ms * 1_000_000 - _LONGEST_NS, end_ms * 1_000_000 + 1):
        for observation in observations[id(request.variant)]:
            place = (observation.key, observation.bucket)
            at_ms = (request.start_ns + observation.end_offset_ns) // 1_000_000
            if place not in keys or not start_ms <= at_ms <= end_ms:
                continue
            by_scrape = newest.setdefault(place, {})
            before = by_scrape.get(at_ms // SCRAPE_MS)
            if before is None or before[0] < at_ms:
                labels = {"span_id": request.span_id(observation.span), "trace_id": request.trace_id}
                value = format_value(observation.duration_ns / 1e9)
                by_scrape[at_ms // SCRAPE_MS] = (at_ms, {"labels": labels, "value": value, "timestamp": at_ms / 1000})
    return [
        {
            "seriesLabels": keys[place],
            "exemplars": [exemplar for _, exemplar in sorted(by_scrape.values(), key=lambda item: item[0])],
        }
        for place, by_scrape in sorted(newest.items())
    ]
