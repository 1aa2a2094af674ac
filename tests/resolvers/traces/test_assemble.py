"""From spans in any order to the order they are drawn in, whatever their clocks and parents say."""

from __future__ import annotations

import random
import time

import pytest

from datasources.records.traces import RecordedLink, ServiceSpanCount, SpanStatus, Trace
from resolvers.traces import assemble
from tests.resolvers.traces.trees import SHOP, TRACE_ID, recorded, span, tree


def drawn(trace: Trace) -> list[tuple[str, int]]:
    return [(each.id, each.depth) for each in trace.spans]


@pytest.mark.parametrize(
    "rows, expected",
    [
        ([("a", None, 0, 10)], [("a", 0)]),
        ([("c", "b", 2, 3), ("b", "a", 1, 4), ("a", None, 0, 10)], [("a", 0), ("b", 1), ("c", 2)]),
        (
            [("a", None, 0, 10), ("c", "a", 5, 6), ("b", "a", 1, 2), ("d", "b", 1, 2)],
            [("a", 0), ("b", 1), ("d", 2), ("c", 1)],
        ),
        ([("a", None, 0, 10), ("c", "a", 1, 2), ("b", "a", 1, 2)], [("a", 0), ("b", 1), ("c", 1)]),
        ([("b", None, 5, 6), ("a", None, 0, 1)], [("a", 0), ("b", 0)]),
        ([("b", "gone", 5, 6), ("a", None, 0, 10), ("c", "b", 5, 6)], [("a", 0), ("b", 0), ("c", 1)]),
        ([("a", "a", 0, 1)], [("a", 0)]),
        ([("a", "b", 1, 2), ("b", "a", 0, 3)], [("b", 0), ("a", 1)]),
        (
            [("a", "c", 1, 2), ("b", "a", 2, 3), ("c", "b", 3, 4), ("d", "b", 0, 9)],
            [("a", 0), ("b", 1), ("d", 2), ("c", 2)],
        ),
        ([("a", None, 5, 6), ("b", "a", 0, 1)], [("a", 0), ("b", 1)]),
    ],
    ids=[
        "alone",
        "any order",
        "siblings by start",
        "siblings of one instant by id",
        "several roots",
        "orphan at the top",
        "its own parent",
        "circle of two",
        "circle of three with a branch",
        "child before its parent",
    ],
)
def test_spans_come_depth_first(rows: list[tuple[str, str | None, int, int]], expected: list[tuple[str, int]]) -> None:
    assert drawn(tree(*rows)) == expected


def test_two_circles_are_both_opened() -> None:
    trace = tree(("a", "b", 3, 4), ("b", "a", 2, 4), ("c", "d", 1, 4), ("d", "c", 0, 4), ("e", None, 5, 6))
    assert drawn(trace) == [("d", 0), ("c", 1), ("b", 0), ("a", 1), ("e", 0)]


def test_second_span_of_an_id_is_kept_and_the_first_has_the_children() -> None:
    trace = tree(("a", None, 0, 10), ("a", None, 1, 9), ("b", "a", 2, 3))
    assert drawn(trace) == [("a", 0), ("b", 1), ("a", 0)]


@pytest.mark.parametrize(
    "rows, root",
    [
        ([("a", None, 0, 1), ("b", "a", 0, 1)], "a"),
        ([("b", "gone", 0, 1), ("a", None, 5, 6)], "a"),
        ([("b", None, 3, 4), ("a", None, 5, 6)], "b"),
        ([("b", "gone", 0, 1)], None),
        ([("a", "b", 1, 2), ("b", "a", 0, 3)], None),
    ],
    ids=["plain", "beside an orphan", "the earlier of two", "orphan is no root", "circle has no root"],
)
def test_root_is_a_span_without_a_parent(rows: list[tuple[str, str | None, int, int]], root: str | None) -> None:
    found = tree(*rows).root
    assert (found.id if found else None) == root


def test_parent_that_is_not_shown_is_not_named() -> None:
    trace = tree(("b", "foreign", 0, 1), ("c", "b", 0, 1))
    assert [each.parent_id for each in trace.spans] == [None, "b"]


@pytest.mark.parametrize(
    "children, expected",
    [
        ([], 100),
        ([(10, 30)], 80),
        ([(10, 30), (20, 50)], 60),
        ([(10, 90), (20, 30)], 20),
        ([(10, 30), (40, 60)], 60),
        ([(-50, 10), (90, 200)], 80),
        ([(-50, 200)], 0),
        ([(150, 200)], 100),
        ([(30, 10)], 100),
        ([(50, 50)], 100),
    ],
    ids=[
        "no child",
        "one",
        "overlapping",
        "one within the other",
        "apart",
        "sticking out",
        "longer than the parent",
        "after the parent",
        "ends before it starts",
        "no duration",
    ],
)
def test_self_time_is_what_no_child_covers(children: list[tuple[int, int]], expected: int) -> None:
    rows = [(f"c{index}", "a", start, end) for index, (start, end) in enumerate(children)]
    shown = {each.id: each for each in tree(("a", None, 0, 100), *rows).spans}
    assert shown["a"].self_time_ns == expected
    assert shown["a"].child_count == len(children)


def test_times_are_counted_from_the_earliest_span() -> None:
    trace = tree(("a", None, 1000, 5000), ("b", "a", 400, 9000))
    assert (trace.start_ns, trace.duration_ns, trace.end_ns) == (400, 8600, 9000)
    assert [each.offset_ns for each in trace.spans] == [600, 0]
    assert trace.spans[0].trace_interval.end_ns == 9000


def test_span_that_ends_before_it_starts_has_no_duration() -> None:
    trace = tree(("a", None, 100, 50))
    assert (trace.duration_ns, trace.spans[0].duration_ns, trace.spans[0].self_time_ns) == (0, 0, 0)


def test_milliseconds_keep_their_fractions() -> None:
    trace = tree(("a", None, 0, 1_500_000), ("b", "a", 500_000, 750_000))
    assert trace.duration_ms == 1.5
    assert (trace.spans[1].offset_ms, trace.spans[1].duration_ms) == (0.5, 0.25)
    assert trace.spans[0].self_time_ms == 1.25


def test_services_are_counted_the_busiest_first() -> None:
    failed = {"service": "b", "status": SpanStatus.ERROR}
    trace = assemble(
        SHOP,
        recorded(span("1", None, 0, 1), span("2", "1", 0, 1, **failed), span("3", "1", 0, 1, service="b")),
    )
    assert trace.services == [ServiceSpanCount("b", 2, 1), ServiceSpanCount("a", 1, 0)]


def test_links_lead_on_from_the_project() -> None:
    link = RecordedLink("f" * 32, "e" * 16, [])
    trace = assemble(SHOP, recorded(span("1", None, 0, 1, links=[link]), redacted_spans=3, partial=True))
    assert [(each.project, each.trace_id) for each in trace.spans[0].links] == [(SHOP, "f" * 32)]
    assert (trace.id, trace.redacted_spans, trace.partial) == (TRACE_ID, 3, True)


def test_any_shuffle_gives_the_same_trace() -> None:
    chance = random.Random(3)
    rows = [("s0", None, 0, 1000)]
    rows += [
        (f"s{n}", f"s{chance.randrange(n + 3)}", chance.randrange(900), chance.randrange(1000)) for n in range(1, 200)
    ]
    expected = tree(*rows)
    for _ in range(20):
        chance.shuffle(rows)
        assert tree(*rows) == expected
    assert sorted(each.id for each in expected.spans) == sorted(row[0] for row in rows)


@pytest.mark.parametrize("shape", ["chain", "fan", "circle"])
def test_ten_thousand_spans_of_any_shape_are_assembled_in_a_moment(shape: str) -> None:
    count = 10_000
    parents = {
        "chain": [None, *(f"{n:016x}" for n in range(count - 1))],
        "fan": [None, *([f"{0:016x}"] * (count - 1))],
        "circle": [f"{(n - 1) % count:016x}" for n in range(count)],
    }[shape]
    spans = [span(f"{n:016x}", parent, n, 2 * count - n) for n, parent in enumerate(parents)]
    started = time.process_time()
    trace = assemble(SHOP, recorded(*spans))
    assert time.process_time() - started < 2
    assert len(trace.spans) == count
    assert trace.spans[-1].depth == {"chain": count - 1, "fan": 1, "circle": count - 1}[shape]
