"""Error groups, their events in partitions by day, and what is counted beforehand so that lists need not."""

from datetime import datetime
from typing import Any

from sqlalchemy import Column, Index, SmallInteger, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from ...records.errors import ErrorLevel, ErrorStatus
from .columns import Key, count, digest, document, identifier, instant, key, line, reference, words


class ErrorGroupRow(SQLModel, table=True):
    """All reports with one fingerprint. A merged group stays as a signpost: its fingerprint leads to `merged_into`.

    `grouping_version` names the rules that made the fingerprint. `message`, `service` and `environment` are of the latest event.
    """

    __tablename__ = "error_groups"
    __table_args__ = (
        UniqueConstraint("project_id", "fingerprint"),
        UniqueConstraint("project_id", "number"),
        *(
            Index(f"ix_error_groups_{column}", "project_id", column, "id", postgresql_where=text("merged_into IS NULL"))
            for column in ("last_seen", "first_seen", "event_count", "user_count")
        ),
        Index(None, "assignee_id"),
        Index(None, "merged_into"),
        words("level", ErrorLevel),
        words("status", ErrorStatus),
    )

    id: Key = key()
    project_id: Key = reference("projects.id")
    number: int = count()
    fingerprint: bytes = digest()
    grouping_version: int = Field(sa_column=Column(SmallInteger, nullable=False))
    merged_into: Key | None = reference("error_groups.id", nullable=True)
    title: str = line()
    culprit: str | None = line(nullable=True)
    message: str | None = line(nullable=True)
    level: str = line()
    status: str = line(default="UNRESOLVED")
    regressed: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    resolved_at: datetime | None = instant(nullable=True)
    resolved_in_release: str | None = line(nullable=True)
    ignored_until: datetime | None = instant(nullable=True)
    ignored_until_count: int | None = count(default=None)
    first_seen: datetime = instant()
    last_seen: datetime = instant()
    event_count: int = count()
    user_count: int = count()
    first_release: str | None = line(nullable=True)
    last_release: str | None = line(nullable=True)
    assignee_id: Key | None = reference("users.id", nullable=True, ondelete="SET NULL")


class ErrorGroupHourRow(SQLModel, table=True):
    """Reports of a group in an hour, by the time of receipt."""

    __tablename__ = "error_group_hours"
    __table_args__ = (Index(None, "project_id", "hour"),)

    group_id: Key = reference("error_groups.id", primary_key=True)
    hour: datetime = instant(primary_key=True)
    project_id: Key = reference("projects.id")
    count: int = count()


class ErrorGroupUserRow(SQLModel, table=True):
    """Who was hit in an hour: digests of what identifies a user, so that distinct ones of any range can be counted."""

    __tablename__ = "error_group_users"
    __table_args__ = (Index(None, "project_id", "hour"),)

    group_id: Key = reference("error_groups.id", primary_key=True)
    user_digest: bytes = digest(primary_key=True)
    hour: datetime = instant(primary_key=True)
    project_id: Key = reference("projects.id")


class ErrorTagRow(SQLModel, table=True):
    """How often a group had a tag's value; `environment`, `release` and `service` are among the tags."""

    __tablename__ = "error_tags"
    __table_args__ = (Index(None, "project_id", "name", "value"),)

    group_id: Key = reference("error_groups.id", primary_key=True)
    name: str = line(primary_key=True)
    value: str = line(primary_key=True)
    project_id: Key = reference("projects.id")
    count: int = count()


class ErrorEventRow(SQLModel, table=True):
    """One report. The body holds what is shown and never searched: exceptions, breadcrumbs, user, request, contexts, extra.

    Partitioned by the day of receipt. Neither project nor group is held by a foreign key: the check would be paid for
    every event, and retention drops whole partitions.
    """

    __tablename__ = "error_events"
    __table_args__ = (
        Index("ix_error_events_group", "group_id", "received_at", "id"),
        Index("ix_error_events_trace", "project_id", "trace_id", postgresql_where=text("trace_id IS NOT NULL")),
        words("level", ErrorLevel),
        {"postgresql_partition_by": "RANGE (received_at)"},
    )

    id: Key = identifier(primary_key=True)
    received_at: datetime = instant(primary_key=True)
    project_id: Key = identifier()
    group_id: Key = identifier()
    event_id: Key = identifier()
    timestamp: datetime = instant()
    message: str | None = line(nullable=True)
    level: str = line()
    platform: str | None = line(nullable=True)
    environment: str | None = line(nullable=True)
    release: str | None = line(nullable=True)
    server_name: str | None = line(nullable=True)
    transaction: str | None = line(nullable=True)
    service: str | None = line(nullable=True)
    trace_id: str | None = line(nullable=True)
    span_id: str | None = line(nullable=True)
    tags: dict[str, Any] = document("{}")
    body: dict[str, Any] = document("{}")


class ErrorEventIdRow(SQLModel, table=True):
    """Which reports were taken, so that a second one of the same id is not: no unique index spans partitions."""

    __tablename__ = "error_event_ids"
    __table_args__ = (Index(None, "received_at"),)

    project_id: Key = identifier(primary_key=True)
    event_id: Key = identifier(primary_key=True)
    received_at: datetime = instant()


class ErrorActivityRow(SQLModel, table=True):
    """What people and the gateway did to a group."""

    __tablename__ = "error_activity"
    __table_args__ = (Index(None, "group_id", "at", "id"), Index(None, "user_id"))

    id: Key = key()
    group_id: Key = reference("error_groups.id")
    at: datetime = instant(now=True)
    user_id: Key | None = reference("users.id", nullable=True, ondelete="SET NULL")
    kind: str = line()
    body: str | None = line(nullable=True)
    data: dict[str, Any] | None = document(nullable=True)
