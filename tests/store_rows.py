"""Rows for tests of the store, each with sensible values that a test overrides."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any, cast
from uuid import UUID, uuid4

from datasources.calls import Call, Deadline, Ledger
from datasources.postgres.engine import Database
from datasources.postgres.repositories import Repositories
from datasources.records.errors import ErrorLevel, EventBody, ExceptionValue, NewEvent, StackFrame
from datasources.records.projects import Project
from datasources.records.time import datetime_to_ns
from datasources.records.users import Role, User
from datasources.scope import Rule
from resolvers.access import Principal
from resolvers.context import RequestContext, Sources

NOW = datetime.now(UTC).replace(hour=12, minute=30, second=0, microsecond=0) - timedelta(days=1)
"""Yesterday at half past noon: every test's idea of now, within the partitions of the test databases."""

_numbers = count(1)


def new_call() -> Call:
    """A call of its own, to count the statements of one step."""
    return Call(Deadline.after(30), Ledger())


def statements(call: Call) -> int:
    """How many statements and transactions a call has made."""
    return len(call.ledger.entries)


async def make_project(repositories: Repositories, slug: str = "shop") -> Project:
    """A project whose scope is the label service_namespace."""
    rules = [Rule("service_namespace", (slug,))]
    return await repositories.projects.create(slug=slug, name=slug.title(), rules=rules, call=new_call())


async def make_user(repositories: Repositories, name: str = "Ada", *, project: Project | None = None) -> User:
    """A person, and a member of the project."""
    email = f"{name}{next(_numbers)}@example.com"
    user = await repositories.users.create(email=email, name=name, password_hash="hash", call=new_call())
    if project is not None:
        await repositories.projects.set_member(project.key, user.key, Role.MEMBER, call=new_call())
    return user


def new_event(
    project: Project, title: str = "ValueError: no", *, ago: timedelta = timedelta(), **given: Any
) -> NewEvent:
    """A report; the title is what it is grouped by."""
    at = NOW - ago
    values: dict[str, Any] = {
        "event_id": uuid4(),
        "fingerprint": hashlib.sha256(title.encode()).digest(),
        "grouping_version": 1,
        "culprit": "shop.checkout in pay",
        "timestamp": at,
        "received_at": at,
        "message": title,
        "level": ErrorLevel.ERROR,
        "service": "checkout",
        "environment": "production",
        "release": "1.0",
        "tags": {"browser": "Firefox"},
        "user_digest": b"ada",
        "body": EventBody(
            exceptions=[ExceptionValue(type="ValueError", value="no", frames=[StackFrame(function="pay")])]
        ),
    }
    return NewEvent(project_key=project.key, title=title, **{**values, **given})


async def store_events(repositories: Repositories, *events: NewEvent) -> int:
    """Stores them in one batch."""
    return await repositories.errors.reports.store(events, call=new_call())


async def make_rule(database: Database, project: Project, name: str = "Too many failures", **given: Any) -> UUID:
    """An alert rule in PromQL."""
    values = {
        "name": name, "language": "PROMQL", "expression": "up", "comparison": "GT", "threshold": 0.1, "severity": "CRITICAL",
        "for_ms": 30_000, "labels": {"team": "payments"}, **given,
    }  # fmt: skip
    return await _insert(database, "alert_rules", {"project_id": project.key, **values})


async def make_alert(database: Database, project: Project, *, ago: timedelta = timedelta(), **given: Any) -> UUID:
    """A firing alert."""
    values = {
        "name": "Too many failures", "state": "FIRING", "severity": "CRITICAL", "fingerprint": uuid4().bytes,
        "labels": {"service_name": "checkout"}, "value": 0.5, "started_at": NOW - ago, **given,
    }  # fmt: skip
    return await _insert(database, "alerts", {"project_id": project.key, **values})


async def make_change(database: Database, project: Project, alert: UUID, **given: Any) -> None:
    """A change of an alert's state."""
    values = {"project_id": project.key, "alert_id": alert, "at": NOW, "to_state": "PENDING", **given}
    columns, places = ", ".join(values), ", ".join(f"${place}" for place in range(1, len(values) + 1))
    await database.execute(
        f"INSERT INTO alert_changes ({columns}) VALUES ({places})", *values.values(), call=new_call()
    )


async def _insert(database: Database, table: str, values: dict[str, Any]) -> UUID:
    columns, places = ", ".join(values), ", ".join(f"${place}" for place in range(1, len(values) + 1))
    async with database.transaction(call=new_call()) as connection:
        key: UUID = await connection.fetchval(
            f"INSERT INTO {table} ({columns}) VALUES ({places}) RETURNING id", *values.values()
        )
    return key


def context_of(
    repositories: Repositories, *projects: Project, user: User | None = None, **given: Any
) -> RequestContext:
    """A request of a viewer of these projects at NOW, with no telemetry source configured."""
    principal = Principal(user.key if user else uuid4(), {project.key: Role.VIEWER for project in projects})
    return RequestContext(
        principal=principal,
        sources=Sources({}, {}, {}),
        repositories=repositories,
        credentials=cast("Any", None),
        call=new_call(),
        now_ns=datetime_to_ns(NOW),
        **given,
    )
