"""The gateway's own access tokens: short-lived, signed with EdDSA, checked without the database."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any, NamedTuple
from uuid import UUID, uuid4

import jwt

from datasources.exceptions import Unauthenticated

from .keys import KeyRing

ALGORITHM = "EdDSA"
REQUIRED = ["exp", "iat", "sub", "iss", "aud"]
REFUSED = "the access token is not valid"


class Subject(NamedTuple):
    """Whose token it is, and of which session: with the session it ends, too."""

    user_key: UUID
    session_key: UUID


class AccessTokens:
    """Signs and checks access tokens."""

    def __init__(self, keys: KeyRing, *, issuer: str, ttl_s: int) -> None:
        self._keys = keys
        self._issuer = issuer
        self._ttl = timedelta(seconds=ttl_s)

    def issue(self, user_key: UUID, session_key: UUID) -> tuple[str, datetime]:
        """(token, when it expires)."""
        now = datetime.now(UTC).replace(microsecond=0)
        expires_at = now + self._ttl
        claims = {
            "iss": self._issuer,
            "aud": self._issuer,
            "sub": str(user_key),
            "sid": str(session_key),
            "iat": now,
            "exp": expires_at,
            "jti": uuid4().hex,
        }
        key = self._keys.current
        return jwt.encode(claims, key.private, ALGORITHM, headers={"kid": key.kid}), expires_at

    def is_ours(self, kid: object) -> bool:
        """Whether one of the gateway's own keys has this id."""
        return self._keys.by_kid(kid) is not None

    def verify(self, token: str) -> Subject:
        """The person's and the session's key.

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
                options={"require": [*REQUIRED, "sid"]},
            )
            return Subject(UUID(claims["sub"]), UUID(claims["sid"]))
        except (jwt.InvalidTokenError, ValueError, AttributeError):
            raise Unauthenticated(REFUSED) from None
