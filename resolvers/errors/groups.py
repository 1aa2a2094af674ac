"""Lists of error groups."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from datasources.exceptions import BadInput
from datasources.records.errors import ErrorFilter, ErrorGroup, ErrorGroupConnection, ErrorOrder, GroupQuery
from datasources.records.projects import Project
from datasources.records.time import ns_to_datetime
from datasources.records.users import Role

from ..access import may_see, require, require_by_key
from ..context import RequestContext
from ..projects import check_page
from ..questions import ask_by_question
from ..time_ranges import TimeRange, resolve_range

MAX_SEARCH = 200
MAX_TAGS = 20


async def errors(
    context: RequestContext,
    project: Project,
    *,
    wanted: ErrorFilter,
    order: ErrorOrder,
    asked: TimeRange | None,
    first: int,
    after: str | None,
) -> ErrorGroupConnection:
    """A page of a project's groups; together with those of other projects that are asked the same.

    Raises: BadInput for a range, a page or a cursor that is none; SourceError.
    """
    require(context.principal, project, Role.VIEWER)
    check_page(context, first)
    if len(wanted.search or "") > MAX_SEARCH:
        raise BadInput(f"a search is at most {MAX_SEARCH} characters long", argument="filter.search")
    if len(wanted.tags) > MAX_TAGS:
        raise BadInput(f"a filter has at most {MAX_TAGS} tags", argument="filter.tags")
    query = GroupQuery(filter=wanted, order=order, first=first, after=after)
    if asked is not None:
        query = within(context, query, asked)
    return await context.loaders.load(_of_projects, (project.key, query))


async def count_groups(context: RequestContext, shown: ErrorGroupConnection) -> int:
    """How many groups there are on all pages of a list."""
    require_by_key(context.principal, shown.project_key, Role.VIEWER)
    query = shown.query
    whole = GroupQuery(filter=query.filter, start=query.start, end=query.end)
    return await context.loaders.load(_counts, (shown.project_key, whole))


async def error_groups_by_key(context: RequestContext, keys: Sequence[UUID]) -> list[ErrorGroup | None]:
    """Loader batch: the groups of these keys, None for those that the viewer may not see."""
    found = await context.repositories.errors.groups.by_keys(keys, call=context.call)
    by_key = {group.key: group for group in found if may_see(context.principal, group.project_key)}
    return [by_key.get(key) for key in keys]


def within(context: RequestContext, query: GroupQuery, asked: TimeRange) -> GroupQuery:
    """The query kept to a range. Raises: BadInput."""
    interval = resolve_range(context, asked)
    return GroupQuery(
        filter=query.filter,
        order=query.order,
        start=ns_to_datetime(interval.start_ns),
        end=ns_to_datetime(interval.end_ns),
        first=query.first,
        after=query.after,
    )


async def _of_projects(
    context: RequestContext, keys: Sequence[tuple[UUID, GroupQuery]]
) -> Sequence[ErrorGroupConnection | Exception]:
    groups = context.repositories.errors.groups
    return await ask_by_question(keys, lambda projects, query: groups.of_projects(projects, query, call=context.call))


async def _counts(context: RequestContext, keys: Sequence[tuple[UUID, GroupQuery]]) -> Sequence[int | Exception]:
    groups = context.repositories.errors.groups
    return await ask_by_question(keys, lambda projects, query: groups.count(projects, query, call=context.call))
