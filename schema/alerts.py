"""Alert rules, alerts, and the changes of their states."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from datasources.records import alerts as records
from datasources.records.alerts import (
    AlertOrigin,
    AlertState,
    Comparison,
    NoDataPolicy,
    RuleHealth,
    RuleQueryLanguage,
    Severity,
)
from datasources.records.projects import Project as ProjectRecord
from resolvers import alerts
from resolvers.projects import projects_by_key, users_by_key

from .arguments import TimeRange
from .context import Info
from .scalars import DateTime, Duration
from .shared import Label, Node, PageInfo
from .users import User

if TYPE_CHECKING:
    from datasources.records.users import User as UserRecord

    from .projects import Project

strawberry.enum(Severity, description="How bad it is.")
strawberry.enum(AlertState, description="PENDING: the condition holds, but not for long enough yet to fire.")
strawberry.enum(RuleHealth, description="How the last evaluation went; UNKNOWN before the first.")
strawberry.enum(RuleQueryLanguage, description="What a rule's expression is written in.")
strawberry.enum(Comparison, description="How the value is compared with the threshold.")
strawberry.enum(
    NoDataPolicy, description="What an expression that gives nothing means: all is well, as before, or an alert."
)
strawberry.enum(
    AlertOrigin,
    description="Where an alert comes from: this gateway's rules, or rules that Prometheus, Loki or an Alertmanager evaluate.",
)

LazyProject = Annotated["Project", strawberry.lazy("schema.projects")]
First = Annotated[int | None, strawberry.argument(description="How many at most.")]
After = Annotated[str | None, strawberry.argument(description="The `endCursor` of the page before.")]
States = Annotated[list[AlertState] | None, strawberry.argument(description="Only alerts in one of these states.")]


@strawberry.type(description="What is watched, and how its last evaluation went.")
class AlertRule(Node):
    name: str = strawberry.field(description="What its alerts are called.")
    language: RuleQueryLanguage = strawberry.field(description="What the expression is written in.")
    expression: str = strawberry.field(
        description="An expression in `language`; for ERRORS, a filter such as `level:error service:checkout`, counted per minute."
    )
    comparison: Comparison = strawberry.field(description="How the value is compared with the threshold.")
    threshold: float = strawberry.field(description="What the value is compared with.")
    for_ns: Duration = strawberry.field(
        name="for", description="How long the condition must hold before the alert fires."
    )
    keep_firing_for_ns: Duration = strawberry.field(
        name="keepFiringFor", description="How long it must be clear before it resolves."
    )
    every_ns: Duration = strawberry.field(name="every", description="The distance of two evaluations.")
    no_data: NoDataPolicy = strawberry.field(description="What to do where the expression gives nothing.")
    severity: Severity = strawberry.field(description="How bad its alerts are.")
    labels: list[Label] = strawberry.field(description="Labels that its alerts get besides the expression's own.")
    summary: str | None = strawberry.field(description="A template over the alert's labels and value.")
    description: str | None = strawberry.field(description="A longer template over the alert's labels and value.")
    runbook_url: str | None = strawberry.field(description="Where it is written what to do.")
    enabled: bool = strawberry.field(description="Whether it is evaluated.")
    health: RuleHealth = strawberry.field(description="How the last evaluation went.")
    last_evaluated_at: DateTime | None = strawberry.field(description="When it was last evaluated.")
    last_duration_ms: float | None = strawberry.field(description="How long that took, in milliseconds.")
    last_error: str | None = strawberry.field(description="Why the last evaluation that failed did.")
    next_evaluation_at: DateTime | None = strawberry.field(description="When it is due.")

    @classmethod
    def is_type_of(cls, obj: object, info: object) -> bool:
        """Records stand for types."""
        return isinstance(obj, records.AlertRule)

    @strawberry.field(graphql_type=LazyProject, description="Whose rule it is.")
    async def project(self: records.AlertRule, info: Info) -> ProjectRecord:
        found = await info.context.loaders.load(projects_by_key, self.project_key)
        assert found is not None
        return found

    @strawberry.field(
        graphql_type=Annotated["AlertConnection", strawberry.lazy("schema.alerts")],
        description="Its alerts, the latest started first.",
    )
    async def alerts(
        self: records.AlertRule, info: Info, states: States = None, first: First = 20, after: After = None
    ) -> records.AlertConnection:
        wanted, count = None if states is None else tuple(states), 20 if first is None else first
        return await alerts.alerts_of_rule(info.context, self, states=wanted, first=count, after=after)


@strawberry.type(description="A rule and its place in the list.")
class AlertRuleEdge:
    cursor: str = strawberry.field(description="For `after`.")
    node: AlertRule = strawberry.field(description="The rule.")


@strawberry.type(description="A page of rules.")
class AlertRuleConnection:
    edges: list[AlertRuleEdge] = strawberry.field(description="The rules, each with its cursor.")
    nodes: list[AlertRule] = strawberry.field(description="The rules.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")

    @strawberry.field(graphql_type=int | None, description="How many there are on all pages.")
    async def total_count(self: records.AlertRuleConnection, info: Info) -> int:
        return await alerts.count_alert_rules(info.context, self)


@strawberry.type(
    description="A change of an alert's state. `gap` is true on the first change after a stretch that is no longer kept, so that a client knows to load the whole again."
)
class AlertChange:
    cursor: str = strawberry.field(description="Its place among all changes.")
    gap: bool = strawberry.field(description="Whether changes before this one are no longer kept.")
    at: DateTime = strawberry.field(description="When the state changed.")
    from_state: AlertState | None = strawberry.field(name="from", description="The state before; null for a new alert.")
    to_state: AlertState = strawberry.field(name="to", description="The state from then on.")
    value: float | None = strawberry.field(description="The expression's value at that time.")

    @strawberry.field(
        graphql_type=Annotated["Alert", strawberry.lazy("schema.alerts")], description="What it is a change of."
    )
    async def alert(self: records.AlertChange, info: Info) -> records.Alert:
        return await alerts.alert_of(info.context, self)


@strawberry.type(description="One thing that is wrong: a rule and one set of labels for which its condition holds.")
class Alert(Node):
    origin: AlertOrigin = strawberry.field(description="Who evaluates the rule.")
    name: str = strawberry.field(description="What the rule calls it.")
    state: AlertState = strawberry.field(description="What it is now.")
    severity: Severity = strawberry.field(description="How bad it is.")
    labels: list[Label] = strawberry.field(description="What tells it from the rule's other alerts.")
    summary: str | None = strawberry.field(description="What is wrong, in a line.")
    description: str | None = strawberry.field(description="What is wrong, at length.")
    value: float | None = strawberry.field(description="The expression's value when it was last evaluated.")
    started_at: DateTime = strawberry.field(description="Since when the condition holds.")
    fired_at: DateTime | None = strawberry.field(description="When it began to fire.")
    resolved_at: DateTime | None = strawberry.field(description="When it was over.")
    acknowledged_at: DateTime | None = strawberry.field(description="When somebody took it on.")

    @classmethod
    def is_type_of(cls, obj: object, info: object) -> bool:
        """Records stand for types."""
        return isinstance(obj, records.Alert)

    @strawberry.field(graphql_type=LazyProject, description="Whose alert it is.")
    async def project(self: records.Alert, info: Info) -> ProjectRecord:
        found = await info.context.loaders.load(projects_by_key, self.project_key)
        assert found is not None
        return found

    @strawberry.field(
        graphql_type=AlertRule | None, description="The rule; null for another origin, and where it was deleted."
    )
    async def rule(self: records.Alert, info: Info) -> records.AlertRule | None:
        return await alerts.rule_of(info.context, self)

    @strawberry.field(graphql_type=User | None, description="Who took it on.")
    async def acknowledged_by(self: records.Alert, info: Info) -> UserRecord | None:
        key = self.acknowledged_by_key
        return None if key is None else await info.context.loaders.load(users_by_key, key)

    @strawberry.field(graphql_type=list[AlertChange], description="Its changes of state, in order.")
    async def changes(self: records.Alert, info: Info) -> list[records.AlertChange]:
        return await alerts.alert_changes(info.context, self)


@strawberry.type(description="An alert and its place in the list.")
class AlertEdge:
    cursor: str = strawberry.field(description="For `after`.")
    node: Alert = strawberry.field(description="The alert.")


@strawberry.type(description="A page of alerts, the latest started first.")
class AlertConnection:
    edges: list[AlertEdge] = strawberry.field(description="The alerts, each with its cursor.")
    nodes: list[Alert] = strawberry.field(description="The alerts.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")

    @strawberry.field(graphql_type=int | None, description="How many there are on all pages.")
    async def total_count(self: records.AlertConnection, info: Info) -> int:
        return await alerts.count_alerts(info.context, self)


@strawberry.type(description="How many alerts have a severity.")
class SeverityCount:
    severity: Severity = strawberry.field(description="How bad.")
    count: int = strawberry.field(description="How many.")


@strawberry.type
class ProjectAlerts:
    """What a project says of its alerts."""

    @strawberry.field(graphql_type=AlertConnection, description="Its alerts, the latest started first.")
    async def alerts(
        self: ProjectRecord,
        info: Info,
        states: States = None,
        severities: Annotated[
            list[Severity] | None, strawberry.argument(description="Only alerts of one of these severities.")
        ] = None,
        range: Annotated[
            TimeRange | None, strawberry.argument(description="Only alerts that were open within this time.")
        ] = None,
        first: First = 20,
        after: After = None,
    ) -> records.AlertConnection:
        return await alerts.alerts(
            info.context,
            self,
            states=None if states is None else tuple(states),
            severities=None if severities is None else tuple(severities),
            asked=range.plain() if range else None,
            first=20 if first is None else first,
            after=after,
        )

    @strawberry.field(graphql_type=AlertRuleConnection, description="Its alert rules, the newest first.")
    async def alert_rules(
        self: ProjectRecord, info: Info, first: First = 50, after: After = None
    ) -> records.AlertRuleConnection:
        return await alerts.alert_rules(info.context, self, first=50 if first is None else first, after=after)
