"""Projects: the ones a viewer is a member of, and nothing of the others."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from datasources.exceptions import BadInput, NotFound
from datasources.records.projects import Project
from datasources.records.shared import Connection
from datasources.records.users import Membership, Role, User

from ..access import may_see, require, require_signed_in
from ..context import RequestContext
from ..global_ids import key_of


async def projects_by_key(context: RequestContext, keys: Sequence[UUID]) -> list[Project | None]:
    """Loader batch: the projects of these keys, None for those that the viewer may not see."""
    seen = [key for key in keys if may_see(context.principal, key)]
    found = await context.repositories.projects.by_keys(seen, call=context.call) if seen else []
    by_key = {project.key: project for project in found}
    return [by_key.get(key) for key in keys]


async def project_of_id(context: RequestContext, global_id: str) -> Project:
    """The project that a mutation names.

    Raises: Unauthenticated; NotFound for an id that is none, of nothing, or of a project that is not the viewer's.
    """
    require_signed_in(context.principal)
    key = key_of("Project", global_id)
    found = None if key is None else await context.loaders.load(projects_by_key, key)
    if found is None:
        raise NotFound("no such project")
    return found


async def project(context: RequestContext, slug: str) -> Project | None:
    """The project of a slug; None where there is none, or none for this viewer."""
    if context.principal.is_anonymous:
        return None
    found = await context.repositories.projects.by_slug(slug, call=context.call)
    return found if found is not None and may_see(context.principal, found.key) else None


async def projects(
    context: RequestContext, *, search: str | None, first: int, after: str | None
) -> Connection[Project]:
    """The viewer's projects by slug. Raises: BadInput for a page that is too large."""
    check_page(context, first)
    keys = list(context.principal.roles)
    if not keys:
        return Connection(nodes=[], cursors=[], total_count=0)
    return await context.repositories.projects.page(keys, search=search, first=first, after=after, call=context.call)


async def members(context: RequestContext, project: Project) -> list[Membership]:
    """Who works on it, by role and name."""
    require(context.principal, project, Role.VIEWER)
    return await context.loaders.load(_members_of, project.key)


async def users_by_key(context: RequestContext, keys: Sequence[UUID]) -> list[User | None]:
    """Loader batch: the people of these keys."""
    found = {user.key: user for user in await context.repositories.users.by_keys(keys, call=context.call)}
    return [found.get(key) for key in keys]


async def memberships(context: RequestContext, user: User) -> list[Membership]:
    """A person's memberships; of somebody else only those in projects that the viewer is in too."""
    found = await context.loaders.load(_memberships_of, user.key)
    return [one for one in found if may_see(context.principal, one.project_key)]


def check_page(context: RequestContext, first: int) -> None:
    """Raises: BadInput where a page is empty or larger than allowed."""
    if not 1 <= first <= context.limits.max_page:
        raise BadInput(f"`first` must be between 1 and {context.limits.max_page}", argument="first")


async def _members_of(context: RequestContext, keys: Sequence[UUID]) -> list[list[Membership]]:
    found = await context.repositories.projects.members(keys, call=context.call)
    return [[one for one in found if one.project_key == key] for key in keys]


async def _memberships_of(context: RequestContext, keys: Sequence[UUID]) -> list[list[Membership]]:
    found = await context.repositories.users.memberships(keys, call=context.call)
    return [[one for one in found if one.user_key == key] for key in keys]


async def may_see_user(context: RequestContext, key: UUID) -> bool:
    """Whether a person is the viewer, or works with the viewer on a project."""
    if key == context.principal.user_key:
        return True
    found = await context.loaders.load(_memberships_of, key)
    return any(may_see(context.principal, one.project_key) for one in found)
