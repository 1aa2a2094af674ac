"""How many directives an operation has."""

from __future__ import annotations

from graphql import FieldNode, FragmentSpreadNode, InlineFragmentNode

from .rule import Rule
from .selections import Selections


def directives(selections: Selections) -> int:
    """On fields and fragments, and on the operation and its variables."""
    own = [
        len(operation.directives or ()) + sum(len(one.directives or ()) for one in operation.variable_definitions or ())
        for operation in selections.operations
    ]
    selected = selections.each(sum, _with_own, _with_own)
    return max((sum(pair) for pair in zip(own, selected, strict=True)), default=0)


def _with_own(node: FieldNode | FragmentSpreadNode | InlineFragmentNode, below: int) -> int:
    return below + len(node.directives or ())


DIRECTIVES = Rule("directives", "MAX_DIRECTIVES_LIMIT", "directives", directives)
