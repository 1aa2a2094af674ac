"""What sessions are made with, put together."""

from __future__ import annotations

from datetime import datetime, timedelta
from uuid import UUID

from . import secrets
from .passwords import Passwords
from .tokens import AccessTokens


class SessionCredentials:
    """Implements `resolvers.context.Credentials`."""

    def __init__(self, passwords: Passwords, tokens: AccessTokens, *, refresh_ttl: timedelta) -> None:
        self._passwords = passwords
        self.tokens = tokens
        self.refresh_ttl = refresh_ttl

    async def verify_password(self, stored: str | None, password: str) -> bool:
        """See `Passwords.verify`."""
        return await self._passwords.verify(stored, password)

    async def hash_password(self, password: str) -> str:
        """See `Passwords.hash`."""
        return await self._passwords.hash(password)

    def issue_access_token(self, user_key: UUID, session_key: UUID) -> tuple[str, datetime]:
        """See `AccessTokens.issue`."""
        return self.tokens.issue(user_key, session_key)

    def new_secret(self, prefix: str) -> tuple[str, bytes]:
        """See `secrets.new_secret`."""
        return secrets.new_secret(prefix)

    def digest(self, secret: str) -> bytes:
        """See `secrets.digest`."""
        return secrets.digest(secret)
