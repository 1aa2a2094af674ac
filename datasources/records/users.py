"""People, their roles and their tokens."""

from __future__ import annotations

import enum
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from .shared import global_id


class Role(enum.StrEnum):
    """What a member may do, each including the ones before."""

    VIEWER = "VIEWER"
    MEMBER = "MEMBER"
    ADMIN = "ADMIN"
    OWNER = "OWNER"

    @property
    def rank(self) -> int:
        """0 for VIEWER up to 3 for OWNER."""
        return _RANKS[self]

    def covers(self, needed: Role) -> bool:
        """Whether this role may do what `needed` may."""
        return self.rank >= needed.rank


_RANKS = {role: rank for rank, role in enumerate(Role)}


class User(Struct, frozen=True):
    """A person."""

    key: UUID
    email: str
    name: str
    created_at: datetime

    @property
    def id(self) -> str:
        """The global id."""
        return global_id("User", self.key)


class Membership(Struct, frozen=True):
    """A person's role in a project."""

    user_key: UUID
    project_key: UUID
    role: Role
    since: datetime


class AuthPayload(Struct, frozen=True):
    """A session's two tokens, and whose they are."""

    access_token: str
    refresh_token: str
    expires_at: datetime
    user: User

    def __repr__(self) -> str:
        return f"AuthPayload(user={self.user!r})"


class ApiToken(Struct, frozen=True, kw_only=True):
    """A machine's token. `created_by` is None for one that an operator made."""

    key: UUID
    project_key: UUID
    created_by: UUID | None
    label: str
    prefix: str
    role: Role
    created_at: datetime
    expires_at: datetime | None = None
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def id(self) -> str:
        """The global id."""
        return global_id("ApiToken", self.key)


class CreateApiTokenPayload(Struct, frozen=True):
    """A new token with its secret, which is not kept."""

    token: ApiToken
    secret: str

    def __repr__(self) -> str:
        return f"CreateApiTokenPayload(token={self.token!r})"
