"""Making, changing and deleting projects."""

from __future__ import annotations

import re
from collections.abc import Sequence

from datasources.exceptions import BadInput, Forbidden, NotFound
from datasources.records.projects import Project
from datasources.records.users import Role
from datasources.scope import Rule

from ..access import administers, require_person, require_user, with_role
from ..account_rules import check_name
from ..context import RequestContext
from .lists import project_of_id, projects_by_key
from .wall import ScopeInput, lies_within, rules_of

_SLUG = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
WALL = (
    "a project's scope has to lie within the scope of one where you are ADMIN or OWNER, with its tenant and its sources; "
    "any other is made by an operator with `python -m gateway project create`"
)


def check_slug(slug: str, *, argument: str) -> str:
    """The slug. Raises: BadInput for what is none."""
    if not _SLUG.fullmatch(slug) or slug.startswith("deleted-"):
        raise BadInput("a slug has 1 to 63 lower-case letters, digits and dashes", argument=argument)
    return slug


async def create_project(context: RequestContext, *, slug: str, name: str, scope: ScopeInput) -> Project:
    """A project of the viewer, who becomes its owner, within one that they administer.

    Raises: BadInput, Forbidden for a scope beyond the wall, Conflict for a slug that is taken.
    """
    user_key = require_user(context.principal)
    slug = check_slug(slug, argument="input.slug")
    name = check_name(name, argument="input.name")
    rules = rules_of(scope.labels, argument="input.scope.labels")
    outer = await _outer(context, scope, rules)
    created = await context.repositories.projects.create(
        slug=slug,
        name=name,
        rules=rules,
        tenant=outer.scope.tenant,
        metrics_source=outer.metrics_source,
        logs_source=outer.logs_source,
        traces_source=outer.traces_source,
        owner_key=user_key,
        within_key=outer.within_key or outer.key,
        call=context.call,
    )
    context.principal = with_role(context.principal, created.key, Role.OWNER)
    return created


async def update_project(
    context: RequestContext, project_id: str, *, name: str | None, scope: ScopeInput | None
) -> Project:
    """The project with what is not None changed. Raises: as `create_project`, and as `require_person` for ADMIN."""
    found = await project_of_id(context, project_id)
    require_person(context.principal, found.key, Role.ADMIN)
    checked = None if name is None else check_name(name, argument="input.name")
    changed: Project | None = found
    if scope is not None:
        rules = rules_of(scope.labels, argument="input.scope.labels")
        # its own scope comes first: narrowing a project leaves it where it is
        own = lies_within(scope, rules, found)
        outer = found if own else await _outer(context, scope, rules)
        changed = await context.repositories.projects.rescope(
            found.key,
            rules,
            outer.scope.tenant,
            (outer.metrics_source, outer.logs_source, outer.traces_source),
            found.within_key if own else outer.within_key or outer.key,
            call=context.call,
        )
    if checked is not None and changed is not None:
        changed = await context.repositories.projects.rename(found.key, checked, call=context.call)
    if changed is None:
        raise NotFound("no such project")
    return changed


async def delete_project(context: RequestContext, project_id: str) -> str:
    """The id of the project, which is nobody's from now on. Raises: as `require_person` for OWNER, Conflict."""
    found = await project_of_id(context, project_id)
    require_person(context.principal, found.key, Role.OWNER)
    if not await context.repositories.projects.delete(found.key, now=context.now, call=context.call):
        raise NotFound("no such project")
    return found.id


async def _outer(context: RequestContext, asked: ScopeInput, rules: Sequence[Rule]) -> Project:
    """The project that a scope lies within, the first by its slug. Raises: Forbidden where there is none."""
    mine = [key for key in context.principal.roles if administers(context.principal, key)]
    found = await context.loaders.load_many(projects_by_key, mine) if mine else []
    for project in sorted((one for one in found if one is not None), key=lambda one: one.slug):
        if lies_within(asked, rules, project):
            return project
    raise Forbidden(WALL)
