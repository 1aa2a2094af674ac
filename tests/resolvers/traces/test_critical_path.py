"""The critical path explains a trace's duration instant by instant."""

from __future__ import annotations

import random
import time
from itertools import pairwise

import pytest

from datasources.records.traces import Span, Trace
from resolvers.traces import critical_path
from tests.resolvers.traces.trees import tree

Rows = list[tuple[str, str | None, int, int]]


def path(trace: Trace) -> list[tuple[str, int, int]]:
    return [
        (each.span.id, each.start_offset_ns, each.start_offset_ns + each.duration_ns) for each in critical_path(trace)
    ]


@pytest.mark.parametrize(
    "rows, expected",
    [
        ([("a", None, 0, 10)], [("a", 0, 10)]),
        ([("a", None, 0, 10), ("b", "a", 2, 8)], [("a", 0, 2), ("b", 2, 8), ("a", 8, 10)]),
        (
            [("a", None, 0, 10), ("b", "a", 1, 4), ("c", "a", 5, 9)],
            [("a", 0, 1), ("b", 1, 4), ("a", 4, 5), ("c", 5, 9), ("a", 9, 10)],
        ),
        ([("a", None, 0, 10), ("b", "a", 1, 6), ("c", "a", 2, 9)], [("a", 0, 2), ("c", 2, 9), ("a", 9, 10)]),
        (
            [("a", None, 0, 10), ("b", "a", 1, 9), ("c", "b", 2, 3)],
            [("a", 0, 1), ("b", 1, 2), ("c", 2, 3), ("b", 3, 9), ("a", 9, 10)],
        ),
        ([("a", None, 0, 10), ("b", "a", 4, 30)], [("a", 0, 4), ("b", 4, 30)]),
        ([("a", None, 0, 10), ("b", "a", 20, 30)], [("a", 0, 10), ("b", 20, 30)]),
        ([("a", None, 5, 10), ("b", "a", 0, 7)], [("b", 5, 7), ("a", 7, 10)]),
        ([("a", None, 0, 10), ("b", "a", -5, 30)], [("b", 5, 35)]),
        ([("a", None, 0, 10), ("b", "a", 5, 5)], [("a", 0, 10)]),
        ([("a", None, 0, 10), ("b", "a", 0, 10), ("c", "b", 0, 10)], [("c", 0, 10)]),
        ([("a", None, 0, 4), ("b", None, 6, 10)], [("a", 0, 4), ("b", 6, 10)]),
        ([("b", "gone", 2, 6), ("c", "b", 3, 6)], [("b", 0, 1), ("c", 1, 4)]),
        ([("a", "b", 1, 2), ("b", "a", 0, 3)], [("b", 0, 1), ("a", 1, 2), ("b", 2, 3)]),
        ([("a", None, 5, 5)], []),
        ([("a", None, 0, 10), ("b", "a", 0, 5), ("c", "a", 5, 10)], [("b", 0, 5), ("c", 5, 10)]),
    ],
    ids=[
        "alone",
        "one child",
        "one after the other",
        "side by side, the last to finish",
        "grandchild",
        "child outlives its parent",
        "child after its parent",
        "child before its parent",
        "child longer on both sides",
        "child without duration",
        "all of one length",
        "two roots with a gap",
        "orphan",
        "circle",
        "no duration at all",
        "children end to end",
    ],
)
def test_path_is_what_the_rest_was_waiting_for(rows: Rows, expected: list[tuple[str, int, int]]) -> None:
    assert path(tree(*rows)) == expected


def test_work_that_outlives_its_parent_is_what_the_trace_waits_for() -> None:
    trace = tree(("a", None, 0, 10), ("b", "a", 2, 50), ("c", "a", 5, 30), ("d", "b", 20, 40))
    assert path(trace) == [("a", 0, 2), ("b", 2, 20), ("d", 20, 40), ("b", 40, 50)]


def test_async_child_that_another_outlasts_makes_nothing_longer() -> None:
    trace = tree(("a", None, 0, 40), ("b", "a", 2, 20), ("c", "b", 5, 39))
    assert path(trace) == [("a", 0, 2), ("b", 2, 5), ("c", 5, 20), ("a", 20, 40)]


def random_rows(chance: random.Random) -> Rows:
    rows: Rows = [("s0", None, 0, 1000)]
    for number in range(1, chance.randrange(2, 30)):
        start = chance.randrange(-50, 1000)
        rows.append((f"s{number}", f"s{chance.randrange(number)}", start, start + chance.randrange(400)))
    return rows


def test_segments_never_overlap_fill_the_root_and_reach_the_end() -> None:
    chance = random.Random(5)
    for _ in range(500):
        trace = tree(*random_rows(chance))
        segments = critical_path(trace)
        edges = [(each.start_offset_ns, each.start_offset_ns + each.duration_ns) for each in segments]
        assert edges == sorted(edges)
        assert all(before[1] <= after[0] for before, after in pairwise(edges))
        assert all(within(each.span, trace, edge) for each, edge in zip(segments, edges, strict=True))
        assert trace.root is not None
        root = (trace.root.offset_ns, trace.root.offset_ns + trace.root.duration_ns)
        assert sum(max(0, min(end, root[1]) - max(start, root[0])) for start, end in edges) == trace.root.duration_ns
        assert edges[-1][1] == trace.duration_ns


def within(span: Span, trace: Trace, edge: tuple[int, int]) -> bool:
    start, end = span.offset_ns, span.offset_ns + span.duration_ns
    return start <= edge[0] < edge[1] <= end and edge[1] <= trace.duration_ns


@pytest.mark.parametrize("shape", ["chain", "fan"])
def test_path_through_ten_thousand_spans_takes_a_moment(shape: str) -> None:
    count = 10_000
    rows: Rows = [("s0", None, 0, 3 * count)]
    for number in range(1, count):
        parent = f"s{number - 1}" if shape == "chain" else "s0"
        rows.append((f"s{number}", parent, number, 3 * count - number if shape == "chain" else number + 1))
    trace = tree(*rows)
    started = time.process_time()
    segments = critical_path(trace)
    assert time.process_time() - started < 2
    assert sum(each.duration_ns for each in segments) == trace.duration_ns
