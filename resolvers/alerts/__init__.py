"""Alerts, the rules behind them, and a project's alerts at a glance."""

from .details import alert_changes, alert_of, rule_of
from .lists import (
    alert_rules,
    alert_rules_by_key,
    alerts,
    alerts_by_key,
    alerts_of_rule,
    count_alert_rules,
    count_alerts,
)
from .summaries import active_alerts, alert_summary

__all__ = [
    "active_alerts",
    "alert_changes",
    "alert_of",
    "alert_rules",
    "alert_rules_by_key",
    "alert_summary",
    "alerts",
    "alerts_by_key",
    "alerts_of_rule",
    "count_alert_rules",
    "count_alerts",
    "rule_of",
]
