"""Rate and latency of the spans that a list of traces was asked for by, for many projects at once where it can be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from datasources.exceptions import BadInput
from datasources.records.metrics import RawSeries, Series, SeriesSet
from datasources.records.projects import Project
from datasources.records.shared import NS_PER_MS, Interval
from datasources.records.traces import TraceFilter, TraceSearch
from datasources.records.users import Role
from datasources.scope import Scope, Signal

from ..access import require
from ..concurrency import together
from ..context import RequestContext
from ..logs.expressions import blaming
from ..planner import ask_merged
from ..time_ranges import with_step


class NumbersQuestion(Struct, frozen=True):
    """A project's rate, or its latency at a quantile. An empty `query` is the gateway's own question."""

    project: Project
    interval: Interval
    query: str
    asked: TraceFilter
    quantile: float | None


class Numbers(Struct, frozen=True):
    """The series, and what the source has to say about them."""

    series: list[RawSeries]
    warnings: list[str]


async def rate(context: RequestContext, search: TraceSearch, step_ns: int | None) -> SeriesSet:
    """Matching spans per second: one series, zero where there are none.

    Raises: BadInput for a step that cannot be, or a query that can have no rate; SourceError.
    """
    require(context.principal, search.project, Role.VIEWER)
    interval = with_step(context, search.interval, step_ns)
    found = await _load(context, search, interval, None)
    if not found.series and not found.warnings:
        # Asked for together with others, a project without a span has no series.
        found = Numbers([_zeros(interval)], found.warnings)
    return _shown(found, interval, legend="rate", unit="1/s")


async def latency(context: RequestContext, search: TraceSearch, quantile: float, step_ns: int | None) -> SeriesSet:
    """Seconds that the matching spans took at a quantile: one series, with gaps where there were none.

    Raises: BadInput for a quantile or a step that cannot be, or a query that can have no latency; SourceError.
    """
    require(context.principal, search.project, Role.VIEWER)
    if not 0 <= quantile <= 1:
        raise BadInput("a quantile is between 0 and 1", argument="quantile")
    interval = with_step(context, search.interval, step_ns)
    found = await _load(context, search, interval, quantile)
    return _shown(found, interval, legend=f"p{quantile * 100:g}", unit="s")


async def _load(context: RequestContext, search: TraceSearch, interval: Interval, quantile: float | None) -> Numbers:
    question = NumbersQuestion(search.project, interval, search.query, search.asked, quantile)
    return await context.loaders.load(_numbers, question)


async def _numbers(context: RequestContext, keys: Sequence[NumbersQuestion]) -> list[Numbers | Exception]:
    """Loader batch: questions that differ in nothing but the project are asked together; a person's own never are."""
    alike: dict[object, list[NumbersQuestion]] = defaultdict(list)
    for key in keys:
        shared = (key.project.traces_source, key.interval, key.asked, key.quantile)
        alike[key if key.query else shared].append(key)
    answers: dict[NumbersQuestion, Numbers | Exception] = {}
    for part in await together(*(_ask(context, group) for group in alike.values())):
        answers |= part
    return [answers[key] for key in keys]


async def _ask(context: RequestContext, group: Sequence[NumbersQuestion]) -> dict[NumbersQuestion, Numbers | Exception]:
    first = group[0]
    source, call = context.traces(first.project), context.call_for(*(key.project for key in group))
    warnings: dict[str, None] = {}

    async def ask(scope: Scope, by: tuple[str, ...]) -> list[RawSeries]:
        with blaming("query"):
            if first.quantile is None:
                expression = source.narrow_rate(first.query, first.asked, scope, by=by)
            else:
                expression = source.narrow_latency(first.query, first.asked, scope, [first.quantile], by=by)
        found = await source.query_range(expression, first.interval, call=call)
        warnings.update(dict.fromkeys(found.warnings))
        return found.series

    found = await ask_merged([(key, key.project.scope) for key in group], Signal.TRACES, ask)
    return {key: each if isinstance(each, Exception) else Numbers(each, list(warnings)) for key, each in found.items()}


def _zeros(interval: Interval) -> RawSeries:
    step_ns = interval.step_ns or interval.range_ns
    ends = range(interval.start_ns + step_ns, interval.end_ns + 1, step_ns)
    return RawSeries({}, [end_ns / NS_PER_MS for end_ns in ends], [0.0 for _ in ends])


def _shown(found: Numbers, interval: Interval, *, legend: str, unit: str) -> SeriesSet:
    """The labels that the source gives (the function's name, the quantile) say what the legend says."""
    series = [
        Series(labels=[], legend=legend, unit=unit, timestamps=each.timestamps, values=each.values)
        for each in found.series
    ]
    return SeriesSet(interval=interval, series=series, warnings=found.warnings)
