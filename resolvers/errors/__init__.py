"""Tracked errors: groups, their events, counts, and a project's errors at a glance."""

from .details import (
    count_events,
    count_users,
    group_activity,
    group_events,
    group_tags,
    group_trend,
    latest_event,
)
from .events import error_events_by_key, errors_of_traces, group_of, project_of
from .evidence import event_logs, event_span, event_trace, event_trace_link
from .groups import count_groups, error_groups_by_key, errors
from .summaries import error_summary, top_errors

__all__ = [
    "count_events",
    "count_groups",
    "count_users",
    "error_events_by_key",
    "error_groups_by_key",
    "error_summary",
    "errors",
    "errors_of_traces",
    "event_logs",
    "event_span",
    "event_trace",
    "event_trace_link",
    "group_activity",
    "group_events",
    "group_of",
    "group_tags",
    "group_trend",
    "latest_event",
    "project_of",
    "top_errors",
]
