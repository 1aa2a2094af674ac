"""A project's alerts at a glance, for all projects of a request at once."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from datasources.records.alerts import Alert, AlertState, AlertSummary, Severity, SeverityCount
from datasources.records.projects import Project
from datasources.records.users import Role

from ..access import require
from ..context import RequestContext
from ..projects import check_page
from ..questions import ask_by_question

WORST_FIRST = (Severity.CRITICAL, Severity.WARNING, Severity.INFO)


async def alert_summary(context: RequestContext, project: Project) -> AlertSummary:
    """How many alerts are open now. Raises: SourceError."""
    require(context.principal, project, Role.VIEWER)
    return await context.loaders.load(_summaries, project)


async def active_alerts(context: RequestContext, summary: AlertSummary, *, first: int = 10) -> list[Alert]:
    """Those that fire, then those that wait; the worst and the latest started first. Raises: BadInput, SourceError."""
    require(context.principal, summary.project, Role.VIEWER)
    check_page(context, first)
    return await context.loaders.load(_active, (summary.project.key, first))


async def _summaries(context: RequestContext, projects: Sequence[Project]) -> Sequence[AlertSummary]:
    call = context.call_for(*projects)
    found = await context.repositories.alerts.open_counts([project.key for project in projects], call=call)
    return [_summary(project, found.get(project.key, [])) for project in projects]


def _summary(project: Project, counted: Sequence[tuple[AlertState, Severity, int]]) -> AlertSummary:
    firing = {severity: count for state, severity, count in counted if state is AlertState.FIRING}
    return AlertSummary(
        project=project,
        firing=sum(firing.values()),
        pending=sum(count for state, _, count in counted if state is AlertState.PENDING),
        by_severity=[SeverityCount(severity, firing[severity]) for severity in WORST_FIRST if severity in firing],
    )


async def _active(context: RequestContext, keys: Sequence[tuple[UUID, int]]) -> Sequence[list[Alert] | Exception]:
    found = context.repositories.alerts
    return await ask_by_question(keys, lambda projects, first: found.active(projects, first, call=context.call))
