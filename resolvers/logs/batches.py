"""The lines of traces, spans and moments, asked for by items of a list: together, not one by one."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from datasources.exceptions import BadInput, GatewayError
from datasources.records.logs import LogConnection, LogEntry, LogFilter, LogLines
from datasources.records.projects import Project
from datasources.records.shared import NS_PER_S, Interval
from datasources.records.users import Role

from ..access import require
from ..concurrency import together
from ..context import RequestContext
from .expressions import ask_for, blaming, check_first, parse_after, trace_id_of
from .lines import connection_of, page_of
from .pages import Paging, read_page

MARGIN_NS = 60 * NS_PER_S
MAX_ALONE = 10
MAX_TOGETHER = 100


class Wanted(Struct, frozen=True):
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


class Moment(Struct, frozen=True):
    """The lines of a service (of the project, for None) around an instant."""

    project: Project
    interval: Interval
    service: str | None
    first: int


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
    return await context.loaders.load(_moments, Moment(project, interval, service, first))


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
    wanted = Wanted(project, widened, trace_id_of(trace_id, argument="traceId"), span_id, first)
    if after is not None:
        return await _alone(context, wanted, after)
    return await context.loaders.load(_wanted, wanted)


async def _wanted(context: RequestContext, keys: Sequence[Wanted]) -> Sequence[LogConnection | Exception]:
    by_project: dict[Project, list[Wanted]] = defaultdict(list)
    for key in keys:
        by_project[key.project].append(key)
    found = await together(*(_of_project(context, project, each) for project, each in by_project.items()))
    answers = {key: answer for each in found for key, answer in each.items()}
    return [answers[key] for key in keys]


async def _of_project(
    context: RequestContext, project: Project, wanted: list[Wanted]
) -> dict[Wanted, LogConnection | Exception]:
    """A hundred traces a request. Where the limit cut the answer, up to ten are asked for again alone."""
    try:
        if len(wanted) == 1:
            return {wanted[0]: await _alone(context, wanted[0], None)}
        traces = sorted({key.trace_id for key in wanted})
        parts = [traces[start : start + MAX_TOGETHER] for start in range(0, len(traces), MAX_TOGETHER)]
        answers: dict[Wanted, LogConnection | Exception] = {}
        for part in parts:
            keys = [key for key in wanted if key.trace_id in set(part)]
            answers.update(await _shared(context, project, part, keys))
        return answers
    except GatewayError as error:
        return dict.fromkeys(wanted, error)


async def _shared(
    context: RequestContext, project: Project, traces: list[str], wanted: list[Wanted]
) -> dict[Wanted, LogConnection | Exception]:
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
    again = await together(*(_alone(context, key, None) for key in cut))
    return {**shares, **dict(zip(cut, again, strict=True))}


async def _share(context: RequestContext, key: Wanted, lines: LogLines) -> LogConnection:
    """The page that the source would have given for this trace or span alone."""
    own = [entry for entry in lines.entries if key.takes(entry)]

    async def fetch(interval: Interval, limit: int) -> LogLines:
        found = [entry for entry in own if interval.start_ns <= entry.timestamp_ns < interval.end_ns]
        return LogLines(found[:limit], lines.stats, len(found) > limit or lines.full)

    source = context.logs(key.project)
    page = await read_page(fetch, Paging(key.interval, True, source.max_lines), first=key.first, after=None)
    logql = source.filtered(None, key.filter)
    return connection_of(page, key.project, logql, key.interval, has_previous=False)


async def _alone(context: RequestContext, key: Wanted, after: str | None) -> LogConnection:
    question = ask_for(context, key.project, None, key.filter)
    place = parse_after(after)
    return await page_of(context, key.project, question, key.interval, forward=True, first=key.first, after=place)


async def _moments(context: RequestContext, keys: Sequence[Moment]) -> Sequence[LogConnection | Exception]:
    """One request each, since each has another window; bounded, so that a list cannot ask a hundred times."""
    if len(keys) > MAX_ALONE:
        return [BadInput(f"ask for the log lines around at most {MAX_ALONE} items at once")] * len(keys)
    return await together(*(_moment(context, key) for key in keys))


async def _moment(context: RequestContext, key: Moment) -> LogConnection | Exception:
    try:
        services = (key.service,) if key.service else ()
        question = ask_for(context, key.project, None, LogFilter(services=services))
        return await page_of(context, key.project, question, key.interval, forward=True, first=key.first, after=None)
    except GatewayError as error:
        return error
