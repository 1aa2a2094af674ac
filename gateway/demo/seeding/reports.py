"""The scenario's errors as the reports that an SDK would have sent."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import Any
from uuid import UUID

from datasources.records.errors import ErrorLevel, EventBody, ExceptionValue, NewEvent, StackFrame
from datasources.records.projects import Project
from datasources.records.time import ns_to_datetime
from resolvers.errors.grouping import group_report

from ..scenario import ErrorData, Request, Scenario

REQUEST_MAX_NS = 60 * 1_000_000_000
"""No request of the scenario takes longer: what is reported in a range began at most this much before it."""


def reports_between(scenario: Scenario, project: Project, start_ns: int, end_ns: int) -> list[NewEvent]:
    """What was reported in [start, end), in order of time. The namespace is the project's slug."""
    found = [
        (error.timestamp_ns, _report(project, error, place))
        for request in _failing(scenario, project.slug, start_ns - REQUEST_MAX_NS, end_ns)
        for place, error in enumerate(request.errors)
        if start_ns <= error.timestamp_ns < end_ns
    ]
    return [report for _, report in sorted(found, key=lambda each: each[0])]


def _failing(scenario: Scenario, namespace: str, start_ns: int, end_ns: int) -> Iterator[Request]:
    """A variant has errors in all of its requests or in none, which saves asking most of them."""
    fails: dict[int, bool] = {}
    for request in scenario.requests(namespace, start_ns, end_ns):
        variant = id(request.variant)
        if variant not in fails:
            fails[variant] = bool(request.errors)
        if fails[variant]:
            yield request


def _report(project: Project, error: ErrorData, place: int) -> NewEvent:
    exception = ExceptionValue(
        type=error.type,
        value=error.value,
        module=error.module,
        handled=error.level != "error",
        frames=[_frame(frame) for frame in error.frames],
    )
    grouping = group_report([exception], None, transaction=error.transaction)
    at = ns_to_datetime(error.timestamp_ns)
    return NewEvent(
        project_key=project.key,
        event_id=UUID(bytes=_digest(f"{error.trace_id}/{error.span_id}/{place}")),
        fingerprint=grouping.fingerprint,
        grouping_version=grouping.version,
        title=grouping.title,
        culprit=grouping.culprit,
        timestamp=at,
        received_at=at,
        message=f"{error.type}: {error.value}",
        level=ErrorLevel(error.level.upper()),
        platform=error.platform,
        environment=error.environment,
        release=error.release,
        server_name=error.tags.get("pod"),
        transaction=error.transaction,
        service=error.service,
        trace_id=error.trace_id,
        span_id=error.span_id,
        user_digest=_digest(error.user["id"]),
        tags={"level": error.level, **error.tags},
        body=EventBody(exceptions=[exception], user=error.user, **_surroundings(error)),
    )


def _surroundings(error: ErrorData) -> dict[str, Any]:
    method, _, path = error.transaction.partition(" ")
    trace = {"trace_id": error.trace_id, "span_id": error.span_id, "op": "http.server"}
    return {
        "request": {"method": method, "url": f"http://{error.service}.{error.namespace}.example{path}"},
        "contexts": {"trace": trace, "runtime": {"name": error.platform}},
    }


def _frame(frame: dict[str, object]) -> StackFrame:
    return StackFrame(
        function=str(frame["function"]),
        file=str(frame["filename"]),
        module=str(frame["module"]),
        line=int(str(frame["lineno"])),
        in_app=bool(frame["in_app"]),
        context_line=str(frame["context_line"]),
    )


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()[:16]
