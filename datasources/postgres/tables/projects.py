"""Projects, who belongs to them, and the keys that clients report errors with."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Identity, Index
from sqlmodel import Field, SQLModel

from ...records.users import Role
from .columns import Key, count, document, instant, key, line, reference, words


class ProjectRow(SQLModel, table=True):
    """`number` is what a DSN names the project by; `last_error_number` what the newest error group is called.

    A project that a person made lies within one that an operator made: `within_id`. A deleted one is nobody's until
    its rows are purged.
    """

    __tablename__ = "projects"
    __table_args__ = (
        CheckConstraint("slug ~ '^[a-z0-9][a-z0-9-]{0,62}$'", name="slug"),
        CheckConstraint("number BETWEEN 1 AND 2147483647", name="number"),
        Index(None, "within_id"),
    )

    id: Key = key()
    number: int = Field(default=None, sa_column=Column(BigInteger, Identity(), nullable=False, unique=True))
    slug: str = line(unique=True)
    name: str = line()
    scope: dict[str, Any] = document()
    metrics_source: str = line(default="prometheus")
    logs_source: str = line(default="loki")
    traces_source: str = line(default="tempo")
    within_id: Key | None = reference("projects.id", nullable=True, ondelete="SET NULL")
    last_error_number: int = count()
    created_at: datetime = instant(now=True)
    deleted_at: datetime | None = instant(nullable=True)


class MembershipRow(SQLModel, table=True):
    """A person's role in a project."""

    __tablename__ = "memberships"
    __table_args__ = (Index(None, "user_id"), words("role", Role))

    project_id: Key = reference("projects.id", primary_key=True)
    user_id: Key = reference("users.id", primary_key=True)
    role: str = line()
    since: datetime = instant(now=True)


class IngestKeyRow(SQLModel, table=True):
    """The public half of a DSN: 32 hex digits, which every generation of the SDKs takes."""

    __tablename__ = "ingest_keys"
    __table_args__ = (
        Index(None, "project_id"),
        CheckConstraint("public_key ~ '^[0-9a-f]{32}$'", name="public_key"),
    )

    id: Key = key()
    project_id: Key = reference("projects.id")
    label: str = line()
    public_key: str = line(unique=True)
    created_at: datetime = instant(now=True)
    last_used_at: datetime | None = instant(nullable=True)
    revoked_at: datetime | None = instant(nullable=True)
