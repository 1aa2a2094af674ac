"""Pages of a project's log lines."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from datasources.exceptions import GatewayError
from datasources.records.log_cursors import LogCursor
from datasources.records.logs import LogConnection, LogFilter, LogLines, LogPage
from datasources.records.projects import Project
from datasources.records.shared import Interval
from datasources.records.users import Role
from datasources.scope import ScopedLogQL

from ..access import require
from ..concurrency import together
from ..context import RequestContext
from ..time_ranges import TimeRange, resolve_range
from .expressions import ask_for, blaming, check_first, parse_after
from .pages import Paging, read_page


class PageQuestion(Struct, frozen=True):
    """One page of lines."""

    project: Project
    expression: ScopedLogQL
    interval: Interval
    forward: bool
    first: int
    after: LogCursor | None


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

    Nothing is asked of the source yet.

    Raises: NotFound, Forbidden; BadInput with the argument.
    """
    require(context.principal, project, Role.VIEWER)
    interval = resolve_range(context, asked)
    check_first(context, project, first)
    found = ask_for(context, project, query, filter)
    question = PageQuestion(project, found.expression, interval, forward, first, parse_after(after))
    return LogConnection(project=project, logql=found.logql, interval=interval, question=question)


async def read_pages(context: RequestContext, keys: Sequence[PageQuestion]) -> Sequence[LogPage | Exception]:
    """One request each, side by side: a limit is shared by all that one asks for, so pages cannot be merged."""
    return await together(*(_outcome(context, key) for key in keys))


async def _outcome(context: RequestContext, question: PageQuestion) -> LogPage | Exception:
    try:
        return await page_of(context, question)
    except GatewayError as error:
        return error


async def page_of(context: RequestContext, question: PageQuestion) -> LogPage:
    """Raises: BadInput, SourceError."""
    source, call = context.logs(question.project), context.call_for(question.project)

    async def fetch(interval: Interval, limit: int) -> LogLines:
        with blaming("query"):
            return await source.logs(
                question.expression,
                interval,
                project=question.project,
                limit=limit,
                forward=question.forward,
                call=call,
            )

    paging = Paging(question.interval, question.forward, source.max_lines)
    return await read_page(fetch, paging, first=question.first, after=question.after)
