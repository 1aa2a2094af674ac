"""Traces for tests, written as rows: id, parent, start, end, and what else matters."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from msgspec.structs import replace

from datasources.records.projects import Project
from datasources.records.traces import RecordedSpan, RecordedTrace, SpanKind, SpanStatus, Trace
from datasources.scope import Rule, Scope
from resolvers.traces import assemble

TRACE_ID = "0" * 31 + "1"


def project(namespace: str = "shop", number: int = 1, **fields: Any) -> Project:
    """A project of one namespace."""
    return Project(
        key=UUID(int=number),
        number=number,
        slug=namespace,
        name=namespace,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
        scope=Scope(frozenset({namespace}), (Rule("service_namespace", (namespace,)),)),
        **fields,
    )


SHOP = project()


def span(name: str, parent: str | None, start_ns: int, end_ns: int, **fields: Any) -> RecordedSpan:
    """A span whose name is its id."""
    plain = RecordedSpan(
        id=name,
        parent_id=parent,
        name=name,
        service="a",
        kind=SpanKind.INTERNAL,
        status=SpanStatus.UNSET,
        status_message=None,
        start_ns=start_ns,
        end_ns=end_ns,
        attributes=[],
        resource=[],
        events=[],
        links=[],
    )
    return replace(plain, **fields)


def recorded(*spans: RecordedSpan, **fields: Any) -> RecordedTrace:
    """A trace of these spans."""
    return replace(RecordedTrace(id=TRACE_ID, spans=list(spans), redacted_spans=0, partial=False), **fields)


def tree(*rows: tuple[str, str | None, int, int]) -> Trace:
    """The assembled trace of (id, parent, start, end)."""
    return assemble(SHOP, recorded(*(span(*row) for row in rows)))
