"""A trace as queries see it: spans with their places in the tree, and with what is not known of them yet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from gateway.demo.scenario.requests import Request
from gateway.demo.scenario.signals import SpanData

_NOTHING: frozenset[str] = frozenset()


class Undetermined(Exception):
    """The answer differs between requests of the same variant, and no actual request is at hand."""


class SpanView:
    """`unknown` names the attributes (as they are printed) that a pattern cannot tell; it is empty for actual spans."""

    __slots__ = ("_span", "position", "trace", "unknown")

    def __init__(self, trace: TraceView, position: int, unknown: frozenset[str]) -> None:
        self._span: SpanData | None = None
        self.trace = trace
        self.position = position
        self.unknown = unknown

    @property
    def span(self) -> SpanData:
        """Made when first asked for: most filters need few of a trace's spans."""
        if self._span is None:
            self._span = self.trace.request.span(self.position)
        return self._span

    @property
    def parent(self) -> int | None:
        return self.trace.parents[self.position]


class TraceView:
    """A request; or, without a `pattern`, what all requests of its variant have in common. Units: nanoseconds."""

    def __init__(
        self, request: Request, pattern: TraceView | None = None, unknown: Sequence[frozenset[str]] | None = None
    ) -> None:
        self.request = request
        self.pattern = pattern
        count = len(request.variant.spans)
        self.views = [SpanView(self, position, unknown[position] if unknown else _NOTHING) for position in range(count)]

    @property
    def root(self) -> SpanData:
        return self.views[0].span

    @cached_property
    def duration_ns(self) -> int:
        return max(span.end_offset_ns for span in self.request.variant.spans)

    @cached_property
    def parents(self) -> list[int | None]:
        """The position of each span's parent."""
        return self.pattern.parents if self.pattern else [span.parent for span in self.request.variant.spans]

    @cached_property
    def child_counts(self) -> list[int]:
        counts = [0] * len(self.views)
        for parent in self.parents:
            if parent is not None:
                counts[parent] += 1
        return counts

    @cached_property
    def nested_sets(self) -> list[tuple[int, int, int]]:
        """(left, right, parent) of the nested set model; the parent of a root is -1."""
        return self.pattern.nested_sets if self.pattern else nested_sets(self.parents)


def nested_sets(parents: Sequence[int | None]) -> list[tuple[int, int, int]]:
    """Numbers every span on the way down and on the way up."""
    children: list[list[int]] = [[] for _ in parents]
    roots: list[int] = []
    for position, parent in enumerate(parents):
        (roots if parent is None else children[parent]).append(position)
    left, right, number = [0] * len(parents), [0] * len(parents), 0
    stack = [(root, False) for root in reversed(roots)]
    while stack:
        position, is_left = stack.pop()
        number += 1
        if is_left:
            right[position] = number
            continue
        left[position] = number
        stack.append((position, True))
        stack += [(child, False) for child in reversed(children[position])]
    return [
        (left[position], right[position], -1 if parent is None else left[parent])
        for position, parent in enumerate(parents)
    ]
