"""The gateway's own access tokens: short-lived, signed with EdDSA, checked without the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import jwt

from datasources.exceptions import Unauthenticated

from .keys import KeyRing

ALGORITHM = "EdDSA"
REQUIRED = ["exp", "iat", "sub", "iss", "aud"]
REFUSED = "the access token is not valid"


class AccessTokens:
    """Signs and checks access tokens."""

    def __init__(self, keys: KeyRing, *, issuer: str, ttl_s: int) -> None:
        self._keys = keys
        self._issuer = issuer
        self._ttl = timedelta(seconds=ttl_s)

    def issue(self, user_key: UUID) -> tuple[str, datetime]:
        """(token, when it expires)."""
        now = datetime.now(UTC).replace(microsecond=0)
        expires_at = now + self._ttl
        claims = {
            "iss": self._issuer,
            "aud": self._issuer,
            "sub": str(user_key),
            "iat": now,
            "exp": expires_at,
            "jti": uuid4().hex,
        }
        key = self._keys.current
        return jwt.encode(claims, key.private, ALGORITHM, headers={"kid": key.kid}), expires_at

    def verify(self, token: str) -> UUID:
        """The person's key.

        Raises: Unauthenticated, in the same words whatever is wrong.
        """
        try:
            key = self._keys.by_kid(jwt.get_unverified_header(token).get("kid"))
            if key is None:
                raise Unauthenticated(REFUSED)
            claims: dict[str, Any] = jwt.decode(
                token,
                key.public,
                [ALGORITHM],
                audience=self._issuer,
                issuer=self._issuer,
                options={"require": REQUIRED},
            )
            return UUID(claims["sub"])
        except (jwt.InvalidTokenError, ValueError):
            raise Unauthenticated(REFUSED) from None
