"""Pages of a project's log lines."""

from __future__ import annotations

from datasources.records.log_cursors import LogCursor
from datasources.records.logs import LogConnection, LogFilter, LogLines
from datasources.records.projects import Project
from datasources.records.shared import Interval
from datasources.records.users import Role

from ..access import require
from ..context import RequestContext
from ..time_ranges import TimeRange, resolve_range
from .expressions import LogQuestion, ask_for, blaming, check_first, parse_after
from .pages import Page, Paging, read_page


async def logs(
    context: RequestContext,
    project: Project,
    *,
    query: str | None = None,
    filter: LogFilter | None = None,
    asked: TimeRange,
    forward: bool = False,
    first: int = 100,
    after: str | None = None,
) -> LogConnection:
    """One page of the lines that `query` and `filter` select, the newest first unless `forward`.

    Raises: NotFound, Forbidden; BadInput with the argument; SourceError.
    """
    require(context.principal, project, Role.VIEWER)
    interval = resolve_range(context, asked)
    check_first(context, project, first)
    question = ask_for(context, project, query, filter)
    return await page_of(context, project, question, interval, forward=forward, first=first, after=parse_after(after))


async def page_of(
    context: RequestContext,
    project: Project,
    question: LogQuestion,
    interval: Interval,
    *,
    forward: bool,
    first: int,
    after: LogCursor | None,
) -> LogConnection:
    """One page of a question that is narrowed already. Raises: BadInput, SourceError."""
    source = context.logs(project)
    call = context.call_for(project)

    async def fetch(interval: Interval, limit: int) -> LogLines:
        with blaming("query"):
            return await source.logs(
                question.expression, interval, project=project, limit=limit, forward=forward, call=call
            )

    paging = Paging(interval, forward, source.max_lines)
    page = await read_page(fetch, paging, first=first, after=after)
    return connection_of(page, project, question.logql, interval, has_previous=after is not None)


def connection_of(page: Page, project: Project, logql: str, interval: Interval, *, has_previous: bool) -> LogConnection:
    """A page with what its volume and patterns need."""
    return LogConnection(
        project=project,
        nodes=page.entries,
        has_next_page=page.has_next,
        has_previous_page=has_previous,
        stats=page.stats,
        logql=logql,
        interval=interval,
    )
