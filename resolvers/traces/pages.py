"""Pages of traces, newest first: one search for what matches, one more for what a list shows of the whole page."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from datasources.exceptions import BadInput
from datasources.records.logs import LabelMatcher
from datasources.records.projects import Project
from datasources.records.shared import NS_PER_S, Interval
from datasources.records.traces import FoundTrace, FoundTraces, TraceConnection, TraceFilter, TraceSearch, TraceSummary
from datasources.records.users import Role

from ..access import require
from ..context import RequestContext
from ..time_ranges import TimeRange, resolve_range
from .cursors import TraceCursor, first_second, last_second, mark, parse_cursor, write_cursors
from .searches import OutlineQuestion, SearchQuestion, outlines, searches
from .summaries import summarise

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


def of_service(asked: TraceFilter, service: str) -> TraceFilter:
    """The filter, and besides only this service's spans."""
    return replace(asked, attributes=(*asked.attributes, LabelMatcher("resource.service.name", "=", service)))


async def page(
    context: RequestContext, search: TraceSearch, *, first: int, after: TraceCursor | None = None
) -> TraceConnection:
    """One page of a question whose arguments are checked."""
    interval, seen = _rest(search.interval, after)
    found = await search_traces(context, search, interval, limit=first + len(seen) + 1)
    fresh = [trace for trace in found.traces if mark(trace.id) not in seen]
    shown = await summaries(context, search, interval, fresh[:first])
    orders = {trace.id: trace.order_ns for trace in fresh}
    before = [(trace.id, trace.order_ns) for trace in found.traces if mark(trace.id) in seen]
    return TraceConnection(
        nodes=shown,
        cursors=write_cursors(
            [(each.id, each.start_ns, orders[each.id]) for each in shown],
            before,
            least_s=first_second(search.interval.start_ns),
            most_s=last_second(interval),
        ),
        has_next_page=bool(shown) and (len(fresh) > first or not found.exhausted),
        has_previous_page=after is not None,
        search=search,
        exhaustive=found.exhausted,
        traceql=context.traces(search.project).filtered(search.query, search.asked),
    )


async def search_traces(context: RequestContext, search: TraceSearch, interval: Interval, *, limit: int) -> FoundTraces:
    """The traces of a part of the question's interval, in whole seconds, in the source's order.

    Asked for many projects at once it is as good as one request.
    """
    if interval.range_ns <= 0:
        return FoundTraces([], exhausted=True)
    question = SearchQuestion(search.project, interval, search.query, search.asked, limit)
    found = await context.loaders.load(searches, question)
    end_ns = last_second(interval) * NS_PER_S
    return FoundTraces([trace for trace in found.traces if trace.order_ns <= end_ns], found.exhausted)


async def summaries(
    context: RequestContext, search: TraceSearch, interval: Interval, found: Sequence[FoundTrace]
) -> list[TraceSummary]:
    """By the start of their own spans, newest first; those that ended before the question's range are left out.

    A source that does not read the last seconds yet ignores a window within them and gives older traces.
    Shape: one request, also for many projects at once; none for none.
    """
    if not found:
        return []
    start_ns = max(interval.start_ns, min(span.start_ns for trace in found for span in trace.spans))
    end_ns = min(interval.end_ns, max(span.end_ns for trace in found for span in trace.spans))
    read = Interval(start_ns, max(end_ns, start_ns + 1))
    questions = [OutlineQuestion(search.project, trace.id, read, interval) for trace in found]
    own = await context.loaders.load_many(outlines, questions)
    shown = [summarise(search.project, trace, outline) for trace, outline in zip(found, own, strict=True)]
    within = [each for each in shown if each.start_ns + each.duration_ns >= search.interval.start_ns]
    return sorted(within, key=lambda each: (-each.start_ns, each.id))


def _rest(interval: Interval, after: TraceCursor | None) -> tuple[Interval, frozenset[str]]:
    """What is left of the interval, and the marks of what was shown of it."""
    if after is None:
        return interval, frozenset()
    end_ns = min(interval.end_ns, after.end_s * NS_PER_S)
    if after.seen:  # a trace that began before the range may still reach into it
        end_ns = max(end_ns, interval.start_ns + 1)
    return Interval(interval.start_ns, end_ns), frozenset(after.seen)


def _checked(asked: TraceFilter) -> TraceFilter:
    """Raises: BadInput for a filter that is absurdly long."""
    for argument, values in (("services", asked.services), ("names", asked.names), ("attributes", asked.attributes)):
        if len(values) > MAX_CONDITIONS:
            raise BadInput(f"at most {MAX_CONDITIONS} at once", argument=f"filter.{argument}")
    return asked
