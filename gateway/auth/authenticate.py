"""From a credential to a Principal."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Protocol

import jwt

from datasources.calls import Call
from datasources.exceptions import Unauthenticated
from datasources.postgres.last_known import LastKnown
from resolvers.access import ANONYMOUS, Principal

from .last_use import LastUse
from .secrets import digest
from .tokens import REFUSED, AccessTokens

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from datasources.postgres.api_tokens import TokenRole
    from datasources.postgres.repositories import Repositories
    from datasources.records.users import Role

MAX_HEADER = 8_192
API_TOKEN_PREFIX = "gwt_"


class ForeignTokens(Protocol):
    """Tokens that somebody else issues. Implemented by `oidc.OidcTokens`."""

    async def principal(self, token: str, call: Call) -> Principal:
        """Who it is. Raises: Unauthenticated."""


class Authenticator:
    """Tells who sends an Authorization header: one statement for an access or API token."""

    def __init__(
        self,
        tokens: AccessTokens,
        repositories: Repositories,
        *,
        last_use: LastUse,
        foreign: ForeignTokens | None = None,
    ) -> None:
        self._tokens = tokens
        self._repositories = repositories
        self._last_use = last_use
        self._foreign = foreign
        self._people: LastKnown[tuple[UUID, UUID | None], Mapping[UUID, Role] | None] = LastKnown()
        self._machines: LastKnown[bytes, TokenRole | None] = LastKnown()

    async def __call__(self, authorization: str | None, *, call: Call) -> Principal:
        """Who it is; anonymous without a header.

        Raises: Unauthenticated for a scheme that is not Bearer, and, in the same words, for any token that is not
        valid, has ended, or is of somebody who is disabled.
        """
        if authorization is None:
            return ANONYMOUS
        scheme, _, token = authorization.partition(" ")
        token = token.strip()
        if scheme.lower() != "bearer" or not token or len(authorization) > MAX_HEADER:
            raise Unauthenticated("send the credential as `Authorization: Bearer <token>`")
        if token.startswith(API_TOKEN_PREFIX):
            return await self._machine(token, call)
        if self._foreign is not None and not self._tokens.is_ours(_kid(token)):
            return await self._foreign.principal(token, call)
        return await self._person(token, call)

    async def _person(self, token: str, call: Call) -> Principal:
        user_key, session_key = self._tokens.verify(token)
        roles = await self._people.read(
            (user_key, session_key),
            lambda: self._repositories.users.roles_of(user_key, session_key, call=call),
        )
        if roles is None:
            raise Unauthenticated(REFUSED)
        return Principal(user_key, roles, session_key=session_key)

    async def _machine(self, token: str, call: Call) -> Principal:
        now = datetime.now(UTC)
        key = digest(token)
        found = await self._machines.read(
            key, lambda: self._repositories.api_tokens.role_of(key, now, call=call)
        )
        if found is None:
            raise Unauthenticated(REFUSED)
        self._last_use.note(found.token_key, now)
        return Principal(roles={found.project_key: found.role}, token_key=found.token_key)


def _kid(token: str) -> object:
    try:
        return jwt.get_unverified_header(token).get("kid")
    except jwt.InvalidTokenError:
        return None
