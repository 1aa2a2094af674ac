"""A project's errors at a glance, for all projects of a request at once."""

from __future__ import annotations

from collections.abc import Sequence

from datasources.records.errors import (
    ErrorFilter,
    ErrorGroup,
    ErrorOrder,
    ErrorStatus,
    ErrorSummary,
)
from datasources.records.projects import Project
from datasources.records.shared import Interval
from datasources.records.time import ns_to_datetime
from datasources.records.users import Role

from ..access import require
from ..context import RequestContext
from ..questions import ask_by_question
from ..time_ranges import TimeRange
from .groups import errors


async def error_summary(context: RequestContext, project: Project, interval: Interval) -> ErrorSummary:
    """Groups unresolved now, and what came in within the interval, whose ends are multiples of its step.

    Raises: SourceError.
    """
    require(context.principal, project, Role.VIEWER)
    return await context.loaders.load(_summaries, (project, interval))


async def top_errors(context: RequestContext, summary: ErrorSummary, *, first: int = 5) -> list[ErrorGroup]:
    """The unresolved groups with the most reports in the summary's interval. Raises: BadInput, SourceError."""
    project, interval = summary.project, summary.interval
    require(context.principal, project, Role.VIEWER)
    page = await errors(
        context,
        project,
        wanted=ErrorFilter(statuses=(ErrorStatus.UNRESOLVED,)),
        order=ErrorOrder.EVENTS,
        asked=TimeRange(from_ns=interval.start_ns, to_ns=interval.end_ns),
        first=first,
        after=None,
    )
    return page.nodes


async def _summaries(
    context: RequestContext, keys: Sequence[tuple[Project, Interval]]
) -> Sequence[ErrorSummary | Exception]:
    async def ask(projects: list[Project], interval: Interval) -> list[ErrorSummary]:
        counts, project_keys = context.repositories.errors.counts, [project.key for project in projects]
        start, end = ns_to_datetime(interval.start_ns), ns_to_datetime(interval.end_ns)
        call = context.call_for(*projects)
        totals = await counts.project_totals(project_keys, start, end, call=call)
        trends = await counts.project_trends(project_keys, interval, call=call)
        return [
            ErrorSummary(
                project=project,
                interval=interval,
                unresolved=unresolved,
                new=new,
                events=sum(point.count for point in trend),
                users_affected=users,
                trend=trend,
            )
            for project, (unresolved, new, users), trend in zip(projects, totals, trends, strict=True)
        ]

    return await ask_by_question(keys, ask)
