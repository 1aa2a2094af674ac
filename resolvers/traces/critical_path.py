"""The spans that a trace's duration is made of: at every instant, the one that the rest was waiting for. Pure, no recursion.

Walked backwards from the end: before a span's end it was waiting for the child that finished last, before that child's
start for the one that finished last before it, and so on; what no child explains is the span's own time. A parent waits
for a child only as long as it runs itself; what outlasts all that is above it, the trace as a whole waits for.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from datasources.records.traces import CriticalPathSegment, Span, Trace

Window = tuple[int, int, int]
"""(end, start, position of the span), clipped to what waits for it."""


class _Frame:
    """A span, or the trace as a whole (None), being walked backwards from `at_ns` down to `start_ns`."""

    __slots__ = ("_windows", "at_ns", "span", "start_ns")

    def __init__(self, span: Span | None, start_ns: int, end_ns: int, windows: Iterable[Window]) -> None:
        self.span, self.start_ns, self.at_ns = span, start_ns, end_ns
        # Of those that end together the longest is the one that was waited for.
        self._windows: Iterator[Window] = iter(sorted(windows, key=lambda window: (-window[0], window[1])))

    def next_child(self) -> Window | None:
        """The child that finished last before `at_ns`."""
        return next((window for window in self._windows if window[1] < window[0] <= self.at_ns), None)


def critical_path(trace: Trace) -> list[CriticalPathSegment]:
    """Segments by time, without overlap. There may be gaps, in which no span ran that anything waited for."""
    spans = trace.spans
    children, parents = _family(spans)
    segments: list[CriticalPathSegment] = []
    stack = [_Frame(None, trace.start_ns, trace.end_ns, _waited_for_by_the_trace(spans, parents))]
    while stack:
        frame = stack[-1]
        found = frame.next_child()
        until_ns = frame.start_ns if found is None else found[0]
        if frame.span is not None and until_ns < frame.at_ns:
            _add(segments, frame.span, until_ns - trace.start_ns, frame.at_ns - trace.start_ns)
        if found is None:
            stack.pop()
            continue
        end_ns, start_ns, child = found
        frame.at_ns = start_ns
        windows = [
            (min(spans[each].end_ns, end_ns), max(spans[each].start_ns, start_ns), each) for each in children[child]
        ]
        stack.append(_Frame(spans[child], start_ns, end_ns, windows))
    return segments[::-1]


def _waited_for_by_the_trace(spans: Sequence[Span], parents: Sequence[int | None]) -> list[Window]:
    """Spans without a parent, and of the others what they did after all above them had ended."""
    found: list[Window] = []
    ended_ns: list[int] = []
    for index, (span, parent) in enumerate(zip(spans, parents, strict=True)):
        above_ns = span.start_ns if parent is None else ended_ns[parent]
        ended_ns.append(max(above_ns, span.end_ns))
        if span.end_ns > above_ns:
            found.append((span.end_ns, max(span.start_ns, above_ns), index))
    return found


def _add(segments: list[CriticalPathSegment], span: Span, start_ns: int, end_ns: int) -> None:
    """Adds a segment before those that are there, or makes the first of them longer."""
    if segments and segments[-1].span is span and segments[-1].start_offset_ns == end_ns:
        end_ns += segments.pop().duration_ns
    segments.append(CriticalPathSegment(span, start_ns, end_ns - start_ns))


def _family(spans: Sequence[Span]) -> tuple[list[list[int]], list[int | None]]:
    """Children and parents by position in the depth-first order, whose depths are enough to tell."""
    children: list[list[int]] = [[] for _ in spans]
    parents: list[int | None] = []
    above: list[int] = []
    for index, span in enumerate(spans):
        del above[span.depth :]
        parents.append(above[-1] if above else None)
        if above:
            children[above[-1]].append(index)
        above.append(index)
    return children, parents
