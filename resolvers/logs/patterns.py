"""The recurring shapes of lines."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from datasources.exceptions import BadInput, GatewayError
from datasources.records.logs import LogConnection, LogPattern
from datasources.records.projects import Project
from datasources.records.shared import Interval

from ..concurrency import together
from ..context import RequestContext
from ..time_ranges import with_step
from .expressions import blaming

MAX_STEPS = 60


class PatternQuestion(Struct, frozen=True):
    """The patterns of the streams that a query selects."""

    project: Project
    logql: str
    interval: Interval


async def log_patterns(context: RequestContext, connection: LogConnection, first: int) -> list[LogPattern]:
    """The most frequent shapes of the lines in the streams that the page's query selects; its pipeline has no say.

    Raises: BadInput, SourceError.
    """
    if not 1 <= first <= context.limits.max_page:
        raise BadInput(f"`first` must be between 1 and {context.limits.max_page}", argument="first")
    interval = with_step(context, connection.interval, max_points=MAX_STEPS)
    question = PatternQuestion(connection.project, connection.logql, interval)
    return (await context.loaders.load(_patterns, question))[:first]


async def _patterns(context: RequestContext, keys: Sequence[PatternQuestion]) -> Sequence[list[LogPattern] | Exception]:
    """One request each: an answer does not say which project's streams a pattern is of, so they cannot be merged."""
    return await together(*(_ask(context, key) for key in keys))


async def _ask(context: RequestContext, key: PatternQuestion) -> list[LogPattern] | Exception:
    source = context.logs(key.project)
    try:
        with blaming("query"):
            selector = source.narrow_selector(key.logql, key.project.scope)
        return await source.patterns(selector, key.interval, call=context.call_for(key.project))
    except GatewayError as error:
        return error
