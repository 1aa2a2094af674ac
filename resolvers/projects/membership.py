"""Who works on a project, and as what: nobody gives, takes or changes a role above their own, and an owner stays."""

from __future__ import annotations

from uuid import UUID

from datasources.exceptions import NotFound
from datasources.records.users import Membership, Role

from ..access import require_grantable, require_person
from ..account_rules import check_email
from ..attempts import ADD_MEMBER, count_attempt
from ..context import RequestContext
from ..global_ids import key_of
from .lists import project_of_id


async def add_member(context: RequestContext, project_id: str, *, email: str, role: Role) -> Membership:
    """Somebody who has an account, as a new member.

    Raises: as `require_person` for ADMIN, NotFound for an address without an account, Conflict for a member,
    RateLimited: the answer tells who has an account.
    """
    project = await project_of_id(context, project_id)
    user_key = require_person(context.principal, project.key, Role.ADMIN)
    require_grantable(context.principal, project.key, role)
    await count_attempt(context, ADD_MEMBER, str(user_key))
    address = check_email(email, argument="email")
    user = await context.repositories.users.by_email(address, call=context.call)
    if user is None:
        raise NotFound("nobody has an account with this address")
    return await context.repositories.members.add(project.key, user.key, role, call=context.call)


async def change_member_role(context: RequestContext, project_id: str, user_id: str, role: Role) -> Membership:
    """A member with another role. Raises: as `require_person` for ADMIN, NotFound, Conflict for the last owner."""
    project = await project_of_id(context, project_id)
    require_person(context.principal, project.key, Role.ADMIN)
    require_grantable(context.principal, project.key, role)

    def check(current: Role) -> None:
        require_grantable(context.principal, project.key, current)

    return await context.repositories.members.change(
        project.key, _user_key(user_id), role, check=check, call=context.call
    )


async def remove_member(context: RequestContext, project_id: str, user_id: str) -> str:
    """The id of somebody who is no member any more; anybody may take themselves away.

    Raises: as `require_person` for ADMIN, NotFound, Conflict for the last owner.
    """
    project = await project_of_id(context, project_id)
    user_key = _user_key(user_id)
    is_oneself = user_key == context.principal.user_key
    require_person(context.principal, project.key, Role.VIEWER if is_oneself else Role.ADMIN)

    def check(current: Role) -> None:
        require_grantable(context.principal, project.key, current)

    await context.repositories.members.remove(project.key, user_key, check=check, call=context.call)
    return user_id


def _user_key(user_id: str) -> UUID:
    found = key_of("User", user_id)
    if found is None:
        raise NotFound("no such member")
    return found
