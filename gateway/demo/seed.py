"""Fills the store from the scenario, and keeps adding what happens while the demo runs."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import GatewayError
from datasources.postgres.partitions import make_partitions
from datasources.postgres.repositories import Repositories
from datasources.records.errors import GroupQuery, NewEvent
from datasources.records.projects import Project
from datasources.records.time import datetime_to_ns, ns_to_datetime
from datasources.records.users import Role, User
from datasources.scope import Rule

from .scenario import Scenario
from .seeding.alerts import alerts_between
from .seeding.reports import reports_between
from .seeding.rules import RULES
from .seeding.stories import tell_story

log = structlog.get_logger(__name__)

SECOND_NS = 1_000_000_000
HOUR_NS = 3600 * SECOND_NS
HISTORY_NS = 24 * HOUR_NS
STORY_AGO_NS = 3 * HOUR_NS
ALERTS_NS = 6 * HOUR_NS
OVERLAP_NS = 300 * SECOND_NS
TICK_S = 2.0
TIMEOUT_S = 60.0
BATCH = 1_000

Clock = Callable[[], int]


@dataclass(frozen=True)
class Accounts:
    """Who is a member of which project: addresses by slug, all with one password's hash."""

    emails: Mapping[str, str]
    password_hash: str = field(repr=False)


async def seed_store(
    repositories: Repositories, scenario: Scenario, accounts: Accounts, *, clock: Clock = time.time_ns
) -> None:
    """People, projects, rules, and the last day's errors and hours' alerts; on a second start only what is missing.

    Raises: SourceError.
    """
    now_ns = clock()
    await make_partitions(repositories.database, ns_to_datetime(now_ns), days_back=2, call=_call())
    for slug, email in accounts.emails.items():
        user, project = await _member(repositories, slug, email, accounts.password_hash)
        await repositories.alerts.put_rules([rule.stored(project) for rule in RULES[slug]], call=_call())
        await _seed_errors(repositories, scenario, project, user, now_ns)
        await _record_alerts(repositories, scenario, project, now_ns - ALERTS_NS, now_ns)


async def follow(repositories: Repositories, scenario: Scenario, *, clock: Clock = time.time_ns) -> None:
    """Adds what happens, every other second, until it is cancelled."""
    projects = [
        project
        for slug in scenario.namespaces
        if (project := await repositories.projects.by_slug(slug, call=_call())) is not None
    ]
    done_ns = dict.fromkeys(projects, clock())
    while True:
        for project in projects:
            now_ns = clock()
            try:
                await _catch_up(repositories, scenario, project, done_ns[project], now_ns)
            except GatewayError as error:
                log.warning("demo_data_delayed", project=project.slug, code=error.code, reason=error.message)
            else:
                done_ns[project] = now_ns
        await asyncio.sleep(TICK_S)


async def _catch_up(
    repositories: Repositories, scenario: Scenario, project: Project, since_ns: int, now_ns: int
) -> None:
    await _store(repositories, reports_between(scenario, project, since_ns, now_ns))
    await _record_alerts(repositories, scenario, project, now_ns - OVERLAP_NS, now_ns)


async def _member(repositories: Repositories, slug: str, email: str, password_hash: str) -> tuple[User, Project]:
    call = _call()
    user = await repositories.users.by_email(email, call=call)
    if user is None:
        name = email.partition("@")[0].title()
        user = await repositories.users.create(email=email, name=name, password_hash=password_hash, call=call)
    project = await repositories.projects.by_slug(slug, call=call)
    if project is None:
        rules = [Rule("service_namespace", (slug,))]
        project = await repositories.projects.create(slug=slug, name=slug.title(), rules=rules, call=call)
        await repositories.projects.set_member(project.key, user.key, Role.OWNER, call=call)
    return user, project


async def _seed_errors(
    repositories: Repositories, scenario: Scenario, project: Project, user: User, now_ns: int
) -> None:
    """What is not stored yet of the last day. What the team did stands between the older and the newer part."""
    (newest,) = await repositories.errors.groups.of_projects([project.key], GroupQuery(first=1), call=_call())
    since_ns = now_ns - HISTORY_NS
    if newest.nodes:
        since_ns = max(since_ns, datetime_to_ns(newest.nodes[0].last_seen))
    events = await asyncio.to_thread(_history, scenario, project, since_ns, now_ns)
    story_at = ns_to_datetime(now_ns - STORY_AGO_NS)
    older = [] if newest.nodes else [event for event in events if event.received_at < story_at]
    await _store(repositories, older)
    if not newest.nodes:
        await tell_story(repositories, project, user, story_at, call=_call())
    await _store(repositories, events[len(older) :])


def _history(scenario: Scenario, project: Project, since_ns: int, now_ns: int) -> list[NewEvent]:
    """A long time is read from a scenario of its own, whose thousands of requests are forgotten with it."""
    if now_ns - since_ns > HOUR_NS:
        scenario = Scenario(scenario.seed)
    return reports_between(scenario, project, since_ns, now_ns)


async def _store(repositories: Repositories, events: Sequence[NewEvent]) -> None:
    for start in range(0, len(events), BATCH):
        await repositories.errors.reports.store(events[start : start + BATCH], call=_call())


async def _record_alerts(
    repositories: Repositories, scenario: Scenario, project: Project, start_ns: int, now_ns: int
) -> None:
    started = time.perf_counter()
    await repositories.alerts.record(alerts_between(scenario, project, start_ns, now_ns), call=_call())
    took_ms = (time.perf_counter() - started) * 1000
    keys = [rule.key(project) for rule in RULES[project.slug]]
    await repositories.alerts.note_evaluation(keys, ns_to_datetime(now_ns), took_ms, call=_call())


def _call() -> Call:
    return Call(Deadline.after(TIMEOUT_S), Ledger())
