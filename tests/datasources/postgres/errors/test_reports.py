"""How reports get in: once, counted, grouped."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from uuid import UUID

import pytest

from datasources.exceptions import SourceRefused
from datasources.postgres.engine import Database
from datasources.postgres.repositories import Repositories
from datasources.records.errors import ErrorLevel, ErrorStatus, EventQuery, GroupQuery
from datasources.records.projects import Project
from tests.store_rows import NOW, make_project, new_call, new_event, store_events

HOUR = timedelta(hours=1)


async def groups_of(repositories: Repositories, project: Project):
    (page,) = await repositories.errors.groups.of_projects([project.key], GroupQuery(first=500), call=new_call())
    return page.nodes


async def test_reports_of_one_fingerprint_are_one_group(repositories: Repositories) -> None:
    project = await make_project(repositories)
    await store_events(
        repositories,
        new_event(project, ago=2 * HOUR, release="1.0"),
        new_event(project, ago=HOUR, release="1.1", level=ErrorLevel.FATAL, user_digest=b"bob"),
    )
    await store_events(repositories, new_event(project, release=None))
    (group,) = await groups_of(repositories, project)
    assert (group.short_id, group.title, group.total_events, group.total_users) == ("SHOP-1", "ValueError: no", 3, 2)
    assert (group.first_seen, group.last_seen) == (NOW - 2 * HOUR, NOW)
    assert (group.first_release, group.last_release, group.level) == ("1.0", "1.1", ErrorLevel.ERROR)


async def test_numbers_count_within_a_project(repositories: Repositories) -> None:
    shop, bank = await make_project(repositories), await make_project(repositories, "bank")
    await store_events(repositories, new_event(shop, "a"), new_event(bank, "a"), new_event(shop, "b"))
    assert sorted(group.short_id for group in await groups_of(repositories, shop)) == ["SHOP-1", "SHOP-2"]
    assert [group.short_id for group in await groups_of(repositories, bank)] == ["BANK-1"]


async def test_second_report_of_an_id_is_not_stored(repositories: Repositories) -> None:
    project, other = await make_project(repositories), await make_project(repositories, "bank")
    event = new_event(project, ago=26 * HOUR)
    same_id = {"event_id": event.event_id}
    assert await store_events(repositories, event, new_event(project, **same_id)) == 1
    assert await store_events(repositories, new_event(project, **same_id)) == 0
    assert await store_events(repositories, new_event(other, **same_id)) == 1
    (group,) = await groups_of(repositories, project)
    assert group.total_events == 1


async def test_batches_at_once_lose_and_repeat_nothing(repositories: Repositories) -> None:
    project = await make_project(repositories)
    events = [new_event(project, f"error {number % 7}", user_digest=b"%d" % (number % 5)) for number in range(200)]
    batches = [[*events[start::4], *events[:10]] for start in range(4)]
    stored = await asyncio.gather(*(store_events(repositories, *batch) for batch in batches))
    assert sum(stored) == 200
    groups = await groups_of(repositories, project)
    assert sorted(group.short_id for group in groups) == sorted({group.short_id for group in groups})
    assert len(groups) == 7
    assert sum(group.total_events for group in groups) == 200
    assert {group.total_users for group in groups} == {5}


async def test_report_after_resolution_opens_the_group_again(repositories: Repositories, database: Database) -> None:
    project = await make_project(repositories)
    await store_events(repositories, new_event(project, ago=2 * HOUR))
    resolve = "UPDATE error_groups SET status = 'RESOLVED', resolved_at = $1"
    await database.execute(resolve, NOW - HOUR, call=new_call())
    await store_events(repositories, new_event(project))
    (group,) = await groups_of(repositories, project)
    assert (group.status, group.regressed) == (ErrorStatus.UNRESOLVED, True)
    (activity,) = await repositories.errors.activity.of_groups([group.key], EventQuery(), call=new_call())
    assert [entry.kind for entry in activity.nodes] == ["regressed"]
    kinds = await database.fetch("SELECT kind FROM outbox ORDER BY sequence", call=new_call())
    assert [row["kind"] for row in kinds] == ["NEW", "REGRESSED"]


async def test_late_report_leaves_a_resolved_group_alone(repositories: Repositories, database: Database) -> None:
    project = await make_project(repositories)
    await store_events(repositories, new_event(project, ago=2 * HOUR))
    await database.execute("UPDATE error_groups SET status = 'RESOLVED', resolved_at = $1", NOW, call=new_call())
    await store_events(repositories, new_event(project, ago=HOUR))
    (group,) = await groups_of(repositories, project)
    assert (group.status, group.regressed) == (ErrorStatus.RESOLVED, False)


async def test_report_of_a_merged_fingerprint_goes_to_the_target(
    repositories: Repositories, database: Database
) -> None:
    project = await make_project(repositories)
    await store_events(repositories, new_event(project, "target"), new_event(project, "merged"))
    merge = "UPDATE error_groups SET merged_into = (SELECT id FROM error_groups WHERE title = 'target') WHERE title = 'merged'"
    await database.execute(merge, call=new_call())
    await store_events(repositories, new_event(project, "merged"))
    (group,) = await groups_of(repositories, project)
    assert group.total_events == 2


async def test_day_without_a_partition_stores_nothing_of_the_batch(repositories: Repositories) -> None:
    project = await make_project(repositories)
    with pytest.raises(SourceRefused, match="no partition"):
        await store_events(repositories, new_event(project), new_event(project, ago=timedelta(days=4000)))
    assert await groups_of(repositories, project) == []


async def test_event_comes_back_as_it_was_reported(repositories: Repositories) -> None:
    project = await make_project(repositories)
    report = new_event(project, trace_id="ab" * 16, span_id="cd" * 8, server_name="host-1", transaction="POST /pay")
    await store_events(repositories, report)
    (group,) = await groups_of(repositories, project)
    (event,) = await repositories.errors.events.latest([group.key], call=new_call())
    assert event is not None
    assert UUID(event.event_id) == report.event_id
    assert event.exceptions == report.body.exceptions
    assert (event.trace_id, event.span_id, event.server_name) == ("ab" * 16, "cd" * 8, "host-1")
    assert (event.transaction, event.service, event.release) == ("POST /pay", "checkout", "1.0")
    assert [(tag.name, tag.value) for tag in event.tags] == [("browser", "Firefox")]
