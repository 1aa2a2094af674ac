"""People."""

from __future__ import annotations

from datasources.exceptions import Forbidden, NotFound
from datasources.records.users import User

from .access import require_user
from .account_rules import check_email, check_name
from .context import RequestContext
from .projects import users_by_key


async def viewer(context: RequestContext) -> User | None:
    """Who is signed in; None for an anonymous request and for a machine's token."""
    key = context.principal.user_key
    return None if key is None else await context.loaders.load(users_by_key, key)


async def update_profile(context: RequestContext, *, name: str | None, email: str | None) -> User:
    """The viewer with what is not None changed.

    Raises: Forbidden for an address that one could not sign up with either, BadInput, Conflict for one that is taken.
    """
    user_key = require_user(context.principal)
    if name is not None:
        name = check_name(name, argument="input.name")
    if email is not None:
        email = check_email(email, argument="input.email")
        if not context.sign_up.admits(email):
            raise Forbidden("this address may not be taken here: an operator changes addresses")
    found = await context.repositories.users.set_profile(user_key, name=name, email=email, call=context.call)
    if found is None:
        raise NotFound("no such person")
    return found
