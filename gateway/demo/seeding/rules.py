"""The demo's alert rules, and how those that the outages trip follow an outage."""

from __future__ import annotations

from dataclasses import dataclass, field
from uuid import UUID, uuid5

from datasources.records.alerts import Comparison, NewRule, RuleQueryLanguage, Severity
from datasources.records.projects import Project

_NAMES = UUID("5f0a7a0e-6d4c-4f57-9b0e-0d1f6a3f7c11")
_COUNT = "http_server_request_duration_seconds_count"
_BUCKET = "http_server_request_duration_seconds_bucket"


@dataclass(frozen=True)
class Reaction:
    """How soon after an outage's start the condition holds, how soon after its end it is clear, and the value meanwhile."""

    detect_s: int
    clear_s: int
    value: float


@dataclass(frozen=True)
class DemoRule:
    """A rule; without a reaction it stays quiet."""

    name: str
    language: RuleQueryLanguage
    expression: str
    threshold: float
    severity: Severity
    summary: str
    description: str
    for_s: int = 0
    labels: dict[str, str] = field(default_factory=dict)
    reaction: Reaction | None = None

    def key(self, project: Project) -> UUID:
        """The same at every start."""
        return uuid5(_NAMES, f"{project.key}/{self.name}")

    def stored(self, project: Project) -> NewRule:
        """As the store takes it."""
        return NewRule(
            key=self.key(project),
            project_key=project.key,
            name=self.name,
            language=self.language,
            expression=self.expression,
            comparison=Comparison.GT,
            threshold=self.threshold,
            for_ms=self.for_s * 1000,
            keep_firing_for_ms=5_000,
            every_ms=5_000,
            severity=self.severity,
            labels=self.labels,
            summary=self.summary,
            description=self.description,
            runbook_url=f"https://runbooks.example.com/{project.slug}/{self.name.lower().replace(' ', '-')}",
        )


def _failing(service: str) -> str:
    failed = f'sum(rate({_COUNT}{{service_name="{service}", http_response_status_code=~"5.."}}[1m]))'
    return f'{failed} / sum(rate({_COUNT}{{service_name="{service}"}}[1m]))'


def _p95(service: str) -> str:
    return f'histogram_quantile(0.95, sum by (le) (rate({_BUCKET}{{service_name="{service}"}}[1m])))'


RULES: dict[str, tuple[DemoRule, ...]] = {
    "shop": (
        DemoRule(
            "Checkout is failing", RuleQueryLanguage.PROMQL, _failing("checkout"), 0.2, Severity.CRITICAL,
            "Checkout fails for customers", "{{ value }} of checkout's requests of the last minute failed.",
            for_s=10, labels={"service_name": "checkout"}, reaction=Reaction(8, 12, 0.61),
        ),
        DemoRule(
            "Payment is slow", RuleQueryLanguage.PROMQL, _p95("payment"), 1.5, Severity.WARNING,
            "Payment takes more than 1.5 s", "The 95th percentile of payment's latency is {{ value }} s.",
            for_s=5, labels={"service_name": "payment"}, reaction=Reaction(6, 18, 2.84),
        ),
        DemoRule(
            "Payment reports errors", RuleQueryLanguage.ERRORS, "level:error service:payment", 5, Severity.WARNING,
            "Payment reports many errors", "{{ value }} errors a minute.",
            labels={"service_name": "payment"}, reaction=Reaction(15, 10, 17),
        ),
        DemoRule(
            "Frontend logs errors", RuleQueryLanguage.LOGQL,
            'sum(count_over_time({service_name="frontend"} | detected_level="error" [1m]))', 100, Severity.INFO,
            "The frontend logs many errors", "{{ value }} lines of level error in a minute.",
            labels={"service_name": "frontend"},
        ),
        DemoRule(
            "Inventory is slow", RuleQueryLanguage.TRACEQL,
            '{ resource.service.name = "inventory" && duration > 2s } | rate()', 0.5, Severity.INFO,
            "Inventory has slow spans", "{{ value }} slow spans a second.",
            for_s=60, labels={"service_name": "inventory"},
        ),
    ),
    "bank": (
        DemoRule(
            "Ledger is failing", RuleQueryLanguage.PROMQL, _failing("ledger"), 0.1, Severity.CRITICAL,
            "The ledger refuses bookings", "{{ value }} of the ledger's requests of the last minute failed.",
            for_s=15, labels={"service_name": "ledger"}, reaction=Reaction(10, 20, 0.43),
        ),
        DemoRule(
            "Transfers report errors", RuleQueryLanguage.ERRORS, "level:error service:ledger", 5, Severity.WARNING,
            "The ledger reports many errors", "{{ value }} errors a minute.",
            labels={"service_name": "ledger"}, reaction=Reaction(20, 10, 21),
        ),
        DemoRule(
            "Fraud check is slow", RuleQueryLanguage.PROMQL, _p95("fraud"), 2, Severity.INFO,
            "The fraud check takes more than 2 s", "The 95th percentile of its latency is {{ value }} s.",
            for_s=60, labels={"service_name": "fraud"},
        ),
        DemoRule(
            "Gateway logs errors", RuleQueryLanguage.LOGQL,
            'sum(count_over_time({service_name="gateway"} | detected_level="error" [1m]))', 100, Severity.INFO,
            "The gateway logs many errors", "{{ value }} lines of level error in a minute.",
            labels={"service_name": "gateway"},
        ),
    ),
}  # fmt: skip
