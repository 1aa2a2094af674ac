"""Error events, by key, by trace, and what they belong to."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from datasources.records.errors import ErrorEvent, ErrorGroup
from datasources.records.projects import Project
from datasources.records.users import Role

from ..access import may_see, require, require_by_key
from ..context import RequestContext
from ..projects import projects_by_key
from .groups import error_groups_by_key

MAX_OF_TRACE = 100


async def errors_of_traces(
    context: RequestContext, project: Project, trace_ids: Sequence[str]
) -> list[list[ErrorEvent]]:
    """The events that were reported in each of the project's traces, in order of time, at most a hundred of each.

    Asked for many traces at once it is one statement. Raises: SourceError.
    """
    require(context.principal, project, Role.VIEWER)
    return await context.loaders.load_many(_of_traces, [(project.key, trace_id) for trace_id in trace_ids])


async def error_events_by_key(context: RequestContext, keys: Sequence[UUID]) -> list[ErrorEvent | None]:
    """Loader batch: the events of these keys, None for those that the viewer may not see."""
    found = await context.repositories.errors.events.by_keys(keys, call=context.call)
    by_key = {event.key: event for event in found if may_see(context.principal, event.project_key)}
    return [by_key.get(key) for key in keys]


async def group_of(context: RequestContext, event: ErrorEvent) -> ErrorGroup:
    """The group that an event belongs to."""
    require_by_key(context.principal, event.project_key, Role.VIEWER)
    found = await context.loaders.load(error_groups_by_key, event.group_key)
    assert found is not None, "an event has a group for as long as it is there"
    return found


async def project_of(context: RequestContext, event: ErrorEvent) -> Project:
    """The project that an event belongs to."""
    require_by_key(context.principal, event.project_key, Role.VIEWER)
    found = await context.loaders.load(projects_by_key, event.project_key)
    assert found is not None, "who may see an event may see its project"
    return found


async def _of_traces(context: RequestContext, keys: Sequence[tuple[UUID, str]]) -> Sequence[list[ErrorEvent]]:
    return await context.repositories.errors.events.of_traces(keys, limit=MAX_OF_TRACE, call=context.call)
