"""Counts of ranges are exact, whether whole hours or the ends are counted; trends have no gaps."""

from __future__ import annotations

import random
from datetime import datetime, timedelta
from typing import Any

import pytest

from datasources.postgres.errors.counts import Subject
from datasources.postgres.errors.spans import split_range
from datasources.postgres.repositories import Repositories
from datasources.records.errors import EventQuery, GroupQuery
from datasources.records.shared import NS_PER_S, Interval
from datasources.records.time import datetime_to_ns
from tests.store_rows import NOW, make_project, new_call, new_event, statements, store_events

HOUR = timedelta(hours=1)


def at(hour: int, minute: int = 0) -> datetime:
    return NOW.replace(hour=hour, minute=minute)


@pytest.mark.parametrize(
    ("start", "end", "spans"),
    [
        (at(1), at(3), (at(1), at(1), at(3), at(3))),
        (at(1, 30), at(3, 15), (at(1, 30), at(2), at(3), at(3, 15))),
        (at(1, 10), at(1, 20), (at(1, 10), at(1, 20), at(1, 20), at(1, 20))),
        (at(1), at(1, 20), (at(1), at(1), at(1), at(1, 20))),
        (at(1, 40), at(2), (at(1, 40), at(2), at(2), at(2))),
        (at(1, 40), at(2, 10), (at(1, 40), at(2), at(2), at(2, 10))),
    ],
    ids=["whole hours", "two ends", "within an hour", "from the hour", "to the hour", "over one hour's turn"],
)
def test_range_is_split_into_hours_and_ends(start: datetime, end: datetime, spans: tuple[datetime, ...]) -> None:
    assert tuple(split_range(start, end)) == spans


async def test_counts_equal_a_count_by_hand(repositories: Repositories) -> None:
    rng, project = random.Random(1), await make_project(repositories)
    agos = [timedelta(seconds=rng.randrange(6 * 3600)) for _ in range(300)]
    await store_events(
        repositories, *(new_event(project, ago=ago, user_digest=b"%d" % (ago.seconds % 9)) for ago in agos)
    )
    (groups,) = await repositories.errors.groups.of_projects([project.key], GroupQuery(), call=new_call())
    keys = [group.key for group in groups.nodes]
    for _ in range(40):
        start = NOW - timedelta(seconds=rng.randrange(7 * 3600))
        end = start + timedelta(seconds=rng.randrange(1, 4 * 3600))
        by_hand = sum(start <= NOW - ago < end for ago in agos)
        assert await repositories.errors.counts.events(keys, start, end, call=new_call()) == [by_hand]
        first_hour = start.replace(minute=0, second=0)
        last_hour = (end - timedelta(microseconds=1)).replace(minute=59, second=59, microsecond=999_999)
        users = {ago.seconds % 9 for ago in agos if first_hour <= NOW - ago <= last_hour}
        assert await repositories.errors.counts.users(keys, start, end, call=new_call()) == [len(users)]


@pytest.mark.parametrize("step_s", [60, 900, 3600, 7200, 5400], ids=["1m", "15m", "1h", "2h", "1h30m"])
@pytest.mark.parametrize("subject", list(Subject))
async def test_trend_has_a_point_per_step_and_loses_nothing(
    repositories: Repositories, subject: Subject, step_s: int
) -> None:
    project = await make_project(repositories)
    agos = [timedelta(minutes=minutes) for minutes in (1, 2, 61, 119, 121, 300)]
    await store_events(repositories, *(new_event(project, ago=ago) for ago in agos))
    step_ns = step_s * NS_PER_S
    end_ns = -(-datetime_to_ns(NOW) // step_ns) * step_ns
    start_ns = datetime_to_ns(NOW - 6 * HOUR) // step_ns * step_ns
    (groups,) = await repositories.errors.groups.of_projects([project.key], GroupQuery(), call=new_call())
    key = groups.nodes[0].key if subject is Subject.GROUP else project.key
    call = new_call()
    counts, interval = repositories.errors.counts, Interval(start_ns, end_ns, step_ns)
    trends = counts.group_trends if subject is Subject.GROUP else counts.project_trends
    (trend,) = await trends([key], interval, call=call)
    assert [point.at for point in trend] == list(range(start_ns, end_ns, step_ns))
    by_hand = [sum(p.at <= datetime_to_ns(NOW - ago) < p.at + step_ns for ago in agos) for p in trend]
    assert [point.count for point in trend] == by_hand
    assert sum(by_hand) == 6
    assert statements(call) == 1


async def test_tags_are_summed_with_the_most_frequent_first(repositories: Repositories) -> None:
    project = await make_project(repositories)
    browsers = ["Firefox", "Safari", "Safari", "Chrome"]
    await store_events(repositories, *(new_event(project, tags={"browser": browser}) for browser in browsers))
    (groups,) = await repositories.errors.groups.of_projects([project.key], GroupQuery(), call=new_call())
    (tags,) = await repositories.errors.counts.tags([groups.nodes[0].key], call=new_call())
    assert [(tag.name, tag.total) for tag in tags] == [
        ("browser", 4),
        ("environment", 4),
        ("release", 4),
        ("service", 4),
    ]
    assert [(value.value, value.count) for value in tags[0].values] == [("Safari", 2), ("Chrome", 1), ("Firefox", 1)]


async def test_totals_of_projects_are_their_own(repositories: Repositories) -> None:
    shop, bank = await make_project(repositories), await make_project(repositories, "bank")
    await store_events(
        repositories,
        new_event(shop, "old", ago=30 * HOUR),
        new_event(shop, "new", ago=HOUR, user_digest=b"a"),
        new_event(shop, "new", user_digest=b"b"),
        new_event(bank, "other"),
    )
    call = new_call()
    keys = [bank.key, shop.key]
    totals = await repositories.errors.counts.project_totals(keys, NOW - 2 * HOUR, NOW + HOUR, call=call)
    assert totals == [(1, 1, 1), (2, 1, 2)]
    assert statements(call) == 1


async def page_of_events(repositories: Repositories, group: Any, **query: Any) -> Any:
    (found,) = await repositories.errors.events.of_groups([group], EventQuery(**query), call=new_call())
    return found


async def test_events_of_one_instant_are_paged_without_loss(repositories: Repositories) -> None:
    project = await make_project(repositories)
    await store_events(repositories, *(new_event(project) for _ in range(7)), new_event(project, ago=25 * HOUR))
    (groups,) = await repositories.errors.groups.of_projects([project.key], GroupQuery(), call=new_call())
    group, seen, after = groups.nodes[0].key, [], None
    while True:
        found = await page_of_events(repositories, group, first=3, after=after)
        seen += [event.event_id for event in found.nodes]
        after = found.page_info.end_cursor
        if not found.has_next_page:
            break
    assert len(seen) == len(set(seen)) == 8
    within = await page_of_events(repositories, group, start=NOW - 26 * HOUR, end=NOW)
    assert len(within.nodes) == 1


async def test_events_of_traces_stay_within_their_project(repositories: Repositories) -> None:
    shop, bank = await make_project(repositories), await make_project(repositories, "bank")
    await store_events(
        repositories, new_event(shop, trace_id="a"), new_event(shop, trace_id="b"), new_event(bank, trace_id="a")
    )
    call = new_call()
    wanted = [(shop.key, "a"), (bank.key, "b"), (shop.key, "none"), (bank.key, "a")]
    found = await repositories.errors.events.of_traces(wanted, limit=10, call=call)
    assert [[event.project_key for event in events] for events in found] == [[shop.key], [], [], [bank.key]]
    assert statements(call) == 1
