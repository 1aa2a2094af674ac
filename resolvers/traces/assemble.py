"""From the spans that a source recorded, in any order, to a trace as it is drawn. Pure, linear but for sorting, no recursion.

Clocks differ between machines, so nothing is taken for granted: a child may start before its parent or outlive it, end
before it starts, name a parent that is not there, or itself. Times are shown as they were recorded.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from msgspec import Struct

from datasources.records.projects import Project
from datasources.records.shared import Interval
from datasources.records.traces import (
    RecordedSpan,
    RecordedTrace,
    ServiceSpanCount,
    Span,
    SpanLink,
    SpanStatus,
    Trace,
)


class Tree(Struct, frozen=True):
    """By index of a span: its parent or None, its children by start; and the tops by start."""

    parents: list[int | None]
    children: list[list[int]]
    tops: list[int]


def assemble(project: Project, recorded: RecordedTrace) -> Trace:
    """The trace with its spans in the order of a depth-first walk, siblings by start.

    Spans whose parent is not among them stand at the top, and so does the earliest span of a circle.
    """
    spans = recorded.spans
    tree = plant(spans)
    start_ns = min(span.start_ns for span in spans)
    end_ns = max(start_ns, *(span.end_ns for span in spans))
    whole = Interval(start_ns, end_ns)
    shown: dict[int, Span] = {}
    for index, depth in walk(tree):
        parent = tree.parents[index]
        kids = [spans[child] for child in tree.children[index]]
        parent_id = None if parent is None else spans[parent].id
        shown[index] = _span(project, recorded.id, spans[index], parent_id, kids, depth, whole)
    root = next((index for index in tree.tops if spans[index].parent_id is None), None)
    return Trace(
        project=project,
        id=recorded.id,
        start_ns=start_ns,
        duration_ns=whole.range_ns,
        root=None if root is None else shown[root],
        spans=list(shown.values()),
        services=count_services((span.service, span.status is SpanStatus.ERROR) for span in spans),
        partial=recorded.partial,
        redacted_spans=recorded.redacted_spans,
    )


def plant(spans: Sequence[RecordedSpan]) -> Tree:
    """The tree that the parents' ids make. Where two spans share an id, the first has the children."""
    by_start = sorted(range(len(spans)), key=lambda index: (spans[index].start_ns, spans[index].id))
    by_id: dict[str, int] = {}
    for index, span in enumerate(spans):
        by_id.setdefault(span.id, index)
    parents = [by_id.get(span.parent_id) if span.parent_id else None for span in spans]
    rank = {index: place for place, index in enumerate(by_start)}
    _open_circles(parents, rank)
    children: list[list[int]] = [[] for _ in spans]
    tops: list[int] = []
    for index in by_start:
        parent = parents[index]
        (tops if parent is None else children[parent]).append(index)
    return Tree(parents, children, tops)


def walk(tree: Tree) -> Iterable[tuple[int, int]]:
    """(index, depth), parents before their children."""
    waiting = [(index, 0) for index in reversed(tree.tops)]
    while waiting:
        index, depth = waiting.pop()
        yield index, depth
        waiting.extend((child, depth + 1) for child in reversed(tree.children[index]))


def self_time_ns(span: RecordedSpan, children: Iterable[RecordedSpan]) -> int:
    """The part of a span in which no child ran; `children` by start. What a child ran outside of the span does not count."""
    covered, until = 0, span.start_ns
    for child in children:
        start, end = max(child.start_ns, until), min(child.end_ns, span.end_ns)
        if end > start:
            covered += end - start
            until = end
    return max(span.end_ns - span.start_ns, 0) - covered


def count_services(spans: Iterable[tuple[str, bool]]) -> list[ServiceSpanCount]:
    """From (service, whether it failed), the busiest service first."""
    counts: Counter[str] = Counter()
    errors: Counter[str] = Counter()
    for service, failed in spans:
        counts[service] += 1
        errors[service] += failed
    ranked = sorted(counts.items(), key=lambda each: (-each[1], each[0]))
    return [ServiceSpanCount(service, count, errors[service]) for service, count in ranked]


def _open_circles(parents: list[int | None], rank: dict[int, int]) -> None:
    """Cuts each circle above its earliest span."""
    state = [0] * len(parents)
    for first in range(len(parents)):
        path = []
        index: int | None = first
        while index is not None and not state[index]:
            state[index] = 1
            path.append(index)
            index = parents[index]
        if index is not None and state[index] == 1:
            circle = path[path.index(index) :]
            parents[min(circle, key=rank.__getitem__)] = None
        for seen in path:
            state[seen] = 2


def _span(
    project: Project,
    trace_id: str,
    span: RecordedSpan,
    parent_id: str | None,
    children: list[RecordedSpan],
    depth: int,
    whole: Interval,
) -> Span:
    return Span(
        project=project,
        trace_id=trace_id,
        trace_interval=whole,
        id=span.id,
        parent_id=parent_id,
        name=span.name,
        service=span.service,
        kind=span.kind,
        status=span.status,
        status_message=span.status_message,
        start_ns=span.start_ns,
        duration_ns=max(span.end_ns - span.start_ns, 0),
        offset_ns=span.start_ns - whole.start_ns,
        self_time_ns=self_time_ns(span, children),
        depth=depth,
        child_count=len(children),
        attributes=span.attributes,
        resource=span.resource,
        events=span.events,
        links=[
            SpanLink(project=project, trace_id=link.trace_id, span_id=link.span_id, attributes=link.attributes)
            for link in span.links
        ],
    )
