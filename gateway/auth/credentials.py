"""What sessions are made with, put together."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from .passwords import Passwords
from .tokens import AccessTokens


class SessionCredentials:
    """Implements `resolvers.context.Credentials`."""

    def __init__(self, passwords: Passwords, tokens: AccessTokens) -> None:
        self._passwords = passwords
        self.tokens = tokens

    async def verify_password(self, stored: str | None, password: str) -> bool:
        """See `Passwords.verify`."""
        return await self._passwords.verify(stored, password)

    def issue_access_token(self, user_key: UUID) -> tuple[str, datetime]:
        """See `AccessTokens.issue`."""
        return self.tokens.issue(user_key)
