"""Lists of alerts and of alert rules."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from datasources.records.alerts import (
    Alert,
    AlertConnection,
    AlertQuery,
    AlertRule,
    AlertRuleConnection,
    AlertState,
    RuleQuery,
    Severity,
)
from datasources.records.projects import Project
from datasources.records.time import ns_to_datetime
from datasources.records.users import Role

from ..access import may_see, require, require_by_key
from ..context import RequestContext
from ..projects import check_page
from ..questions import ask_by_question
from ..time_ranges import TimeRange, resolve_range

States = tuple[AlertState, ...] | None
Severities = tuple[Severity, ...] | None


async def alerts(
    context: RequestContext,
    project: Project,
    *,
    states: States,
    severities: Severities,
    asked: TimeRange | None,
    first: int,
    after: str | None,
) -> AlertConnection:
    """A page of a project's alerts, the latest started first; with a range, those that were open within it.

    Raises: BadInput for a range, a page or a cursor that is none; SourceError.
    """
    require(context.principal, project, Role.VIEWER)
    check_page(context, first)
    start = end = None
    if asked is not None:
        interval = resolve_range(context, asked)
        start, end = ns_to_datetime(interval.start_ns), ns_to_datetime(interval.end_ns)
    query = AlertQuery(states=states, severities=severities, start=start, end=end, first=first, after=after)
    return await context.loaders.load(_of_projects, (project.key, query))


async def alerts_of_rule(
    context: RequestContext, rule: AlertRule, *, states: States, first: int, after: str | None
) -> AlertConnection:
    """A page of a rule's alerts, the latest started first. Raises: BadInput, SourceError."""
    require_by_key(context.principal, rule.project_key, Role.VIEWER)
    check_page(context, first)
    return await context.loaders.load(_of_rules, (rule.key, AlertQuery(states=states, first=first, after=after)))


async def count_alerts(context: RequestContext, shown: AlertConnection) -> int:
    """How many alerts there are on all pages of a project's or a rule's list."""
    asked = shown.query
    whole = AlertQuery(states=asked.states, severities=asked.severities, start=asked.start, end=asked.end)
    if shown.rule_key is not None:
        return await context.loaders.load(_counts_of_rules, (shown.rule_key, whole))
    assert shown.project_key is not None, "a list of alerts is a project's or a rule's"
    require_by_key(context.principal, shown.project_key, Role.VIEWER)
    return await context.loaders.load(_counts_of_projects, (shown.project_key, whole))


async def alert_rules(
    context: RequestContext, project: Project, *, first: int, after: str | None
) -> AlertRuleConnection:
    """A page of a project's rules, the newest first. Raises: BadInput, SourceError."""
    require(context.principal, project, Role.VIEWER)
    check_page(context, first)
    return await context.loaders.load(_rules_of_projects, (project.key, RuleQuery(first=first, after=after)))


async def count_alert_rules(context: RequestContext, shown: AlertRuleConnection) -> int:
    """How many rules a project has."""
    require_by_key(context.principal, shown.project_key, Role.VIEWER)
    return await context.loaders.load(_rule_counts, shown.project_key)


async def alerts_by_key(context: RequestContext, keys: Sequence[UUID]) -> list[Alert | None]:
    """Loader batch: the alerts of these keys, None for those that the viewer may not see."""
    found = await context.repositories.alerts.by_keys(keys, call=context.call)
    by_key = {alert.key: alert for alert in found if may_see(context.principal, alert.project_key)}
    return [by_key.get(key) for key in keys]


async def alert_rules_by_key(context: RequestContext, keys: Sequence[UUID]) -> list[AlertRule | None]:
    """Loader batch: the rules of these keys, None for those that the viewer may not see."""
    found = await context.repositories.alerts.rules_by_keys(keys, call=context.call)
    by_key = {rule.key: rule for rule in found if may_see(context.principal, rule.project_key)}
    return [by_key.get(key) for key in keys]


async def _of_projects(
    context: RequestContext, keys: Sequence[tuple[UUID, AlertQuery]]
) -> Sequence[AlertConnection | Exception]:
    found = context.repositories.alerts
    return await ask_by_question(keys, lambda projects, query: found.of_projects(projects, query, call=context.call))


async def _of_rules(
    context: RequestContext, keys: Sequence[tuple[UUID, AlertQuery]]
) -> Sequence[AlertConnection | Exception]:
    found = context.repositories.alerts
    return await ask_by_question(keys, lambda rules, query: found.of_rules(rules, query, call=context.call))


async def _counts_of_projects(
    context: RequestContext, keys: Sequence[tuple[UUID, AlertQuery]]
) -> Sequence[int | Exception]:
    found = context.repositories.alerts
    return await ask_by_question(
        keys, lambda projects, query: found.count_of_projects(projects, query, call=context.call)
    )


async def _counts_of_rules(
    context: RequestContext, keys: Sequence[tuple[UUID, AlertQuery]]
) -> Sequence[int | Exception]:
    found = context.repositories.alerts
    return await ask_by_question(keys, lambda rules, query: found.count_of_rules(rules, query, call=context.call))


async def _rules_of_projects(
    context: RequestContext, keys: Sequence[tuple[UUID, RuleQuery]]
) -> Sequence[AlertRuleConnection | Exception]:
    found = context.repositories.alerts
    return await ask_by_question(
        keys, lambda projects, query: found.rules_of_projects(projects, query, call=context.call)
    )


async def _rule_counts(context: RequestContext, keys: Sequence[UUID]) -> Sequence[int]:
    return await context.repositories.alerts.count_rules(keys, call=context.call)
