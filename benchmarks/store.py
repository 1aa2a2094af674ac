"""What stands in PostgreSQL: a hundred projects with errors and alerts, one person in one of them and one in all."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta
from uuid import UUID, uuid5

from datasources.calls import Call, Deadline, Ledger
from datasources.postgres import migrate
from datasources.postgres.engine import Database
from datasources.postgres.partitions import make_partitions
from datasources.postgres.repositories import Repositories
from datasources.records.alerts import AlertState, AlertStep, NewAlert, Severity
from datasources.records.errors import ErrorLevel, NewEvent
from datasources.records.projects import Project
from datasources.records.users import Role, User
from datasources.scope import Rule
from gateway.auth.passwords import Passwords

MEMBER, OVERSEER, PASSWORD = "member@example.com", "overseer@example.com", "a password of the benchmark"
SLUGS = ("shop", *(f"team-{number:02}" for number in range(99)))
GROUPS, ALERTS, PEOPLE = 12, 10, 4
_NAMES = UUID(int=7)


async def fill(url: str) -> None:
    """Migrates an empty database and writes everything, with instants in whole seconds."""
    await migrate.apply(url)
    now = datetime.now(UTC).replace(microsecond=0)
    async with Database.open(url, timeout_s=60) as database:
        repositories = Repositories.of(database)
        await make_partitions(database, now, days_back=2, days_ahead=2, call=_call())
        hashed = await Passwords().hash(PASSWORD)
        member, overseer = [await _person(repositories, email, hashed) for email in (MEMBER, OVERSEER)]
        people = [await _person(repositories, f"person-{n}@example.com", None) for n in range(PEOPLE)]
        for slug in SLUGS:
            project = await repositories.projects.create(
                slug=slug, name=slug.title(), rules=[Rule("service_namespace", (slug,))], call=_call()
            )
            await repositories.projects.set_member(project.key, overseer.key, Role.MEMBER, call=_call())
            await repositories.errors.reports.store(_events(project, now), call=_call())
            await repositories.alerts.record(_alerts(project, now), call=_call())
            if slug == "shop":
                await repositories.projects.set_member(project.key, member.key, Role.MEMBER, call=_call())
                await _assign(database, project, people)


async def _person(repositories: Repositories, email: str, password_hash: str | None) -> User:
    name = email.partition("@")[0].title()
    return await repositories.users.create(email=email, name=name, password_hash=password_hash, call=_call())


def _events(project: Project, now: datetime) -> list[NewEvent]:
    return [
        NewEvent(
            project_key=project.key,
            event_id=uuid5(project.key, f"{group}.{number}"),
            fingerprint=hashlib.sha256(f"{group}".encode()).digest(),
            grouping_version=1,
            title=f"TimeoutError: no answer of payment provider {group} within 30 s",
            culprit=f"shop.checkout.provider_{group} in authorise",
            timestamp=(at := now - timedelta(seconds=60 * group + 7 * number + 5)),
            received_at=at,
            message="no answer",
            level=ErrorLevel.ERROR if group % 3 else ErrorLevel.FATAL,
            service="checkout",
            user_digest=f"user-{number}".encode(),
        )
        for group in range(GROUPS)
        for number in range(3)
    ]


def _alerts(project: Project, now: datetime) -> list[NewAlert]:
    return [
        NewAlert(
            key=uuid5(_NAMES, f"{project.slug}.{number}"),
            project_key=project.key,
            rule_key=None,
            fingerprint=uuid5(_NAMES, f"{number}").bytes,
            name=f"Too many failures of route {number}",
            severity=list(Severity)[number % 3],
            labels={"service_name": "checkout", "http_route": f"/cart/{number}", "team": "payments"},
            summary=f"{number + 2} % of requests fail",
            description=None,
            started_at=(at := now - timedelta(minutes=number + 1)),
            steps=(AlertStep(at, AlertState.FIRING if number % 2 else AlertState.PENDING, number / 7),),
        )
        for number in range(ALERTS)
    ]


async def _assign(database: Database, project: Project, people: list[User]) -> None:
    sql = "UPDATE error_groups SET assignee_id = ($2::uuid[])[number % $3 + 1] WHERE project_id = $1 AND number % 5 > 0"
    await database.execute(sql, project.key, [person.key for person in people], len(people), call=_call())


def _call() -> Call:
    return Call(Deadline.after(120), Ledger())
