"""People, their sessions and the tokens of machines."""

from datetime import datetime

from sqlalchemy import CheckConstraint, Index
from sqlmodel import SQLModel

from ...records.users import Role
from .columns import Key, digest, instant, key, line, reference, words


class UserRow(SQLModel, table=True):
    """The address is kept in lower case, so that it is unique whatever its spelling. No password: signs in elsewhere.

    `email_verified_at` is set where somebody vouches for the address: an operator, an invitation, the identity provider.
    """

    __tablename__ = "users"
    __table_args__ = (CheckConstraint("email = lower(email)", name="email_lower"),)

    id: Key = key()
    email: str = line(unique=True)
    name: str = line()
    password_hash: str | None = line(nullable=True)
    email_verified_at: datetime | None = instant(nullable=True)
    created_at: datetime = instant(now=True)
    disabled_at: datetime | None = instant(nullable=True)


class IdentityRow(SQLModel, table=True):
    """Whom an identity provider's subject is."""

    __tablename__ = "identities"
    __table_args__ = (Index(None, "user_id"),)

    issuer: str = line(primary_key=True)
    subject: str = line(primary_key=True)
    user_id: Key = reference("users.id")
    created_at: datetime = instant(now=True)


class InvitationRow(SQLModel, table=True):
    """Lets one address sign up, once; with a project, as a member of it. The code is kept as a digest only."""

    __tablename__ = "invitations"
    __table_args__ = (
        Index(None, "project_id"),
        Index(None, "expires_at"),
        CheckConstraint("email = lower(email)", name="email_lower"),
        CheckConstraint("(project_id IS NULL) = (role IS NULL)", name="role_of_project"),
        words("role", Role),
    )

    digest: bytes = digest(primary_key=True)
    email: str = line()
    project_id: Key | None = reference("projects.id", nullable=True)
    role: str | None = line(nullable=True)
    created_at: datetime = instant(now=True)
    expires_at: datetime = instant()
    used_at: datetime | None = instant(nullable=True)


class AttemptRow(SQLModel, table=True):
    """How far somebody's attempts have used up what is allowed: at `free_at` all of it is there again.

    Not written ahead: after a crash everybody begins anew.
    """

    __tablename__ = "attempts"
    __table_args__ = (Index(None, "free_at"), {"prefixes": ["UNLOGGED"]})

    key: bytes = digest(primary_key=True)
    free_at: datetime = instant()


class RefreshTokenRow(SQLModel, table=True):
    """One rotation of a session. A second use of a used one revokes its whole family."""

    __tablename__ = "refresh_tokens"
    __table_args__ = (Index(None, "family"), Index(None, "user_id"), Index(None, "expires_at"))

    digest: bytes = digest(primary_key=True)
    family: Key = reference("refresh_families.id")
    user_id: Key = reference("users.id")
    created_at: datetime = instant(now=True)
    expires_at: datetime = instant()
    used_at: datetime | None = instant(nullable=True)


class RefreshFamilyRow(SQLModel, table=True):
    """One sign-in with all its rotations; revoked as a whole."""

    __tablename__ = "refresh_families"
    __table_args__ = (Index(None, "user_id"),)

    id: Key = key()
    user_id: Key = reference("users.id")
    created_at: datetime = instant(now=True)
    revoked_at: datetime | None = instant(nullable=True)


class ApiTokenRow(SQLModel, table=True):
    """A machine's long-lived token; the secret is kept as a digest only."""

    __tablename__ = "api_tokens"
    __table_args__ = (Index(None, "project_id"), Index(None, "created_by"), words("role", Role))

    id: Key = key()
    project_id: Key = reference("projects.id")
    created_by: Key | None = reference("users.id", nullable=True)
    label: str = line()
    prefix: str = line()
    digest: bytes = digest(unique=True)
    role: str = line()
    created_at: datetime = instant(now=True)
    expires_at: datetime | None = instant(nullable=True)
    last_used_at: datetime | None = instant(nullable=True)
    revoked_at: datetime | None = instant(nullable=True)
