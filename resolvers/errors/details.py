"""What one error group tells of itself: for a whole page of groups, one statement for each of these."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from datasources.records.errors import (
    CountPoint,
    ErrorActivity,
    ErrorEvent,
    ErrorGroup,
    EventQuery,
    TagSummary,
)
from datasources.records.shared import Connection, Interval
from datasources.records.time import ns_to_datetime
from datasources.records.users import Role

from ..access import require_by_key
from ..context import RequestContext
from ..projects import check_page
from ..questions import ask_by_question
from ..time_ranges import TimeRange, resolve_range, with_step


async def count_events(context: RequestContext, group: ErrorGroup, asked: TimeRange | None) -> int:
    """Reports in a range; without one, all since the first."""
    require_by_key(context.principal, group.project_key, Role.VIEWER)
    if asked is None:
        return group.total_events
    return await context.loaders.load(_event_counts, (group.key, resolve_range(context, asked)))


async def count_users(context: RequestContext, group: ErrorGroup, asked: TimeRange | None) -> int:
    """Distinct users hit in the hours that a range touches; without one, all since the first."""
    require_by_key(context.principal, group.project_key, Role.VIEWER)
    if asked is None:
        return group.total_users
    return await context.loaders.load(_user_counts, (group.key, resolve_range(context, asked)))


async def group_trend(context: RequestContext, group: ErrorGroup, asked: TimeRange, step_ns: int) -> list[CountPoint]:
    """Reports per step without gaps; the range is widened to whole steps, so that no report of it is missing.

    Raises: BadInput for a range or step that is none, or too many points.
    """
    require_by_key(context.principal, group.project_key, Role.VIEWER)
    resolved = resolve_range(context, asked)
    start_ns = with_step(context, resolved, step_ns).start_ns
    return await context.loaders.load(_trends, (group.key, Interval(start_ns, ceil(resolved.end_ns, step_ns), step_ns)))


async def group_tags(context: RequestContext, group: ErrorGroup) -> list[TagSummary]:
    """The tags of its reports, by name."""
    require_by_key(context.principal, group.project_key, Role.VIEWER)
    return await context.loaders.load(_tags, group.key)


async def latest_event(context: RequestContext, group: ErrorGroup) -> ErrorEvent | None:
    """The latest report; None where retention left none."""
    require_by_key(context.principal, group.project_key, Role.VIEWER)
    return await context.loaders.load(_latest, group.key)


async def group_events(
    context: RequestContext, group: ErrorGroup, asked: TimeRange | None, *, first: int, after: str | None
) -> Connection[ErrorEvent]:
    """A page of its reports, the latest received first. Raises: BadInput, SourceError."""
    require_by_key(context.principal, group.project_key, Role.VIEWER)
    check_page(context, first)
    start = end = None
    if asked is not None:
        interval = resolve_range(context, asked)
        start, end = ns_to_datetime(interval.start_ns), ns_to_datetime(interval.end_ns)
    query = EventQuery(start=start, end=end, first=first, after=after)
    return await context.loaders.load(_events, (group.key, query))


async def group_activity(
    context: RequestContext, group: ErrorGroup, *, first: int, after: str | None
) -> Connection[ErrorActivity]:
    """A page of what was done to it, the latest first. Raises: BadInput, SourceError."""
    require_by_key(context.principal, group.project_key, Role.VIEWER)
    check_page(context, first)
    return await context.loaders.load(_activity, (group.key, EventQuery(first=first, after=after)))


def ceil(at_ns: int, step_ns: int) -> int:
    """The first multiple of the step that is not before an instant."""
    return -(-at_ns // step_ns) * step_ns


async def _event_counts(context: RequestContext, keys: Sequence[tuple[UUID, Interval]]) -> Sequence[int | Exception]:
    async def ask(groups: list[UUID], within: Interval) -> list[int]:
        start, end = ns_to_datetime(within.start_ns), ns_to_datetime(within.end_ns)
        return await context.repositories.errors.counts.events(groups, start, end, call=context.call)

    return await ask_by_question(keys, ask)


async def _user_counts(context: RequestContext, keys: Sequence[tuple[UUID, Interval]]) -> Sequence[int | Exception]:
    async def ask(groups: list[UUID], within: Interval) -> list[int]:
        start, end = ns_to_datetime(within.start_ns), ns_to_datetime(within.end_ns)
        return await context.repositories.errors.counts.users(groups, start, end, call=context.call)

    return await ask_by_question(keys, ask)


async def _trends(
    context: RequestContext, keys: Sequence[tuple[UUID, Interval]]
) -> Sequence[list[CountPoint] | Exception]:
    counts = context.repositories.errors.counts
    return await ask_by_question(keys, lambda groups, within: counts.group_trends(groups, within, call=context.call))


async def _tags(context: RequestContext, keys: Sequence[UUID]) -> Sequence[list[TagSummary]]:
    return await context.repositories.errors.counts.tags(keys, call=context.call)


async def _latest(context: RequestContext, keys: Sequence[UUID]) -> Sequence[ErrorEvent | None]:
    return await context.repositories.errors.events.latest(keys, call=context.call)


async def _events(
    context: RequestContext, keys: Sequence[tuple[UUID, EventQuery]]
) -> Sequence[Connection[ErrorEvent] | Exception]:
    events = context.repositories.errors.events
    return await ask_by_question(keys, lambda groups, query: events.of_groups(groups, query, call=context.call))


async def _activity(
    context: RequestContext, keys: Sequence[tuple[UUID, EventQuery]]
) -> Sequence[Connection[ErrorActivity] | Exception]:
    activity = context.repositories.errors.activity
    return await ask_by_question(keys, lambda groups, query: activity.of_groups(groups, query, call=context.call))
