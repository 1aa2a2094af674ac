"""Projects, and which part of the shared telemetry is theirs."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from msgspec import Struct

from ..scope import Scope
from .shared import Label, global_id


class TelemetryScope(Struct, frozen=True):
    """A project's scope as it is shown: labels, tenant, and the names of the sources that it reads."""

    labels: list[Label]
    tenant: str | None
    metrics_source: str
    logs_source: str
    traces_source: str


class IngestKey(Struct, frozen=True, kw_only=True):
    """The public half of a DSN, and the number that the DSN names the project by."""

    key: UUID
    project_key: UUID
    project_number: int
    label: str
    public_key: str
    created_at: datetime
    last_used_at: datetime | None = None
    revoked_at: datetime | None = None

    @property
    def id(self) -> str:
        """The global id."""
        return global_id("IngestKey", self.key)


class Project(Struct, frozen=True, kw_only=True):
    """A project. `scope` is what the scopers take, `telemetry_scope` what a client is shown.

    `within_key` names the operator's project in whose scope a person made this one; None for an operator's own.
    """

    key: UUID
    number: int
    slug: str
    name: str
    created_at: datetime
    scope: Scope
    metrics_source: str = "prometheus"
    logs_source: str = "loki"
    traces_source: str = "tempo"
    within_key: UUID | None = None

    @property
    def id(self) -> str:
        """The global id."""
        return global_id("Project", self.key)

    @property
    def source_names(self) -> tuple[str, str, str]:
        """The sources of its metrics, logs and traces."""
        return (self.metrics_source, self.logs_source, self.traces_source)

    @property
    def telemetry_scope(self) -> TelemetryScope:
        """The scope as it is shown: a rule with several values gives one label per value, a pattern is shown as `~pattern`."""
        labels = [
            Label(rule.label, value)
            for rule in self.scope.rules
            for value in (rule.values or (f"~{rule.pattern}",))
        ]
        return TelemetryScope(labels, self.scope.tenant, self.metrics_source, self.logs_source, self.traces_source)
