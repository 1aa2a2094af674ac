"""How many pairs of fields answer under the same name, each of which validation compares.

Source: GraphQL specification, "Field Selection Merging".
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode, SelectionSetNode

from .depth import depth
from .rule import Rule
from .selections import Selections


def comparisons(selections: Selections) -> int:
    """Pairs of one response name at one place of the answer, once fragments are spread; 0 where that has no end."""
    if depth(selections) and selections.is_cyclic:
        return 0
    return max((_pairs(selections, [operation.selection_set]) for operation in selections.operations), default=0)


def _pairs(selections: Selections, sets: Sequence[SelectionSetNode]) -> int:
    found, pending = 0, [sets]
    while pending:
        groups: dict[str, list[FieldNode]] = {}
        for node in _fields(selections, pending.pop()):
            groups.setdefault(node.alias.value if node.alias else node.name.value, []).append(node)
        for nodes in groups.values():
            found += len(nodes) * (len(nodes) - 1) // 2
            below = [node.selection_set for node in nodes if node.selection_set]
            if below:
                pending.append(below)
    return found


def _fields(selections: Selections, sets: Sequence[SelectionSetNode]) -> Iterator[FieldNode]:
    pending, spread = list(sets), set()
    while pending:
        for node in pending.pop().selections:
            if isinstance(node, FieldNode):
                yield node
            elif isinstance(node, InlineFragmentNode):
                pending.append(node.selection_set)
            elif isinstance(node, FragmentSpreadNode) and node.name.value not in spread:
                spread.add(node.name.value)
                if fragment := selections.fragments.get(node.name.value):
                    pending.append(fragment.selection_set)


COMPARISONS = Rule("comparisons", "MAX_COMPARISONS_LIMIT", "pairs of fields under one name", comparisons)
