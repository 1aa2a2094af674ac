"""From an error event to the other signals of the same moment."""

from __future__ import annotations

from datasources.records.errors import ErrorEvent
from datasources.records.logs import LogConnection
from datasources.records.time import datetime_to_ns
from datasources.records.traces import Span, Trace, TraceLink
from datasources.records.users import Role

from ..access import require
from ..context import RequestContext
from ..correlation import trace_link
from ..logs import log_page, logs_around, logs_of_trace
from ..traces import span_in, trace_if_any
from .events import project_of


async def event_trace_link(context: RequestContext, event: ErrorEvent) -> TraceLink:
    """The trace that it happened in, and, where there is none to show, why."""
    project = await project_of(context, event)
    require(context.principal, project, Role.VIEWER)
    return await trace_link(context, project, event.trace_id, at_ns=datetime_to_ns(event.timestamp))


async def event_trace(context: RequestContext, event: ErrorEvent) -> Trace | None:
    """The trace that it happened in, as far as it is the project's. Raises: SourceError."""
    project = await project_of(context, event)
    require(context.principal, project, Role.VIEWER)
    return await trace_if_any(context, project, event.trace_id)


async def event_span(context: RequestContext, event: ErrorEvent) -> Span | None:
    """The span that failed. Raises: SourceError."""
    if event.span_id is None:
        return None
    found = await event_trace(context, event)
    return None if found is None else span_in(found, event.span_id)


async def event_logs(context: RequestContext, event: ErrorEvent, *, window_ns: int, first: int) -> LogConnection:
    """The log lines of the event's trace, or, without any, those of its service around the time; oldest first.

    Raises: BadInput, SourceError.
    """
    project = await project_of(context, event)
    require(context.principal, project, Role.VIEWER)
    at_ns = datetime_to_ns(event.timestamp)
    if event.trace_id is not None and window_ns > 0:
        start_ns, end_ns = at_ns - window_ns, at_ns + window_ns
        found = await logs_of_trace(context, project, event.trace_id, start_ns=start_ns, end_ns=end_ns, first=first)
        if (await log_page(context, found)).nodes:
            return found
    return await logs_around(context, project, service=event.service, at_ns=at_ns, window_ns=window_ns, first=first)
