"""Picks traces that stand for a metric's samples."""

from __future__ import annotations

from collections.abc import Sequence

from gateway.demo.scenario.requests import Request
from gateway.demo.simulators.tempo.aggregation import Aggregation, Exemplar, GroupKey, Observation, Series
from gateway.demo.simulators.tempo.grid import Grid
from gateway.demo.simulators.tempo.history import spread_positions
from gateway.demo.simulators.tempo.samples import bucket_of, scale_of
from gateway.demo.simulators.tempo.traceql.getters import stripped
from gateway.demo.simulators.tempo.traceql.nodes import MetricsAggregate
from gateway.demo.simulators.tempo.traceql.values import plain, type_of

MAX_EXEMPLARS = 100
TRIES_PER_EXEMPLAR = 20


def attach_exemplars(
    series: Sequence[Series],
    aggregation: Aggregation,
    aggregate: MetricsAggregate,
    requests: Sequence[Request],
    grid: Grid,
    wanted: int,
) -> None:
    """Spread over the range, at most `wanted` of all series together."""
    by_group: dict[GroupKey, list[Series]] = {}
    for one in series:
        by_group.setdefault(_group_of(one), []).append(one)
    picked = 0
    for tried, place in enumerate(spread_positions(len(requests), 0)):
        if picked >= wanted or tried > wanted * TRIES_PER_EXEMPLAR:
            return
        request = requests[place]
        seen = aggregation.observations(request)
        if seen and _attach(by_group, aggregate, request, seen[tried % len(seen)], grid):
            picked += 1


def _attach(
    by_group: dict[GroupKey, list[Series]],
    aggregate: MetricsAggregate,
    request: Request,
    seen: Observation,
    grid: Grid,
) -> bool:
    at_ns = request.start_ns + seen.offset_ns
    position = grid.position(at_ns)
    series = _series_for(by_group.get(seen.group, []), aggregate, seen, position) if position >= 0 else None
    sample = series.samples[position] if series else None
    if series is None or sample is None:
        return False
    value = sample if aggregate.attribute is None else seen.value
    series.exemplars.append(Exemplar(series.labels, stripped(request.trace_id), value, at_ns // 1_000_000))
    return True


def _group_of(series: Series) -> GroupKey:
    return tuple(
        (name, f"{type_of(value)}:{plain(value)}")
        for name, value in series.labels
        if name not in {"__name__", "p", "__bucket"}
    )


def _series_for(
    candidates: Sequence[Series], aggregate: MetricsAggregate, seen: Observation, position: int
) -> Series | None:
    """Of several quantiles, the one whose value is nearest; of the buckets, the one that the span is in."""
    if aggregate.function == "histogram_over_time":
        bucket = bucket_of(seen.value, scale_of(aggregate))
        return next((series for series in candidates if series.labels[-1][1] == bucket), None)
    present = [series for series in candidates if series.samples[position] is not None]
    return min(present, key=lambda series: abs((series.samples[position] or 0.0) - seen.value), default=None)
