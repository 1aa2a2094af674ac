"""From a credential to a Principal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from datasources.calls import Call
from datasources.exceptions import Unauthenticated
from resolvers.access import ANONYMOUS, Principal

from .tokens import REFUSED, AccessTokens

if TYPE_CHECKING:
    from datasources.postgres.users import UsersRepository

MAX_HEADER = 8_192


async def authenticate(
    authorization: str | None, tokens: AccessTokens, users: UsersRepository, *, call: Call
) -> Principal:
    """Who sends this Authorization header; anonymous without one.

    Raises: Unauthenticated for a scheme that is not Bearer, a token that is not valid, and a person who is disabled.
    """
    if authorization is None:
        return ANONYMOUS
    scheme, _, token = authorization.partition(" ")
    if scheme.lower() != "bearer" or not token.strip() or len(authorization) > MAX_HEADER:
        raise Unauthenticated("send the credential as `Authorization: Bearer <token>`")
    user_key = tokens.verify(token.strip())
    roles = await users.roles_of(user_key, call=call)
    if roles is None:
        raise Unauthenticated(REFUSED)
    return Principal(user_key, roles)
