"""Pages of traces, newest first: one search for what matches, one more for what a list shows of the whole page."""

from __future__ import annotations

from collections.abc import Sequence

from datasources.exceptions import BadInput
from datasources.records.projects import Project
from datasources.records.shared import Interval
from datasources.records.traces import FoundTrace, FoundTraces, TraceConnection, TraceFilter, TraceSearch, TraceSummary
from datasources.records.users import Role
from datasources.scope import ScopedTraceQL

from ..access import require
from ..context import RequestContext
from ..logs.expressions import blaming
from ..time_ranges import TimeRange, resolve_range
from .cursors import TraceCursor, mark, parse_cursor, write_cursors
from .summaries import MAX_MATCHED, summarise

NO_FILTER = TraceFilter()
MAX_CONDITIONS = 50


async def traces(
    context: RequestContext,
    project: Project,
    *,
    query: str | None = None,
    asked: TraceFilter = NO_FILTER,
    time_range: TimeRange,
    first: int = 20,
    after: str | None = None,
) -> TraceConnection:
    """The traces that overlap the range and have spans which meet `query` and the filter.

    Shape: newest first. A page costs two upstream requests, an empty one costs one.
    Raises: BadInput with the argument, and for `query` with the offset in it; SourceError.
    """
    require(context.principal, project, Role.VIEWER)
    if not 1 <= first <= context.limits.max_traces:
        raise BadInput(f"`first` must be between 1 and {context.limits.max_traces}", argument="first")
    search = TraceSearch(
        project=project, interval=resolve_range(context, time_range), query=query or "", asked=_checked(asked)
    )
    return await page(context, search, first=first, after=parse_cursor(after) if after is not None else None)


async def page(
    context: RequestContext, search: TraceSearch, *, first: int, after: TraceCursor | None = None
) -> TraceConnection:
    """One page of a question whose arguments are checked."""
    source = context.traces(search.project)
    with blaming("query"):
        expression = source.narrow_search(search.query, search.asked, search.project.scope)
        traceql = source.filtered(search.query, search.asked)
    interval, seen = _rest(search.interval, after)
    limit = first + len(seen) + 1
    found = await _search(context, search.project, expression, interval, limit)
    fresh = [trace for trace in found.traces if mark(trace.id) not in seen and trace.order_ns < interval.end_ns]
    shown = await _summaries(context, search, interval, fresh[:first])
    orders = {trace.id: trace.order_ns for trace in fresh}
    before = [(trace.id, trace.order_ns) for trace in found.traces if mark(trace.id) in seen]
    return TraceConnection(
        nodes=shown,
        cursors=write_cursors([(each.id, each.start_ns, orders[each.id]) for each in shown], before),
        has_next_page=bool(shown) and (len(fresh) > first or not found.exhausted),
        has_previous_page=after is not None,
        search=search,
        exhaustive=found.exhausted,
        traceql=traceql,
    )


def _rest(interval: Interval, after: TraceCursor | None) -> tuple[Interval, frozenset[str]]:
    """What is left of the interval, and the marks of what was shown of it."""
    if after is None:
        return interval, frozenset()
    return Interval(interval.start_ns, min(interval.end_ns, after.end_ns)), frozenset(after.seen)


async def _search(
    context: RequestContext, project: Project, expression: ScopedTraceQL, interval: Interval, limit: int
) -> FoundTraces:
    if interval.range_ns <= 0:
        return FoundTraces([], exhausted=True)
    return await context.traces(project).search(
        expression, interval, limit=limit, spans_per_trace=MAX_MATCHED, call=context.call_for(project)
    )


async def _summaries(
    context: RequestContext, search: TraceSearch, interval: Interval, found: Sequence[FoundTrace]
) -> list[TraceSummary]:
    """By the start of their own spans; those that ended before the range are left out.

    A source that does not read the last seconds yet ignores a window within them and gives older traces.
    """
    if not found:
        return []
    project = search.project
    start_ns = max(interval.start_ns, min(span.start_ns for trace in found for span in trace.spans))
    end_ns = min(interval.end_ns, max(span.end_ns for trace in found for span in trace.spans))
    outlines = await context.traces(project).outlines(
        [trace.id for trace in found],
        project.scope,
        Interval(start_ns, max(end_ns, start_ns + 1)),
        call=context.call_for(project),
    )
    summaries = [summarise(project, trace, outlines.get(trace.id)) for trace in found]
    within = [each for each in summaries if each.start_ns + each.duration_ns >= search.interval.start_ns]
    return sorted(within, key=lambda each: (-each.start_ns, each.id))


def _checked(asked: TraceFilter) -> TraceFilter:
    """Raises: BadInput for a filter that is absurdly long."""
    for argument, values in (("services", asked.services), ("names", asked.names), ("attributes", asked.attributes)):
        if len(values) > MAX_CONDITIONS:
            raise BadInput(f"at most {MAX_CONDITIONS} at once", argument=f"filter.{argument}")
    return asked
