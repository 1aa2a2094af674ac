"""Pagination against the semantics of Loki's query_range: a window, a limit, nanoseconds cut anywhere, lines still arriving."""

from __future__ import annotations

import random
from collections import Counter

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from datasources.records.log_cursors import MAX_LISTED, LogCursor, parse_log_cursor
from datasources.records.logs import LogEntry, LogLines, LogStats, LogStream
from datasources.records.shared import Interval
from resolvers.logs.pages import Paging, read_page
from tests.resolvers.logs.things import PROJECT

WHOLE = Interval(0, 1_000)


class FakeLoki:
    """Lines by stream. Equal nanoseconds come in the order of arrival or, backward, reversed; streams in any order."""

    def __init__(self, seed: int = 1, max_lines: int = 5_000) -> None:
        self.lines: list[LogEntry] = []
        self.random = random.Random(seed)
        self.max_lines = max_lines
        self.requests = 0

    def add(self, timestamp_ns: int, text: str, stream: str = "a") -> None:
        labels = LogStream.of(PROJECT, {"service_name": stream})
        self.lines.append(LogEntry(timestamp_ns, text, labels, {"n": text}, {}))

    async def fetch(self, interval: Interval, limit: int, *, forward: bool) -> LogLines:
        self.requests += 1
        assert 1 <= limit <= self.max_lines
        streams = sorted({entry.stream.identity for entry in self.lines})
        self.random.shuffle(streams)
        order = {identity: place for place, identity in enumerate(streams)}
        found = [entry for entry in self.lines if interval.start_ns <= entry.timestamp_ns < interval.end_ns]
        if not forward:
            found.reverse()
        found.sort(key=lambda entry: order[entry.stream.identity])
        found.sort(key=lambda entry: entry.timestamp_ns, reverse=not forward)
        return LogLines(found[:limit], LogStats(), len(found) >= limit)

    async def page(self, *, forward: bool, first: int, after: str | None, interval: Interval = WHOLE):
        async def fetch(interval: Interval, limit: int) -> LogLines:
            return await self.fetch(interval, limit, forward=forward)

        place = parse_log_cursor(after) if after else None
        return await read_page(fetch, Paging(interval, forward, self.max_lines), first=first, after=place)

    async def all(self, *, forward: bool, first: int, between=lambda page: None) -> list[LogEntry]:
        found, after = [], None
        for number in range(10_000):
            page = await self.page(forward=forward, first=first, after=after)
            assert len(page.nodes) <= first
            found += page.nodes
            if not page.has_next_page:
                return found
            after = page.nodes[-1].cursor
            between(number)
        raise AssertionError("the pages do not end")


lines = st.lists(st.tuples(st.integers(0, 5), st.integers(0, 40), st.sampled_from("abc")), max_size=120)
many_settings = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
@given(lines=lines, first=st.integers(1, 50), seed=st.integers(0, 99))
@many_settings
async def test_concatenated_pages_are_the_whole_list_once(forward, lines, first, seed):
    loki = FakeLoki(seed)
    for timestamp_ns, text, stream in lines:
        loki.add(timestamp_ns, f"line {text}", stream)
    found = await loki.all(forward=forward, first=first)
    assert Counter(map(_what, found)) == Counter(map(_what, loki.lines))
    times = [entry.timestamp_ns for entry in found]
    assert times == sorted(times, reverse=not forward)


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
@given(lines=lines, late=lines, first=st.integers(1, 50), seed=st.integers(0, 99))
@many_settings
async def test_lines_that_arrive_between_pages_neither_repeat_nor_hide_others(forward, lines, late, first, seed):
    loki = FakeLoki(seed)
    for number, (timestamp_ns, _, stream) in enumerate(lines):
        loki.add(timestamp_ns, f"line {number}", stream)
    early = list(loki.lines)
    waiting = [(timestamp_ns, f"late {n}", stream) for n, (timestamp_ns, _, stream) in enumerate(late)]

    def arrive(page: int) -> None:
        for _ in range(min(3, len(waiting))):
            loki.add(*waiting.pop())

    found = Counter(map(_what, await loki.all(forward=forward, first=first, between=arrive)))
    assert max(found.values(), default=1) == 1
    assert all(found[_what(entry)] == 1 for entry in early)


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
async def test_line_that_comes_late_to_the_cursors_own_instant_is_on_the_next_page(forward):
    loki = FakeLoki()
    for number in range(6):
        loki.add(5, f"line {number}")
    page = await loki.page(forward=forward, first=3, after=None)
    loki.add(5, "late", "b")
    rest = await loki.page(forward=forward, first=10, after=page.nodes[-1].cursor)
    assert "late" in {entry.line for entry in rest.nodes}
    assert len(rest.nodes) == 4


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
@pytest.mark.parametrize("count", [MAX_LISTED, MAX_LISTED + 1, 700])
async def test_a_whole_page_of_one_instant_works(forward, count):
    loki = FakeLoki(max_lines=1_000)
    for number in range(count):
        loki.add(7, f"line {number}", "ab"[number % 2])
    loki.add(6, "before")
    loki.add(8, "after")
    found = await loki.all(forward=forward, first=20)
    assert Counter(map(_what, found)) == Counter(map(_what, loki.lines))


async def test_identical_lines_are_told_apart_by_how_often_they_came():
    loki = FakeLoki()
    for _ in range(45):
        loki.add(3, "same")
    assert len(await loki.all(forward=True, first=7)) == 45


async def test_arrival_order_is_kept_within_an_instant():
    loki = FakeLoki()
    for part in range(5):
        loki.add(3, f"part={part}")
    assert [entry.line[-1] for entry in await loki.all(forward=True, first=2)] == list("01234")
    assert [entry.line[-1] for entry in await loki.all(forward=False, first=2)] == list("43210")


async def test_every_cursor_of_a_page_goes_on_behind_its_own_line():
    loki = FakeLoki()
    for number in range(60):
        loki.add(number // 20, f"line {number}", "abc"[number % 3])
    whole = (await loki.page(forward=False, first=100, after=None)).nodes
    for place, entry in enumerate(whole):
        rest = (await loki.page(forward=False, first=100, after=entry.cursor)).nodes
        assert Counter(map(_what, rest)) == Counter(map(_what, whole[place + 1 :]))


async def test_usual_page_costs_one_request():
    loki = FakeLoki()
    for number in range(300):
        loki.add(number // 2, f"line {number}")
    page = await loki.page(forward=False, first=100, after=None)
    assert (len(page.nodes), page.has_next_page, loki.requests) == (100, True, 1)
    await loki.page(forward=False, first=100, after=page.nodes[-1].cursor)
    assert loki.requests == 2


async def test_page_as_large_as_the_sources_limit_says_that_more_may_follow():
    loki = FakeLoki(max_lines=50)
    for number in range(80):
        loki.add(number, f"line {number}")
    page = await loki.page(forward=True, first=50, after=None)
    assert (len(page.nodes), page.has_next_page) == (50, True)


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
async def test_cursor_outside_of_the_range_gives_the_range_or_nothing(forward):
    loki = FakeLoki()
    for number in range(10):
        loki.add(100 + number, f"line {number}")
    inside = Interval(102, 105)
    early, late = LogCursor(50, ("AAAAAAAA",)).text, LogCursor(900, ("AAAAAAAA",), ("AAAAAAAA", 1)).text
    counts = [
        len((await loki.page(forward=forward, first=9, after=after, interval=inside)).nodes) for after in (early, late)
    ]
    assert counts == ([3, 0] if forward else [0, 3])


def _what(entry: LogEntry) -> tuple[int, str, str]:
    return entry.timestamp_ns, entry.line, entry.stream.identity
