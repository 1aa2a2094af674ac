"""A dashboard's slowest and failing traces. Tempo sorts by time only, so the slow ones are found by a threshold."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from datasources.exceptions import BadInput
from datasources.records.metrics import RawSeries, Vector
from datasources.records.projects import Project
from datasources.records.shared import NS_PER_MS, NS_PER_S, Interval
from datasources.records.traces import SpanStatus, TraceFilter, TraceSearch, TraceSummary
from datasources.records.users import Role
from datasources.scope import Scope, Signal

from ..access import require
from ..concurrency import together
from ..context import RequestContext
from ..planner import ask_merged
from .pages import page, search_traces, summaries

MAX_RANKED = 50
SLACK = 4
"""Quantiles come from coarse buckets, so that some times as many traces are looked at as are wanted."""
QUANTILES = (0.5, 0.75, 0.9, 0.95, 0.98, 0.99, 0.995, 0.998, 0.999)
ROOTS = TraceFilter(root_only=True)
DAY_NS = 86_400 * NS_PER_S


class ThresholdQuestion(Struct, frozen=True):
    """How long the slowest roots of a project took in a day at most."""

    project: Project
    day: Interval
    first: int


async def slowest_traces(
    context: RequestContext, project: Project, interval: Interval, *, first: int = 5
) -> list[TraceSummary]:
    """The slowest traces that begin with a span of the project, the slowest first.

    Of a range beyond a day the threshold is that of its last day. Raises: BadInput, SourceError.
    """
    _check(context, project, first)
    day = Interval(max(interval.start_ns, interval.end_ns - DAY_NS), interval.end_ns)
    threshold_ns = await context.loaders.load(_thresholds, ThresholdQuestion(project, day, first))
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


async def _thresholds(context: RequestContext, keys: Sequence[ThresholdQuestion]) -> list[int | Exception]:
    """Loader batch: durations that some times `first` roots exceed, 0 where they are few; two requests for all projects."""
    alike: dict[tuple[str, Interval], list[ThresholdQuestion]] = defaultdict(list)
    for key in keys:
        alike[key.project.traces_source, key.day].append(key)
    answers: dict[ThresholdQuestion, int | Exception] = {}
    for part in await together(*(_ask_thresholds(context, group) for group in alike.values())):
        answers |= part
    return [answers[key] for key in keys]


async def _ask_thresholds(
    context: RequestContext, group: Sequence[ThresholdQuestion]
) -> dict[ThresholdQuestion, int | Exception]:
    source, day = context.traces(group[0].project), group[0].day
    call = context.call_for(*(key.project for key in group))

    async def count(scope: Scope, by: tuple[str, ...]) -> list[RawSeries]:
        return _as_series(await source.query(source.narrow_count("", ROOTS, scope, by=by), day, call=call))

    async def durations(scope: Scope, by: tuple[str, ...]) -> list[RawSeries]:
        expression = source.narrow_latency("", ROOTS, scope, QUANTILES, by=by)
        return _as_series(await source.query(expression, day, call=call))

    scopes = [(key, key.project.scope) for key in group]
    counted, quantiles = await together(
        ask_merged(scopes, Signal.TRACES, count), ask_merged(scopes, Signal.TRACES, durations)
    )
    return {key: _threshold_ns(key.first, counted[key], quantiles[key]) for key in group}


def _threshold_ns(
    first: int, counted: list[RawSeries] | Exception, quantiles: list[RawSeries] | Exception
) -> int | Exception:
    for found in (counted, quantiles):
        if isinstance(found, Exception):
            return found
    assert not isinstance(counted, Exception)
    assert not isinstance(quantiles, Exception)
    count = sum(series.values[0] or 0.0 for series in counted)
    by_quantile = {float(series.labels["p"]): series.values[0] for series in quantiles if "p" in series.labels}
    fitting = [quantile for quantile in by_quantile if count * (1 - quantile) >= first * SLACK]
    return _bucket_floor_ns(by_quantile[max(fitting)] or 0.0) if fitting else 0


def _bucket_floor_ns(seconds: float) -> int:
    """The lower bound of the bucket that a quantile was interpolated in: Tempo's buckets are powers of two of nanoseconds.

    Above the interpolated value there may be no trace at all, above the bucket's bound there are as many as were counted.
    """
    duration_ns = int(seconds * NS_PER_S)
    return 1 << (duration_ns.bit_length() - 1) if duration_ns else 0


def _as_series(found: Vector) -> list[RawSeries]:
    return [
        RawSeries({label.name: label.value for label in each.labels}, [each.at_ns / NS_PER_MS], [each.value])
        for each in found.samples
    ]


def _check(context: RequestContext, project: Project, first: int) -> None:
    require(context.principal, project, Role.VIEWER)
    if not 1 <= first <= MAX_RANKED:
        raise BadInput(f"`first` must be between 1 and {MAX_RANKED}", argument="first")
