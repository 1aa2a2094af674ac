"""How often introspection goes from a type to a list of its parts: the answer grows with the power of it."""

from __future__ import annotations

from .rule import Rule
from .selections import Selections, Walk

ROOTS = ("__schema", "__type")
LISTS = ("fields", "inputFields", "interfaces", "possibleTypes")


def introspection_depth(selections: Selections) -> int:
    """Lists within each other below `__schema` or `__type`; the query that tools send has 1."""
    lists = Walk(selections, max, lambda node, below: below + (node.name.value in LISTS))
    return selections.fold(
        max, lambda node, below: lists.of_set(node.selection_set) if node.name.value in ROOTS else below
    )


INTROSPECTION_DEPTH = Rule(
    "introspection_depth",
    "MAX_INTROSPECTION_DEPTH_LIMIT",
    "lists of introspection within each other",
    introspection_depth,
)
