"""What one alert leads to."""

from __future__ import annotations

from collections.abc import Sequence
from uuid import UUID

from datasources.records.alerts import Alert, AlertChange, AlertRule
from datasources.records.users import Role

from ..access import require_by_key
from ..context import RequestContext
from .lists import alert_rules_by_key, alerts_by_key


async def rule_of(context: RequestContext, alert: Alert) -> AlertRule | None:
    """The rule that an alert comes from; None for those of others, and where the rule was deleted."""
    require_by_key(context.principal, alert.project_key, Role.VIEWER)
    return None if alert.rule_key is None else await context.loaders.load(alert_rules_by_key, alert.rule_key)


async def alert_changes(context: RequestContext, alert: Alert) -> list[AlertChange]:
    """Its changes of state, in order. Raises: SourceError."""
    require_by_key(context.principal, alert.project_key, Role.VIEWER)
    return await context.loaders.load(_changes, alert.key)


async def alert_of(context: RequestContext, change: AlertChange) -> Alert:
    """The alert that changed."""
    found = await context.loaders.load(alerts_by_key, change.alert_key)
    assert found is not None, "a change has an alert, and is told to those only who may see it"
    require_by_key(context.principal, found.project_key, Role.VIEWER)
    return found


async def _changes(context: RequestContext, keys: Sequence[UUID]) -> Sequence[list[AlertChange]]:
    return await context.repositories.alerts.changes(keys, call=context.call)
