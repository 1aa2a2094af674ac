"""How deep fields lie within each other."""

from __future__ import annotations

from .rule import Rule
from .selections import Selections


def depth(selections: Selections) -> int:
    """`{ a { b } }` has 2; fragments add none of their own."""
    return selections.fold(max, lambda _, below: below + 1)


DEPTH = Rule("depth", "MAX_DEPTH_LIMIT", "fields within each other", depth)
