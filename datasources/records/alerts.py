"""Alert rules, alerts, and the changes of their states."""

from __future__ import annotations

import enum
from datetime import datetime
from uuid import UUID

from msgspec import Struct

from .projects import Project
from .shared import NS_PER_MS, Connection, Label, global_id


class Severity(enum.StrEnum):
    """How bad it is."""

    INFO = "INFO"
    WARNING = "WARNING"
    CRITICAL = "CRITICAL"


class AlertState(enum.StrEnum):
    """PENDING: the condition holds, but not for long enough yet."""

    PENDING = "PENDING"
    FIRING = "FIRING"
    RESOLVED = "RESOLVED"


class RuleHealth(enum.StrEnum):
    """How the last evaluation went."""

    OK = "OK"
    NO_DATA = "NO_DATA"
    FAILING = "FAILING"
    UNKNOWN = "UNKNOWN"


class RuleQueryLanguage(enum.StrEnum):
    """What a rule's expression is written in."""

    PROMQL = "PROMQL"
    LOGQL = "LOGQL"
    TRACEQL = "TRACEQL"
    ERRORS = "ERRORS"


class Comparison(enum.StrEnum):
    """How the value is compared with the threshold."""

    GT = "GT"
    GTE = "GTE"
    LT = "LT"
    LTE = "LTE"
    EQ = "EQ"
    NEQ = "NEQ"


class AlertOrigin(enum.StrEnum):
    """Who evaluates the rule."""

    GATEWAY = "GATEWAY"
    PROMETHEUS = "PROMETHEUS"
    LOKI = "LOKI"
    ALERTMANAGER = "ALERTMANAGER"


class NoDataPolicy(enum.StrEnum):
    """What an expression that gives nothing means."""

    OK = "OK"
    KEEP = "KEEP"
    ALERT = "ALERT"


class ChannelKind(enum.StrEnum):
    """How a notification travels."""

    WEBHOOK = "WEBHOOK"
    SLACK = "SLACK"
    EMAIL = "EMAIL"


class DeliveryState(enum.StrEnum):
    """What became of a notification."""

    QUEUED = "QUEUED"
    DELIVERED = "DELIVERED"
    RETRYING = "RETRYING"
    FAILED = "FAILED"


class AlertRule(Struct, frozen=True, kw_only=True):
    """A rule and how its last evaluation went. Durations are milliseconds, with a nanosecond view for the schema."""

    key: UUID
    project_key: UUID
    name: str
    language: RuleQueryLanguage
    expression: str
    comparison: Comparison
    threshold: float
    for_ms: int
    keep_firing_for_ms: int
    every_ms: int
    no_data: NoDataPolicy
    severity: Severity
    labels: list[Label]
    summary: str | None
    description: str | None
    runbook_url: str | None
    enabled: bool
    created_at: datetime
    health: RuleHealth
    last_evaluated_at: datetime | None
    last_duration_ms: float | None
    last_error: str | None
    next_evaluation_at: datetime | None

    @property
    def id(self) -> str:
        """The global id."""
        return global_id("AlertRule", self.key)

    @property
    def for_ns(self) -> int:
        """How long the condition must hold."""
        return self.for_ms * NS_PER_MS

    @property
    def keep_firing_for_ns(self) -> int:
        """How long it must be clear."""
        return self.keep_firing_for_ms * NS_PER_MS

    @property
    def every_ns(self) -> int:
        """The distance of two evaluations."""
        return self.every_ms * NS_PER_MS


class Alert(Struct, frozen=True, kw_only=True):
    """One rule, or one alert of somebody else's, for one set of labels."""

    key: UUID
    project_key: UUID
    rule_key: UUID | None
    origin: AlertOrigin
    name: str
    state: AlertState
    severity: Severity
    labels: list[Label]
    summary: str | None
    description: str | None
    value: float | None
    started_at: datetime
    fired_at: datetime | None
    resolved_at: datetime | None
    acknowledged_at: datetime | None
    acknowledged_by_key: UUID | None

    @property
    def id(self) -> str:
        """The global id."""
        return global_id("Alert", self.key)


class AlertChange(Struct, frozen=True, kw_only=True):
    """A change of state; `sequence` is its place among all changes."""

    sequence: int
    alert_key: UUID
    at: datetime
    from_state: AlertState | None
    to_state: AlertState
    value: float | None
    gap: bool = False

    @property
    def cursor(self) -> str:
        """The place to go on from."""
        return str(self.sequence)


class AlertStep(Struct, frozen=True):
    """A state that an alert entered."""

    at: datetime
    state: AlertState
    value: float | None


class NewAlert(Struct, frozen=True, kw_only=True):
    """An alert with every state that it has entered so far, in order; the last one is what it is now."""

    key: UUID
    project_key: UUID
    rule_key: UUID | None
    fingerprint: bytes
    name: str
    severity: Severity
    labels: dict[str, str]
    summary: str | None
    description: str | None
    started_at: datetime
    steps: tuple[AlertStep, ...]
    origin: AlertOrigin = AlertOrigin.GATEWAY


class NewRule(Struct, frozen=True, kw_only=True):
    """A rule about to be stored."""

    key: UUID
    project_key: UUID
    name: str
    language: RuleQueryLanguage
    expression: str
    comparison: Comparison
    threshold: float
    for_ms: int = 0
    keep_firing_for_ms: int = 0
    every_ms: int = 30_000
    no_data: NoDataPolicy = NoDataPolicy.OK
    severity: Severity = Severity.WARNING
    labels: dict[str, str] = {}
    summary: str | None = None
    description: str | None = None
    runbook_url: str | None = None


class AlertQuery(Struct, frozen=True, kw_only=True):
    """One page of alerts, the latest started first. `start` and `end` keep to those that were open between them."""

    states: tuple[AlertState, ...] | None = None
    severities: tuple[Severity, ...] | None = None
    start: datetime | None = None
    end: datetime | None = None
    first: int = 20
    after: str | None = None


class RuleQuery(Struct, frozen=True, kw_only=True):
    """One page of rules, the newest first."""

    first: int = 50
    after: str | None = None


class AlertConnection(Connection[Alert], frozen=True, kw_only=True, dict=True):
    """A page of alerts of a project or a rule, countable later."""

    project_key: UUID | None = None
    rule_key: UUID | None = None
    query: AlertQuery


class AlertRuleConnection(Connection[AlertRule], frozen=True, kw_only=True, dict=True):
    """A page of rules, countable later."""

    project_key: UUID


class SeverityCount(Struct, frozen=True):
    """How many alerts have a severity."""

    severity: Severity
    count: int


class AlertSummary(Struct, frozen=True, kw_only=True):
    """A project's open alerts: how many fire, how many wait, and the firing ones by severity, the worst first."""

    project: Project
    firing: int
    pending: int
    by_severity: list[SeverityCount]
