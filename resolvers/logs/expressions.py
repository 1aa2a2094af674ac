"""From what a person asked for (LogQL, a filter, or both) to an expression narrowed to the project."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from msgspec.structs import replace

from datasources.exceptions import BadInput
from datasources.records.log_cursors import LogCursor, parse_log_cursor
from datasources.records.logs import LabelMatcher, LogFilter, normalise_trace_id
from datasources.records.projects import Project
from datasources.scope import ScopedLogQL

from ..context import RequestContext

NO_FILTER = LogFilter()
MAX_CONDITIONS = 50


class LogQuestion(NamedTuple):
    """`logql` as it is shown, and what is sent for it."""

    logql: str
    expression: ScopedLogQL


def ask_for(context: RequestContext, project: Project, query: str | None, found: LogFilter | None) -> LogQuestion:
    """The project's lines that `query` and the filter select.

    Raises: BadInput with the argument, and for `query` with the offset in it.
    """
    source = context.logs(project)
    found = _checked(found or NO_FILTER)
    if query is not None:
        with blaming("query"):
            # Alone first: the offset of a refusal is then one in the person's own text.
            source.narrow(query, project.scope)
            logql = source.filtered(query, NO_FILTER)
        with blaming("filter"):
            logql = source.filtered(logql, found)
    else:
        with blaming("filter"):
            logql = source.filtered(None, found)
    with blaming("filter", position=False):
        return LogQuestion(logql, source.narrow(logql, project.scope))


@contextmanager
def blaming(argument: str, *, position: bool = True) -> Iterator[None]:
    """Names the argument that a refusal is about; `position` where the offset is one in the person's text."""
    try:
        yield
    except BadInput as refused:
        at = refused.position if position else None
        raise type(refused)(refused.message, argument=refused.argument or argument, position=at) from None


def parse_after(text: str | None) -> LogCursor | None:
    """The place that a client hands back. Raises: BadInput."""
    if text is None:
        return None
    try:
        return parse_log_cursor(text)
    except ValueError as error:
        raise BadInput(str(error), argument="after") from None


def check_first(context: RequestContext, project: Project, first: int) -> int:
    """How many lines a page may hold. Raises: BadInput."""
    most = min(context.limits.max_log_lines, context.logs(project).max_lines)
    if not 1 <= first <= most:
        raise BadInput(f"`first` must be between 1 and {most}", argument="first")
    return first


def of_service(found: LogFilter | None, service: str) -> LogFilter:
    """The filter, and besides only this service's lines."""
    found = found or NO_FILTER
    return replace(found, labels=(*found.labels, LabelMatcher("service_name", "=", service)))


def trace_id_of(text: str, *, argument: str) -> str:
    """32 hex digits. Raises: BadInput."""
    found = normalise_trace_id(text.strip())
    if found is None:
        raise BadInput("a trace id is written with up to 32 hex digits", argument=argument)
    return found


def _checked(found: LogFilter) -> LogFilter:
    lists = (found.services, found.contains, found.excludes, found.labels, found.fields)
    if sum(map(len, lists)) > MAX_CONDITIONS:
        raise BadInput(f"a filter has at most {MAX_CONDITIONS} conditions", argument="filter")
    if not found.trace_ids:
        return found
    return replace(found, trace_ids=tuple(trace_id_of(each, argument="filter.traceId") for each in found.trace_ids))
