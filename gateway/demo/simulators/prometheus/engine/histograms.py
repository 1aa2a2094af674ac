"""Quantiles out of classic histograms."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Hashable, Sequence

from gateway.demo.simulators.prometheus.engine.arithmetic import divide
from gateway.demo.simulators.prometheus.engine.columns import Column, Labels, Values
from gateway.demo.simulators.prometheus.engine.faults import Notes


def histogram_quantile(shares: Sequence[float], columns: list[Column], notes: Notes, position: int) -> list[Column]:
    """One series per set of labels but `le`; a series without a readable `le` is left out, with a warning."""
    groups: dict[Hashable, tuple[Labels, list[tuple[float, Values]]]] = {}
    for column in columns:
        bound = _bound(column.labels.get("le", ""))
        if bound is None:
            notes.warn(
                f'bucket label "le" is missing or has a malformed value of {_quoted(column.labels.get("le", ""))}',
                position,
            )
            continue
        labels = {name: value for name, value in column.labels.items() if name not in ("le", "__name__")}
        groups.setdefault(frozenset(labels.items()), (labels, []))[1].append((bound, column.values))
    return [
        Column(labels, _quantiles(shares, sorted(buckets, key=lambda bucket: bucket[0])))
        for labels, buckets in groups.values()
    ]


def _quoted(text: str) -> str:
    return f'"{text}"'


def _bound(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None


def _quantiles(shares: Sequence[float], buckets: list[tuple[float, Values]]) -> Values:
    bounds = [bound for bound, _ in buckets]
    if any(None in values for _, values in buckets) or len(set(bounds)) < len(bounds):
        rows = zip(*(values for _, values in buckets), strict=True)
        return [_of_present(share, bounds, row) for share, row in zip(shares, rows, strict=True)]
    rows = zip(*(values for _, values in buckets), strict=True)
    return [bucket_quantile(share, bounds, list(row)) for share, row in zip(shares, rows, strict=True)]


def _of_present(share: float, bounds: list[float], row: Sequence[float | None]) -> float | None:
    counts: dict[float, float] = {}
    for bound, count in zip(bounds, row, strict=True):
        if count is not None:
            counts[bound] = counts.get(bound, 0.0) + count
    return bucket_quantile(share, list(counts), list(counts.values())) if counts else None


def bucket_quantile(share: float, bounds: list[float], counts: list[float]) -> float:
    """Within the bucket that holds the rank, as if its observations lay evenly. Source: promql/quantile.go, BucketQuantile."""
    if share != share:
        return math.nan
    if not 0 <= share <= 1:
        return math.inf if share > 1 else -math.inf
    if len(bounds) < 2 or not math.isinf(bounds[-1]):
        return math.nan
    counts = _monotonic(counts)
    if counts[-1] == 0 or counts[-1] != counts[-1]:
        return math.nan
    rank = share * counts[-1]
    place = bisect_left(counts, rank, 0, len(counts) - 1)
    if place == len(counts) - 1:
        return bounds[-2]
    if place == 0 and bounds[0] <= 0:
        return bounds[0]
    start, below = (bounds[place - 1], counts[place - 1]) if place else (0.0, 0.0)
    return start + (bounds[place] - start) * divide(rank - below, counts[place] - below)


def _monotonic(counts: list[float]) -> list[float]:
    """Scrapes of buckets may miss each other by a hair; what falls is lifted."""
    highest = counts[0]
    for place, count in enumerate(counts):
        if count < highest:
            counts[place] = highest
        else:
            highest = count
    return counts
