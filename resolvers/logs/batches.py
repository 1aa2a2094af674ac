"""The lines of traces, spans and moments, asked for by items of a list: together, not one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from datasources.exceptions import BadInput, GatewayError
from datasources.records.log_cursors import LogCursor
from datasources.records.logs import LogConnection, LogEntry, LogFilter, LogLines, LogPage
from datasources.records.projects import Project
from datasources.records.shared import NS_PER_S, Interval
from datasources.records.users import Role

from ..access import require
from ..concurrency import together
from ..context import RequestContext
from .expressions import ask_for, blaming, check_first, parse_after, trace_id_of
from .lines import PageQuestion, page_of, read_pages
from .pages import Paging, read_page

MARGIN_NS = 60 * NS_PER_S
MAX_ALONE = 10
MAX_TOGETHER = 100


class TraceQuestion(Struct, frozen=True):
    """The first lines, by time, of one trace, or of one of its spans."""

    project: Project
    interval: Interval
    trace_id: str
    span_id: str | None
    first: int

    @property
    def filter(self) -> LogFilter:
        """The same as a filter."""
        return LogFilter(trace_ids=(self.trace_id,), span_id=self.span_id)

    def takes(self, entry: LogEntry) -> bool:
        """Whether a line is of this trace or span."""
        return entry.trace_id == self.trace_id and self.span_id in {None, entry.span_id}


class MomentQuestion(Struct, frozen=True):
    """A page of the lines around an instant."""

    page: PageQuestion


async def logs_of_trace(
    context: RequestContext,
    project: Project,
    trace_id: str,
    *,
    start_ns: int,
    end_ns: int,
    first: int = 100,
    after: str | None = None,
) -> LogConnection:
    """The lines written in a trace, oldest first, from a minute before its start to a minute after its end.

    Asked for many traces at once it is one request a project, unless `after` is given.

    Raises: BadInput, SourceError.
    """
    require(context.principal, project, Role.VIEWER)
    return await _of(context, project, trace_id, None, Interval(start_ns, end_ns), first, after)


async def logs_of_span(
    context: RequestContext,
    project: Project,
    trace_id: str,
    span_id: str,
    *,
    start_ns: int,
    end_ns: int,
    first: int = 50,
) -> LogConnection:
    """The lines written in one span, oldest first; together with all other spans and traces that are asked for.

    Pass the trace's own start and end, so that its spans are asked for with one request.

    Raises: BadInput, SourceError.
    """
    require(context.principal, project, Role.VIEWER)
    return await _of(context, project, trace_id, span_id, Interval(start_ns, end_ns), first, None)


async def logs_around(
    context: RequestContext,
    project: Project,
    *,
    service: str | None,
    at_ns: int,
    window_ns: int,
    first: int = 100,
) -> LogConnection:
    """The lines of a service from `window_ns` before an instant to as long after it, oldest first.

    Raises: BadInput, also where it is asked for more than ten instants at once; SourceError.
    """
    require(context.principal, project, Role.VIEWER)
    if window_ns <= 0:
        raise BadInput("a window must be longer than 0s", argument="window")
    check_first(context, project, first)
    interval = Interval(at_ns - window_ns, at_ns + window_ns)
    found = ask_for(context, project, None, LogFilter(services=(service,) if service else ()))
    question = MomentQuestion(PageQuestion(project, found.expression, interval, True, first, None))
    return LogConnection(project=project, logql=found.logql, interval=interval, question=question)


async def _of(
    context: RequestContext,
    project: Project,
    trace_id: str,
    span_id: str | None,
    interval: Interval,
    first: int,
    after: str | None,
) -> LogConnection:
    check_first(context, project, first)
    widened = Interval(interval.start_ns - MARGIN_NS, interval.end_ns + MARGIN_NS)
    wanted = TraceQuestion(project, widened, trace_id_of(trace_id, argument="traceId"), span_id, first)
    logql = context.logs(project).filtered(None, wanted.filter)
    question = wanted if after is None else _page_question(context, wanted, parse_after(after))
    return LogConnection(project=project, logql=logql, interval=widened, question=question)


def _page_question(context: RequestContext, wanted: TraceQuestion, after: LogCursor | None) -> PageQuestion:
    found = ask_for(context, wanted.project, None, wanted.filter)
    return PageQuestion(wanted.project, found.expression, wanted.interval, True, wanted.first, after)


async def read_traces(context: RequestContext, keys: Sequence[TraceQuestion]) -> Sequence[LogPage | Exception]:
    """The pages of many traces and spans: one request a project for a hundred traces."""
    by_project: dict[Project, list[TraceQuestion]] = defaultdict(list)
    for key in keys:
        by_project[key.project].append(key)
    found = await together(*(_of_project(context, project, each) for project, each in by_project.items()))
    answers = {key: answer for each in found for key, answer in each.items()}
    return [answers[key] for key in keys]


async def read_moments(context: RequestContext, keys: Sequence[MomentQuestion]) -> Sequence[LogPage | Exception]:
    """One request each, since each has another window; bounded, so that a list cannot ask a hundred times."""
    if len(keys) > MAX_ALONE:
        return [BadInput(f"ask for the log lines around at most {MAX_ALONE} items at once")] * len(keys)
    return await read_pages(context, [key.page for key in keys])


async def _of_project(
    context: RequestContext, project: Project, wanted: list[TraceQuestion]
) -> dict[TraceQuestion, LogPage | Exception]:
    """A hundred traces a request. Where the limit cut the answer, up to ten are asked for again alone."""
    try:
        if len(wanted) == 1:
            return {wanted[0]: await page_of(context, _page_question(context, wanted[0], None))}
        traces = sorted({key.trace_id for key in wanted})
        parts = [traces[start : start + MAX_TOGETHER] for start in range(0, len(traces), MAX_TOGETHER)]
        answers: dict[TraceQuestion, LogPage | Exception] = {}
        for part in parts:
            keys = [key for key in wanted if key.trace_id in set(part)]
            answers.update(await _shared(context, project, part, keys))
        return answers
    except GatewayError as error:
        return dict.fromkeys(wanted, error)


async def _shared(
    context: RequestContext, project: Project, traces: list[str], wanted: list[TraceQuestion]
) -> dict[TraceQuestion, LogPage | Exception]:
    source = context.logs(project)
    interval = Interval(min(key.interval.start_ns for key in wanted), max(key.interval.end_ns for key in wanted))
    limit = source.max_lines
    with blaming("traceId"):
        expression = source.narrow(source.filtered(None, LogFilter(trace_ids=tuple(traces))), project.scope)
    lines = await source.logs(
        expression, interval, project=project, limit=limit, forward=True, call=context.call_for(project)
    )
    shares = {key: await _share(context, key, lines) for key in wanted}
    cut = [key for key, share in shares.items() if lines.full and len(share.nodes) < key.first][:MAX_ALONE]
    again = await together(*(page_of(context, _page_question(context, key, None)) for key in cut))
    return {**shares, **dict(zip(cut, again, strict=True))}


async def _share(context: RequestContext, key: TraceQuestion, lines: LogLines) -> LogPage:
    """The page that the source would have given for this trace or span alone."""
    own = [entry for entry in lines.entries if key.takes(entry)]

    async def fetch(interval: Interval, limit: int) -> LogLines:
        found = [entry for entry in own if interval.start_ns <= entry.timestamp_ns < interval.end_ns]
        return LogLines(found[:limit], lines.stats, len(found) > limit or lines.full)

    paging = Paging(key.interval, True, context.logs(key.project).max_lines)
    return await read_page(fetch, paging, first=key.first, after=None)
