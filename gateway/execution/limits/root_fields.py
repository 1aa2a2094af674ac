"""How many fields an operation asks of its root."""

from __future__ import annotations

from .rule import Rule
from .selections import Selections


def root_fields(selections: Selections) -> int:
    """Fields at the top, with those of fragments."""
    return selections.fold(sum, lambda _, __: 1)


ROOT_FIELDS = Rule("root_fields", "MAX_ROOT_FIELDS_LIMIT", "fields at its root", root_fields)
