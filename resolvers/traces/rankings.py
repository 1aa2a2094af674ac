"""A dashboard's slowest and failing traces. Tempo sorts by time only, so the slow ones are found by a threshold."""

from __future__ import annotations

from datasources.exceptions import BadInput
from datasources.records.metrics import Vector
from datasources.records.projects import Project
from datasources.records.shared import NS_PER_S, Interval
from datasources.records.traces import SpanStatus, TraceFilter, TraceSearch, TraceSummary
from datasources.records.users import Role

from ..access import require
from ..concurrency import together
from ..context import RequestContext
from .pages import page, search_traces, summaries

MAX_RANKED = 50
SLACK = 4
"""Quantiles come from coarse buckets, so that some times as many traces are looked at as are wanted."""
QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
ROOTS = TraceFilter(root_only=True)
DAY_NS = 86_400 * NS_PER_S


async def slowest_traces(
    context: RequestContext, project: Project, interval: Interval, *, first: int = 5
) -> list[TraceSummary]:
    """The slowest traces that begin with a span of the project, the slowest first.

    Of a range beyond a day the threshold is that of its last day. Raises: BadInput, SourceError.
    """
    _check(context, project, first)
    threshold_ns = await _threshold_ns(context, project, interval, first)
    asked = TraceFilter(root_only=True, min_duration_ns=threshold_ns or None)
    search = TraceSearch(project=project, interval=interval, query="", asked=asked)
    found = (await search_traces(context, search, interval, limit=context.limits.max_traces)).traces
    slowest = sorted(found, key=lambda trace: -max(span.duration_ns for span in trace.spans))[:first]
    shown = await summaries(context, search, interval, slowest)
    return sorted(shown, key=lambda each: (-each.duration_ns, each.id))


async def failing_traces(
    context: RequestContext, project: Project, interval: Interval, *, first: int = 5
) -> list[TraceSummary]:
    """The newest traces with a failed span of the project. Raises: BadInput, SourceError."""
    _check(context, project, first)
    asked = TraceFilter(status=SpanStatus.ERROR)
    search = TraceSearch(project=project, interval=interval, query="", asked=asked)
    return (await page(context, search, first=first)).nodes


async def _threshold_ns(context: RequestContext, project: Project, interval: Interval, first: int) -> int:
    """A duration that some times `first` roots exceed, by their count and their quantiles; 0 where they are few."""
    source, call = context.traces(project), context.call_for(project)
    day = Interval(max(interval.start_ns, interval.end_ns - DAY_NS), interval.end_ns)
    counted, quantiles = await together(
        source.query(source.narrow_count("", ROOTS, project.scope), day, call=call),
        source.query(source.narrow_latency("", ROOTS, project.scope, QUANTILES), day, call=call),
    )
    count = sum(sample.value or 0.0 for sample in counted.samples)
    by_quantile = _by_quantile(quantiles)
    fitting = [quantile for quantile in by_quantile if count * (1 - quantile) >= first * SLACK]
    return _bucket_floor_ns(by_quantile[max(fitting)]) if fitting else 0


def _bucket_floor_ns(seconds: float) -> int:
    """The lower bound of the bucket that a quantile was interpolated in: Tempo's buckets are powers of two of nanoseconds.

    Above the interpolated value there may be no trace at all, above the bucket's bound there are as many as were counted.
    """
    duration_ns = int(seconds * NS_PER_S)
    return 1 << (duration_ns.bit_length() - 1) if duration_ns else 0


def _by_quantile(found: Vector) -> dict[float, float]:
    labels = [({label.name: label.value for label in each.labels}.get("p"), each.value) for each in found.samples]
    return {float(quantile): value for quantile, value in labels if quantile and value is not None}


def _check(context: RequestContext, project: Project, first: int) -> None:
    require(context.principal, project, Role.VIEWER)
    if not 1 <= first <= MAX_RANKED:
        raise BadInput(f"`first` must be between 1 and {MAX_RANKED}", argument="first")
