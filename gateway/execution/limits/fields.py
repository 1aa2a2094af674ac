"""How many fields an operation has, once its fragments are spread."""

from __future__ import annotations

from .rule import Rule
from .selections import Selections


def fields(selections: Selections) -> int:
    """Repeated ones too: each is merged, and merging takes time."""
    return selections.fold(sum, lambda _, below: below + 1)


FIELDS = Rule("fields", "MAX_FIELDS_LIMIT", "fields", fields)
