"""How many operations and fragments a document has: some validation takes each operation with each fragment."""

from __future__ import annotations

from .rule import Rule

DEFINITIONS = Rule(
    "definitions", "MAX_DEFINITIONS_LIMIT", "operations and fragments", lambda selections: selections.size
)
