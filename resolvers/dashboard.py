"""Everything at a glance: each section asks its own stem, and fails alone."""

from __future__ import annotations

import asyncio
import enum

from msgspec import Struct

from datasources.exceptions import GatewayError
from datasources.records.alerts import Severity
from datasources.records.metrics import Metrics
from datasources.records.projects import Project
from datasources.records.shared import Interval
from datasources.records.sources import SourceReport, SourceState
from datasources.records.users import Role

from .access import require
from .alerts import alert_summary
from .context import RequestContext
from .time_ranges import TimeRange, resolve_range, with_step

MAX_POINTS = 120
SETTLE_TURNS = 20


class Health(enum.StrEnum):
    """Worst of what is known of a project."""

    OK = "OK"
    DEGRADED = "DEGRADED"
    CRITICAL = "CRITICAL"
    UNKNOWN = "UNKNOWN"


class Dashboard(Struct, frozen=True):
    """One project over one interval; a section is asked for when it is selected."""

    project: Project
    interval: Interval

    @property
    def shown_metrics(self) -> Metrics:
        """The same frame as the metrics stem takes it."""
        return Metrics(project=self.project, interval=self.interval)


async def dashboard(context: RequestContext, project: Project, asked: TimeRange, step_ns: int | None) -> Dashboard:
    """The dashboard's frame; nothing is asked of a source yet. Raises: BadInput with the argument."""
    require(context.principal, project, Role.VIEWER)
    interval = with_step(context, resolve_range(context, asked), step_ns, max_points=MAX_POINTS)
    return Dashboard(project, interval)


async def health(context: RequestContext, shown: Dashboard) -> Health:
    """From the alerts that fire and the states of the project's sources; UNKNOWN where the alerts cannot be read."""
    project = shown.project
    try:
        alerts = await alert_summary(context, project)
    except GatewayError:
        return Health.UNKNOWN
    sources = (context.metrics(project), context.logs(project), context.traces(project))
    states = {source.status().state for source in sources}
    if SourceState.DOWN in states or any(one.severity is Severity.CRITICAL and one.count for one in alerts.by_severity):
        return Health.CRITICAL
    return Health.DEGRADED if alerts.firing or SourceState.DEGRADED in states else Health.OK


async def reports(context: RequestContext, shown: Dashboard) -> list[SourceReport]:
    """What each source did for this project in this answer, told when nothing more is under way.

    Fields of one answer run side by side, so this waits until no call has been in flight for some turns of the loop;
    between two calls a field only computes, which takes one turn or a few.
    """
    require(context.principal, shown.project, Role.VIEWER)
    quiet, ledger = 0, context.call.ledger
    while quiet < SETTLE_TURNS:
        quiet = 0 if ledger.in_flight else quiet + 1
        await asyncio.sleep(0.001 if ledger.in_flight else 0)
    return ledger.reports(shown.project.id)
