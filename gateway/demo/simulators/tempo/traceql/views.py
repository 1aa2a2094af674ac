"""A trace as queries see it: spans with their places in the tree, and with what is not known of them yet."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property

from gateway.demo.scenario.signals import SpanData


class Undetermined(Exception):
    """The answer differs between requests of the same variant, and no actual request is at hand."""


class SpanView:
    """`unknown` names the attributes (as they are printed) that a template cannot tell; it is empty for actual spans."""

    __slots__ = ("position", "span", "trace", "unknown")

    def __init__(self, span: SpanData, trace: TraceView, position: int, unknown: frozenset[str]) -> None:
        self.span = span
        self.trace = trace
        self.position = position
        self.unknown = unknown

    @property
    def parent(self) -> int | None:
        return self.trace.parents[self.position]


class TraceView:
    """Shape: spans in the scenario's order, the root first. Units: nanoseconds."""

    def __init__(self, spans: Sequence[SpanData], unknown: Sequence[frozenset[str]] | None = None) -> None:
        nothing: frozenset[str] = frozenset()
        self.views = [
            SpanView(span, self, position, unknown[position] if unknown else nothing)
            for position, span in enumerate(spans)
        ]

    @property
    def trace_id(self) -> str:
        return self.views[0].span.trace_id

    @cached_property
    def root(self) -> SpanData | None:
        return next((view.span for view in self.views if view.span.parent_id is None), None)

    @cached_property
    def start_ns(self) -> int:
        return min(view.span.start_ns for view in self.views)

    @cached_property
    def duration_ns(self) -> int:
        return max(view.span.start_ns + view.span.duration_ns for view in self.views) - self.start_ns

    @cached_property
    def parents(self) -> list[int | None]:
        """The position of each span's parent."""
        positions = {view.span.span_id: view.position for view in self.views}
        return [positions.get(view.span.parent_id or "") for view in self.views]

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
        children: list[list[int]] = [[] for _ in self.views]
        roots: list[int] = []
        for position, parent in enumerate(self.parents):
            (roots if parent is None else children[parent]).append(position)
        left, right, number = [0] * len(self.views), [0] * len(self.views), 0
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
            for position, parent in enumerate(self.parents)
        ]
