"""The operators between spansets that ask how spans are related in the tree."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TypeAlias

from gateway.demo.simulators.tempo.traceql.views import SpanView

Relate: TypeAlias = Callable[[list[SpanView], list[SpanView]], list[SpanView]]
_Related: TypeAlias = Callable[[SpanView, SpanView], bool]


def _ancestors(view: SpanView) -> Iterator[int]:
    parents, parent = view.trace.parents, view.parent
    while parent is not None:
        yield parent
        parent = parents[parent]


def _is_descendant(left: SpanView, right: SpanView) -> bool:
    return left.position in _ancestors(right)


def _is_child(left: SpanView, right: SpanView) -> bool:
    return right.parent == left.position


def _is_sibling(left: SpanView, right: SpanView) -> bool:
    return right.parent is not None and right.parent == left.parent and right is not left


def _keeping_right(related: _Related, *, negated: bool) -> Relate:
    def relate(left: list[SpanView], right: list[SpanView]) -> list[SpanView]:
        return [view for view in right if any(related(other, view) for other in left) is not negated]

    return relate


def _keeping_both(related: _Related) -> Relate:
    def relate(left: list[SpanView], right: list[SpanView]) -> list[SpanView]:
        kept = {}
        for first in left:
            for second in right:
                if related(first, second):
                    kept[first.position], kept[second.position] = first, second
        return [kept[position] for position in sorted(kept)]

    return relate


def _turned(related: _Related) -> _Related:
    return lambda left, right: related(right, left)


_RELATIONS: dict[str, _Related] = {
    ">>": _is_descendant,
    "<<": _turned(_is_descendant),
    ">": _is_child,
    "<": _turned(_is_child),
    "~": _is_sibling,
}
STRUCTURAL: dict[str, Relate] = {
    **{symbol: _keeping_right(related, negated=False) for symbol, related in _RELATIONS.items()},
    **{f"!{symbol}": _keeping_right(related, negated=True) for symbol, related in _RELATIONS.items()},
    **{f"&{symbol}": _keeping_both(related) for symbol, related in _RELATIONS.items()},
}
