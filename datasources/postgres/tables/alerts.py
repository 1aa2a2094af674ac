"""Alert rules with their schedule, alerts and their changes, silences, channels and what was sent over them."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, Column, Double, Identity, Index, Integer, text
from sqlmodel import Field, SQLModel

from ...records.alerts import (
    AlertOrigin,
    AlertState,
    ChannelKind,
    Comparison,
    DeliveryState,
    NoDataPolicy,
    RuleHealth,
    RuleQueryLanguage,
    Severity,
)
from .columns import Key, count, digest, document, instant, key, line, reference, words
from .outbox import transaction_id


def number(*, nullable: bool = False) -> Any:
    """A floating-point number."""
    return Field(default=None, sa_column=Column(Double, nullable=nullable))


class AlertRuleRow(SQLModel, table=True):
    """A rule and its schedule. Durations are milliseconds. Workers lease what is due: `lease_owner` until `lease_until`."""

    __tablename__ = "alert_rules"
    __table_args__ = (
        Index(None, "project_id", "created_at", "id"),
        Index("ix_alert_rules_due", "next_evaluation_at", postgresql_where=text("enabled")),
        CheckConstraint("for_ms >= 0 AND keep_firing_for_ms >= 0 AND every_ms > 0", name="durations"),
        words("language", RuleQueryLanguage),
        words("comparison", Comparison),
        words("no_data", NoDataPolicy),
        words("severity", Severity),
        words("health", RuleHealth),
    )

    id: Key = key()
    project_id: Key = reference("projects.id")
    name: str = line()
    language: str = line()
    expression: str = line()
    comparison: str = line()
    threshold: float = number()
    for_ms: int = count()
    keep_firing_for_ms: int = count()
    every_ms: int = count(30_000)
    no_data: str = line(default="OK")
    severity: str = line(default="WARNING")
    labels: dict[str, Any] = document("{}")
    summary: str | None = line(nullable=True)
    description: str | None = line(nullable=True)
    runbook_url: str | None = line(nullable=True)
    enabled: bool = Field(default=True, sa_column_kwargs={"server_default": text("true")})
    created_at: datetime = instant(now=True)
    updated_at: datetime = instant(now=True)
    health: str = line(default="UNKNOWN")
    last_evaluated_at: datetime | None = instant(nullable=True)
    last_duration_ms: float | None = number(nullable=True)
    last_error: str | None = line(nullable=True)
    next_evaluation_at: datetime | None = instant(nullable=True)
    late_evaluations: int = count()
    missed_evaluations: int = count()
    lease_owner: str | None = line(nullable=True)
    lease_until: datetime | None = instant(nullable=True)


class AlertRow(SQLModel, table=True):
    """One thing that is wrong. `fingerprint` is a digest of origin, rule or name, and labels; one of it is open at a time.

    `condition_since` and `clear_since` are what `for` and `keepFiringFor` are measured from.
    """

    __tablename__ = "alerts"
    __table_args__ = (
        Index("uq_alerts_open", "project_id", "fingerprint", unique=True, postgresql_where=text("state <> 'RESOLVED'")),
        Index("ix_alerts_started_at", "project_id", "started_at", "id"),
        Index(None, "rule_id", "started_at", "id"),
        Index(None, "acknowledged_by"),
        words("origin", AlertOrigin),
        words("state", AlertState),
        words("severity", Severity),
    )

    id: Key = key()
    project_id: Key = reference("projects.id")
    rule_id: Key | None = reference("alert_rules.id", nullable=True, ondelete="SET NULL")
    origin: str = line(default="GATEWAY")
    fingerprint: bytes = digest()
    name: str = line()
    state: str = line()
    severity: str = line()
    labels: dict[str, Any] = document("{}")
    summary: str | None = line(nullable=True)
    description: str | None = line(nullable=True)
    value: float | None = number(nullable=True)
    started_at: datetime = instant()
    fired_at: datetime | None = instant(nullable=True)
    resolved_at: datetime | None = instant(nullable=True)
    condition_since: datetime | None = instant(nullable=True)
    clear_since: datetime | None = instant(nullable=True)
    updated_at: datetime = instant(now=True)
    acknowledged_at: datetime | None = instant(nullable=True)
    acknowledged_by: Key | None = reference("users.id", nullable=True, ondelete="SET NULL")
    acknowledgement: str | None = line(nullable=True)


class AlertChangeRow(SQLModel, table=True):
    """A change of state. Readers follow `sequence` below the oldest running transaction, which makes it commit order."""

    __tablename__ = "alert_changes"
    __table_args__ = (
        Index(None, "alert_id", "sequence"),
        Index(None, "project_id", "sequence"),
        words("from_state", AlertState),
        words("to_state", AlertState),
    )

    sequence: int = Field(default=None, sa_column=Column(BigInteger, Identity(always=True), primary_key=True))
    transaction_id: int = transaction_id()
    project_id: Key = reference("projects.id")
    alert_id: Key = reference("alerts.id")
    at: datetime = instant()
    from_state: str | None = line(nullable=True)
    to_state: str = line()
    value: float | None = number(nullable=True)


class SilenceRow(SQLModel, table=True):
    """A time in which alerts with matching labels notify nobody. Matchers: [{name, op, value}]."""

    __tablename__ = "silences"
    __table_args__ = (
        Index(None, "project_id", "ends_at"),
        Index(None, "created_by"),
        CheckConstraint("starts_at < ends_at", name="order"),
    )

    id: Key = key()
    project_id: Key = reference("projects.id")
    matchers: list[Any] = document()
    starts_at: datetime = instant()
    ends_at: datetime = instant()
    comment: str = line()
    created_by: Key | None = reference("users.id", nullable=True, ondelete="SET NULL")
    created_at: datetime = instant(now=True)


class ChannelRow(SQLModel, table=True):
    """Where notifications go. The secret signs what is sent to a webhook."""

    __tablename__ = "channels"
    __table_args__ = (Index(None, "project_id"), words("kind", ChannelKind), words("min_severity", Severity))

    id: Key = key()
    project_id: Key = reference("projects.id")
    kind: str = line()
    name: str = line()
    target: str = line()
    secret: str | None = line(nullable=True)
    min_severity: str = line(default="WARNING")
    created_at: datetime = instant(now=True)


class AlertRuleChannelRow(SQLModel, table=True):
    """Which channels a rule notifies."""

    __tablename__ = "alert_rule_channels"
    __table_args__ = (Index(None, "channel_id"),)

    rule_id: Key = reference("alert_rules.id", primary_key=True)
    channel_id: Key = reference("channels.id", primary_key=True)


class DeliveryRow(SQLModel, table=True):
    """One notification over one channel, tried until it is delivered or given up. The key makes a repetition harmless."""

    __tablename__ = "deliveries"
    __table_args__ = (
        Index(None, "channel_id", "created_at"),
        Index(None, "alert_id"),
        Index("ix_deliveries_due", "next_attempt_at", postgresql_where=text("state IN ('QUEUED', 'RETRYING')")),
        words("state", DeliveryState),
    )

    id: Key = key()
    channel_id: Key = reference("channels.id")
    alert_id: Key | None = reference("alerts.id", nullable=True)
    idempotency_key: str = line(unique=True)
    payload: dict[str, Any] = document()
    state: str = line(default="QUEUED")
    attempts: int = Field(default=0, sa_column=Column(Integer, nullable=False, server_default=text("0")))
    created_at: datetime = instant(now=True)
    last_attempt_at: datetime | None = instant(nullable=True)
    next_attempt_at: datetime | None = instant(nullable=True)
    lease_until: datetime | None = instant(nullable=True)
    status_code: int | None = Field(default=None, sa_column=Column(Integer, nullable=True))
    error: str | None = line(nullable=True)
