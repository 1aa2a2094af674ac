"""The attributes found in a project's traces, for completing a filter."""

from __future__ import annotations

from datasources.exceptions import BadInput
from datasources.records.projects import Project
from datasources.records.traces import AttributeName, TraceAttribute
from datasources.records.users import Role

from ..access import require
from ..context import RequestContext
from ..time_ranges import TimeRange, resolve_range

MAX_VALUES = 1_000


async def trace_attributes(
    context: RequestContext, project: Project, time_range: TimeRange, *, search: str | None = None
) -> list[TraceAttribute]:
    """The attributes whose names hold `search`, in any case, by scope and name. Raises: BadInput, SourceError."""
    require(context.principal, project, Role.VIEWER)
    interval = resolve_range(context, time_range)
    names = await context.traces(project).attributes(project.scope, interval, call=context.call_for(project))
    return [
        TraceAttribute(project=project, interval=interval, name=each.name, scope=each.scope)
        for each in names
        if _holds(each.name, search)
    ]


async def trace_attribute_values(
    context: RequestContext, attribute: TraceAttribute, *, search: str | None, first: int
) -> list[str]:
    """Values that hold `search`, in any case, sorted; of an attribute with very many values, of a part of them.

    Raises: BadInput, SourceError.
    """
    require(context.principal, attribute.project, Role.VIEWER)
    if not 1 <= first <= MAX_VALUES:
        raise BadInput(f"`first` must be between 1 and {MAX_VALUES}", argument="first")
    values = await context.traces(attribute.project).attribute_values(
        AttributeName(attribute.name, attribute.scope),
        attribute.project.scope,
        attribute.interval,
        limit=MAX_VALUES if search else first,
        call=context.call_for(attribute.project),
    )
    return [value for value in values if _holds(value, search)][:first]


def _holds(text: str, search: str | None) -> bool:
    return not search or search.casefold() in text.casefold()
