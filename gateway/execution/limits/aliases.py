"""How many aliases an operation has: each asks for the same field once more."""

from __future__ import annotations

from .rule import Rule
from .selections import Selections


def aliases(selections: Selections) -> int:
    """A fragment's aliases count each time that it is spread."""
    return selections.fold(sum, lambda node, below: below + (node.alias is not None))


ALIASES = Rule("aliases", "MAX_ALIASES_LIMIT", "aliases", aliases)
