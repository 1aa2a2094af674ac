"""Pages of traces over a source that, as Tempo, knows whole seconds, a limit, and the order of the whole traces' starts."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple
from unittest.mock import Mock
from uuid import UUID

import pytest

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import BadInput
from datasources.records.projects import Project
from datasources.records.shared import NS_PER_S, Interval
from datasources.records.traces import FoundSpan, FoundTrace, FoundTraces, TraceConnection, TraceFilter
from datasources.records.users import Role
from datasources.scope import Scope, ScopedTraceQL
from resolvers import traces
from resolvers.access import Principal
from resolvers.context import RequestContext, Sources
from resolvers.time_ranges import TimeRange
from resolvers.traces.cursors import MAX_SEEN, TraceCursor, parse_cursor, write_cursors
from tests.resolvers.traces.trees import SHOP, project

START_NS = 1_700_000_000 * NS_PER_S
RANGE = TimeRange(from_ns=START_NS, to_ns=START_NS + 60 * NS_PER_S)


class Stored(NamedTuple):
    """A trace: when it began, and when the project's own part of it did."""

    id: str
    start_ns: int
    own_start_ns: int
    own_spans: int = 2

    @property
    def own_end_ns(self) -> int:
        """When its last span ended."""
        return self.own_start_ns + 1000 + self.own_spans


def found_span(stored: Stored, number: int) -> FoundSpan:
    return FoundSpan(
        id=f"{number:016x}",
        name="" if number else "first",
        service="a",
        start_ns=stored.own_start_ns + number,
        duration_ns=1000,
        is_root=number == 0 and stored.start_ns == stored.own_start_ns,
        is_error=number == 1,
        attributes=[],
    )


class FakeTempo:
    """Answers searches as Tempo does; narrows nothing."""

    def __init__(self, stored: Sequence[Stored], others: Mapping[str, Sequence[Stored]] | None = None) -> None:
        self.by_scope = {"shop": stored, **(others or {})}
        self.stored = sorted(stored, key=lambda each: -each.start_ns)
        self.limits: list[int] = []
        self.outlined: list[int] = []
        self.asked: list[frozenset[str]] = []

    def narrow_search(self, traceql: str, asked: TraceFilter, within: Scope) -> ScopedTraceQL:
        return ScopedTraceQL(traceql, within)

    def filtered(self, traceql: str, asked: TraceFilter) -> str:
        return traceql

    async def search(
        self, expression: ScopedTraceQL, interval: Interval, *, scopes: Sequence[Scope], limit: int, **rest: Any
    ) -> list[FoundTraces]:
        self.limits.append(limit)
        self.asked.append(expression.scope.projects)
        end_ns = -(-interval.end_ns // NS_PER_S) * NS_PER_S
        start_ns = interval.start_ns // NS_PER_S * NS_PER_S
        end_ns = max(end_ns, start_ns + NS_PER_S)
        known = [each for project in expression.scope.projects for each in self.of(project)]
        matching = [each for each in known if each.own_end_ns >= start_ns and each.start_ns <= end_ns]
        newest = sorted(matching, key=lambda each: -each.start_ns)[:limit]
        return [
            FoundTraces(
                [self._found(each, min(each.own_spans, 3)) for each in newest if each in self.of(*scope.projects)],
                exhausted=len(matching) < limit,
            )
            for scope in scopes
        ]

    async def outlines(
        self, trace_ids: Sequence[str], *rest: Any, scopes: Sequence[Scope], **more: Any
    ) -> list[dict[str, FoundTrace]]:
        self.outlined.append(len(trace_ids))
        return [
            {
                each.id: self._found(each, min(each.own_spans, 100))
                for each in self.of(*scope.projects)
                if each.id in trace_ids
            }
            for scope in scopes
        ]

    def of(self, project: str) -> Sequence[Stored]:
        return self.stored if project == "shop" else self.by_scope.get(project, [])

    def _found(self, stored: Stored, spans: int) -> FoundTrace:
        own = [found_span(stored, number) for number in range(spans)]
        return FoundTrace(id=stored.id, order_ns=stored.start_ns, spans=own, matched=stored.own_spans)


def context_for(tempo: FakeTempo, *projects: Project) -> RequestContext:
    source: Any = tempo
    return RequestContext(
        principal=Principal(UUID(int=99), {each.key: Role.VIEWER for each in (SHOP, *projects)}),
        sources=Sources(metrics={}, logs={}, traces={"tempo": source}),
        repositories=Mock(),
        credentials=Mock(),
        call=Call(Deadline.after(10), Ledger()),
        now_ns=START_NS + 60 * NS_PER_S,
    )


async def page_of(tempo: FakeTempo, first: int = 20, after: str | None = None) -> TraceConnection:
    return await traces.traces(context_for(tempo), SHOP, time_range=RANGE, first=first, after=after)


async def walk(tempo: FakeTempo, first: int) -> list[str]:
    found: list[str] = []
    after = None
    while True:
        part = await page_of(tempo, first, after)
        found += [node.id for node in part.nodes]
        assert len(found) <= len(tempo.stored)
        if not part.has_next_page:
            return found
        after = part.page_info.end_cursor


def stored(number: int, start_ns: int, delay_ns: int = 0) -> Stored:
    return Stored(f"{number:032x}", START_NS + start_ns, START_NS + start_ns + delay_ns)


def crowded(seed: int, count: int = 200, seconds: int = 20) -> list[Stored]:
    """Many in one second and in one nanosecond, some begun by somebody else seconds before the project's own part."""
    chance = random.Random(seed)
    found = []
    for number in range(1, count + 1):
        at = chance.choice(
            [chance.randrange(seconds) * NS_PER_S, chance.randrange(seconds * NS_PER_S), 5 * NS_PER_S + 7]
        )
        found.append(stored(number, at, chance.choice([0, 0, 0, chance.randrange(8 * NS_PER_S)])))
    return found


@pytest.mark.parametrize("first", [1, 3, 7, 50, 199, 200, 201])
@pytest.mark.parametrize("seed", range(3))
async def test_pages_lose_and_repeat_nothing(first: int, seed: int) -> None:
    listed = crowded(seed)
    found = await walk(FakeTempo(listed), first)
    assert len(found) == len(set(found))
    assert set(found) == {each.id for each in listed}


async def test_pages_are_newest_first_where_the_project_owns_the_traces() -> None:
    listed = [stored(number, number * 300_000_000) for number in range(1, 100)]
    assert await walk(FakeTempo(listed), 7) == [each.id for each in reversed(listed)]


async def test_every_cursor_leads_on_from_its_own_trace() -> None:
    tempo = FakeTempo(crowded(9, count=60))
    whole = (await page_of(tempo, 60)).edges
    for place, edge in enumerate(whole):
        rest = await page_of(tempo, 60, edge.cursor)
        assert {node.id for node in rest.nodes} == {each.node.id for each in whole[place + 1 :]}


async def test_trace_that_arrives_late_is_no_reason_to_repeat_another() -> None:
    tempo = FakeTempo([stored(number, number * NS_PER_S) for number in range(1, 11)])
    part = await page_of(tempo, 5)
    tempo.stored = sorted(
        [*tempo.stored, stored(99, 8 * NS_PER_S + 1), stored(98, 3 * NS_PER_S)], key=lambda s: -s.start_ns
    )
    rest = await page_of(tempo, 20, part.page_info.end_cursor)
    assert [node.id[-2:] for node in rest.nodes] == ["05", "04", "03", "62", "02", "01"]


@pytest.mark.parametrize(
    "count, first, exhaustive, has_next",
    [(5, 20, True, False), (20, 20, True, False), (21, 20, False, True), (0, 20, True, False)],
)
async def test_page_says_honestly_whether_there_is_more(
    count: int, first: int, exhaustive: bool, has_next: bool
) -> None:
    found = await page_of(FakeTempo([stored(number, number * NS_PER_S) for number in range(1, count + 1)]), first)
    assert (found.exhaustive, found.has_next_page) == (exhaustive, has_next)
    assert len(found.nodes) == min(count, first)


@pytest.mark.parametrize("count", [1, 10, 100])
async def test_page_costs_two_requests_whatever_its_size(count: int) -> None:
    tempo = FakeTempo([stored(number, number * 1000) for number in range(1, count + 1)])
    await page_of(tempo, 200)
    assert (len(tempo.limits), tempo.outlined) == (1, [count])


async def test_empty_page_costs_one_request() -> None:
    tempo = FakeTempo([])
    assert (await page_of(tempo)).nodes == []
    assert (len(tempo.limits), tempo.outlined) == (1, [])


async def test_range_is_widened_to_whole_seconds() -> None:
    tempo = FakeTempo([stored(1, 61 * NS_PER_S), stored(2, 60 * NS_PER_S), stored(3, -500), stored(4, -5_000)])
    assert [node.id[-1] for node in (await page_of(tempo)).nodes] == ["2", "3"]


async def test_traces_of_another_time_are_left_out() -> None:
    """A source that does not read the last seconds yet ignores a window within them."""
    tempo = FakeTempo([stored(1, 30 * NS_PER_S)])
    context = context_for(tempo)
    whole = Interval(START_NS, START_NS + 60 * NS_PER_S)
    answer = await tempo.search(ScopedTraceQL("", SHOP.scope), whole, scopes=[SHOP.scope], limit=5)

    async def ignore_the_window(*asked: Any, **more: Any) -> list[FoundTraces]:
        return answer

    tempo.search = ignore_the_window  # type: ignore[method-assign]
    for start_s in (10, 50):
        late = TimeRange(from_ns=START_NS + start_s * NS_PER_S, to_ns=START_NS + (start_s + 5) * NS_PER_S)
        assert (await traces.traces(context, SHOP, time_range=late)).nodes == []


async def test_traces_that_began_before_the_range_are_paged_too() -> None:
    """They all reach into it, so no second tells them apart."""
    listed = [Stored(f"{n:032x}", START_NS - n * NS_PER_S, START_NS - 500 - n % 3) for n in range(1, 40)]
    listed += [stored(number, number * 50_000_000) for number in range(100, 130)]
    for first in (1, 4, 30):
        found = await walk(FakeTempo(listed), first)
        assert len(found) == len(set(found))
        assert set(found) == {each.id for each in listed}


async def test_summary_speaks_of_own_spans_only() -> None:
    tempo = FakeTempo([stored(1, 0, 5 * NS_PER_S)])
    node = (await page_of(tempo)).nodes[0]
    assert node.start_ns == START_NS + 5 * NS_PER_S
    assert (node.root_service, node.root_name, node.duration_ns) == (None, None, 1001)
    assert (node.span_count, node.error_count) == (2, 1)


async def test_cursor_tells_nothing_of_the_spans_of_others() -> None:
    tempo = FakeTempo([stored(1, 1 * NS_PER_S, 5 * NS_PER_S)])
    shop_alone = FakeTempo([stored(1, 6 * NS_PER_S)])
    assert (await page_of(tempo)).cursors == (await page_of(shop_alone)).cursors


async def test_errors_of_a_trace_with_more_spans_than_were_seen_are_not_counted() -> None:
    tempo = FakeTempo([Stored("f" * 32, START_NS, START_NS, own_spans=150)])
    node = (await page_of(tempo)).nodes[0]
    assert (node.span_count, node.error_count, node.services[0].span_count) == (150, None, 100)
    assert len(node.matched) == 3
    assert (node.root_service, node.root_name) == ("a", "first")


@pytest.mark.parametrize("first", [0, -1, 501])
async def test_page_of_an_impossible_size_is_refused(first: int) -> None:
    with pytest.raises(BadInput) as caught:
        await page_of(FakeTempo([]), first)
    assert caught.value.argument == "first"


@pytest.mark.parametrize("after", ["", "x", "WzFd", "bm9uZQ", "é", "[1,[]]", "W10", "x" * 50_000, "WzEsWzFdXQ"])
async def test_text_that_is_no_cursor_is_refused(after: str) -> None:
    tempo = FakeTempo([])
    with pytest.raises(BadInput) as caught:
        await page_of(tempo, after=after)
    assert caught.value.argument == "after"
    assert tempo.limits == []


async def test_page_behind_a_crowded_second_at_the_start_of_the_range_is_empty() -> None:
    tempo = FakeTempo([stored(1, 0)])
    crowd = [(f"{number:032x}", START_NS, START_NS) for number in range(MAX_SEEN + 1)]
    after = write_cursors(crowd, [], least_s=START_NS // NS_PER_S + 1, most_s=START_NS // NS_PER_S + 60)[-1]
    found = await page_of(tempo, after=after)
    assert (found.nodes, found.has_next_page, found.has_previous_page, tempo.limits) == ([], False, True, [])


def test_cursor_does_not_grow_without_end() -> None:
    shown = [(f"{number:032x}", START_NS + 5, START_NS + 5) for number in range(MAX_SEEN + 1)]
    cursors = write_cursors(shown, [], least_s=0, most_s=2**40)
    assert len(parse_cursor(cursors[-2]).seen) == MAX_SEEN
    assert parse_cursor(cursors[-1]) == TraceCursor(START_NS // NS_PER_S, [])
    assert len(cursors[-2]) < 40_000


def numbered(name: str, count: int, since_ns: int) -> list[Stored]:
    """`count` traces of a project, a millisecond apart."""
    base = sum(name.encode()) << 64
    return [stored(base + number, since_ns + number * 1_000_000) for number in range(1, count + 1)]


async def pages_of(tempo: FakeTempo, projects: Sequence[Project], first: int) -> list[TraceConnection]:
    context = context_for(tempo, *projects)
    asked = (traces.traces(context, each, time_range=RANGE, first=first) for each in projects)
    return list(await asyncio.gather(*asked))


@pytest.mark.parametrize("count", [1, 10])
async def test_pages_of_many_projects_cost_what_one_costs(count: int) -> None:
    names = [f"p{number}" for number in range(count)]
    tempo = FakeTempo([], {name: numbered(name, 7, 0) for name in names})
    found = await pages_of(tempo, [project(name, 10 + number) for number, name in enumerate(names)], 20)
    assert [[node.id for node in each.nodes] for each in found] == [
        [each.id for each in reversed(tempo.by_scope[name])] for name in names
    ]
    assert all(each.exhaustive and not each.has_next_page for each in found)
    assert (len(tempo.limits), len(tempo.outlined)) == (1, 1)


async def test_loud_project_takes_nothing_from_the_quiet_ones() -> None:
    others = {"loud": numbered("loud", 500, 5 * NS_PER_S), "old": numbered("old", 4, 0), "none": []}
    tempo = FakeTempo([], others)
    projects = [project(name, 10 + number) for number, name in enumerate(others)]
    loud, old, none = await pages_of(tempo, projects, 5)
    assert [node.id for node in loud.nodes] == [each.id for each in others["loud"][:-6:-1]]
    assert (loud.has_next_page, loud.exhaustive) == (True, False)
    assert [node.id for node in old.nodes] == [each.id for each in reversed(others["old"])]
    assert none.exhaustive
    assert tempo.asked == [frozenset(others), frozenset({"old", "none"})]


async def test_own_question_of_a_person_is_never_asked_for_several_projects() -> None:
    tempo = FakeTempo([], {name: numbered(name, 2, 0) for name in ("a", "b")})
    projects = [project("a", 11), project("b", 12)]
    context = context_for(tempo, *projects)
    await asyncio.gather(*(traces.traces(context, each, query="{}", time_range=RANGE) for each in projects))
    assert sorted(tempo.asked, key=sorted) == [frozenset({"a"}), frozenset({"b"})]
