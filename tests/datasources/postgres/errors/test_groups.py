"""Lists of groups: filters, orders, ranges, and cursors that hold while reports come in."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from datasources.exceptions import BadInput
from datasources.postgres.engine import Database
from datasources.postgres.repositories import Repositories
from datasources.records.errors import (
    ErrorFilter,
    ErrorGroupConnection,
    ErrorLevel,
    ErrorOrder,
    ErrorStatus,
    GroupQuery,
)
from datasources.records.projects import Project
from datasources.records.shared import Label
from tests.store_rows import NOW, make_project, make_user, new_call, new_event, statements, store_events

HOUR = timedelta(hours=1)


@pytest.fixture
async def project(repositories: Repositories) -> Project:
    """Three groups: `old` with most events, `mid` with most users, `new` the latest."""
    made = await make_project(repositories)
    await store_events(
        repositories,
        *(new_event(made, "old", ago=30 * HOUR - timedelta(minutes=number)) for number in range(5)),
        *(
            new_event(made, "mid", ago=5 * HOUR, user_digest=b"%d" % number, environment="staging")
            for number in range(3)
        ),
        new_event(
            made, "new", ago=HOUR, level=ErrorLevel.FATAL, service="cart", release="2.0", tags={"browser": "Safari"}
        ),
        new_event(made, "new", level=ErrorLevel.FATAL, service="cart", culprit="100%_sure\\ly", message="disk full"),
    )
    return made


async def page(repositories: Repositories, project: Project, **query: Any) -> ErrorGroupConnection:
    (found,) = await repositories.errors.groups.of_projects([project.key], GroupQuery(**query), call=new_call())
    return found


def titles(found: ErrorGroupConnection) -> list[str]:
    return [group.title for group in found.nodes]


@pytest.mark.parametrize(
    ("order", "expected"),
    [
        (ErrorOrder.LAST_SEEN, ["new", "mid", "old"]),
        (ErrorOrder.FIRST_SEEN, ["new", "mid", "old"]),
        (ErrorOrder.EVENTS, ["old", "mid", "new"]),
        (ErrorOrder.USERS, ["mid", "old", "new"]),
    ],
)
async def test_order_holds_over_pages_of_one(
    repositories: Repositories, project: Project, order: ErrorOrder, expected: list[str]
) -> None:
    whole = titles(await page(repositories, project, order=order))
    assert whole[0] == expected[0]
    seen, after = [], None
    for _ in range(3):
        one = await page(repositories, project, order=order, first=1, after=after)
        seen += titles(one)
        after = one.page_info.end_cursor
    assert seen == whole
    assert sorted(seen) == sorted(expected)
    assert not one.has_next_page


@pytest.mark.parametrize(
    ("wanted", "expected"),
    [
        ({"levels": (ErrorLevel.FATAL,)}, ["new"]),
        ({"levels": ()}, []),
        ({"statuses": (ErrorStatus.UNRESOLVED,)}, ["new", "mid", "old"]),
        ({"statuses": (ErrorStatus.RESOLVED, ErrorStatus.IGNORED)}, []),
        ({"search": "OL"}, ["old"]),
        ({"search": "full new"}, ["new"]),
        ({"search": "checkout"}, ["mid", "old"]),
        ({"search": "0%_s"}, ["new"]),
        ({"search": "%"}, ["new"]),
        ({"search": "e\\l"}, ["new"]),
        ({"service": "cart"}, ["new"]),
        ({"environment": "staging"}, ["mid"]),
        ({"release": "2.0"}, ["new"]),
        ({"tags": (Label("browser", "Safari"),)}, ["new"]),
        ({"tags": (Label("browser", "Safari"), Label("browser", "Firefox"))}, ["new"]),
        ({"service": "cart", "environment": "staging"}, []),
    ],
    ids=lambda given: str(given)[:40] if isinstance(given, dict) else "",
)
async def test_filter_narrows(
    repositories: Repositories, project: Project, wanted: dict[str, Any], expected: list[str]
) -> None:
    found = await page(repositories, project, filter=ErrorFilter(**wanted))
    assert titles(found) == expected
    assert await repositories.errors.groups.count([project.key], found.query, call=new_call()) == [len(expected)]


async def test_assignee_narrows(repositories: Repositories, project: Project, database: Database) -> None:
    ada = await make_user(repositories)
    await database.execute("UPDATE error_groups SET assignee_id = $1 WHERE title = 'mid'", ada.key, call=new_call())
    found = await page(repositories, project, filter=ErrorFilter(assignee_key=ada.key))
    assert titles(found) == ["mid"]
    assert found.nodes[0].assignee_key == ada.key


@pytest.mark.parametrize(
    ("ago", "until", "expected"),
    [
        (timedelta(minutes=10), timedelta(0), []),
        (timedelta(minutes=10), -timedelta(seconds=1), ["new"]),
        (timedelta(hours=6), timedelta(hours=2), ["mid"]),
        (timedelta(hours=29, minutes=57), timedelta(hours=29, minutes=56, seconds=30), ["old"]),
        (timedelta(hours=40), -timedelta(hours=1), ["new", "mid", "old"]),
        (timedelta(hours=4), timedelta(hours=2), []),
    ],
    ids=["end is excluded", "to the second", "middle", "within one hour", "all", "gap"],
)
async def test_range_keeps_to_what_was_seen_in_it(
    repositories: Repositories, project: Project, ago: timedelta, until: timedelta, expected: list[str]
) -> None:
    assert titles(await page(repositories, project, start=NOW - ago, end=NOW - until)) == expected


async def test_counts_of_the_range_order_by_events(repositories: Repositories, project: Project) -> None:
    start, end = NOW - 6 * HOUR, NOW + HOUR
    for order in (ErrorOrder.EVENTS, ErrorOrder.USERS):
        found = await page(repositories, project, order=order, start=start, end=end)
        assert titles(found) == ["mid", "new"]
        assert await repositories.errors.groups.count([project.key], found.query, call=new_call()) == [2]
        rest = await page(repositories, project, order=order, start=start, end=end, after=found.edges[0].cursor)
        assert titles(rest) == ["new"]


async def test_reports_between_two_pages_repeat_nothing(repositories: Repositories, project: Project) -> None:
    first = await page(repositories, project, first=1)
    await store_events(repositories, new_event(project, "brand new", ago=-HOUR), new_event(project, "new"))
    rest = await page(repositories, project, first=10, after=first.page_info.end_cursor)
    assert titles(rest) == ["mid", "old"]


async def test_cursor_of_another_order_is_bad_input(repositories: Repositories, project: Project) -> None:
    first = await page(repositories, project, first=1, order=ErrorOrder.EVENTS)
    with pytest.raises(BadInput):
        await page(repositories, project, after=first.page_info.end_cursor, order=ErrorOrder.USERS)


async def test_many_projects_are_one_statement(repositories: Repositories, project: Project) -> None:
    others = [await make_project(repositories, slug) for slug in ("bank", "zoo")]
    await store_events(repositories, new_event(others[1], "lion"))
    call = new_call()
    keys = [project.key, others[0].key, others[1].key]
    found = await repositories.errors.groups.of_projects(keys, GroupQuery(first=2), call=call)
    assert [titles(one) for one in found] == [["new", "mid"], [], ["lion"]]
    assert [one.has_next_page for one in found] == [True, False, False]
    assert statements(call) == 1
