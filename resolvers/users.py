"""People."""

from __future__ import annotations

from datasources.records.users import User

from .context import RequestContext
from .projects import users_by_key


async def viewer(context: RequestContext) -> User | None:
    """Who is signed in; None for an anonymous request and for a machine's token."""
    key = context.principal.user_key
    return None if key is None else await context.loaders.load(users_by_key, key)
