"""A document's selections, measured from the leaves up with every fragment visited once."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    InlineFragmentNode,
    OperationDefinitionNode,
    SelectionNode,
    SelectionSetNode,
)

OfField: TypeAlias = Callable[[FieldNode, int], int]
"""(a field, the measure of what it selects) -> the measure of both."""
OfFragment: TypeAlias = Callable[[FragmentSpreadNode | InlineFragmentNode, int], int]
Together: TypeAlias = Callable[[Iterable[int]], int]
"""The measure of a selection set from those of its selections: `sum` or `max`."""


class Selections:
    """One document. It may be invalid: a fragment that is not there counts nothing, nor does one within itself."""

    def __init__(self, tree: DocumentNode) -> None:
        self.size = len(tree.definitions)
        self.operations = [node for node in tree.definitions if isinstance(node, OperationDefinitionNode)]
        fragments = [node for node in tree.definitions if isinstance(node, FragmentDefinitionNode)]
        self.fragments = {node.name.value: node for node in fragments}
        self.is_cyclic = False
        """Whether a fragment contains itself; known once anything was measured."""

    def fold(self, together: Together, of_field: OfField, of_fragment: OfFragment = lambda _, inside: inside) -> int:
        """The measure of the operation that has most. A fragment counts each time that it is spread."""
        return max(self.each(together, of_field, of_fragment), default=0)

    def each(
        self, together: Together, of_field: OfField, of_fragment: OfFragment = lambda _, inside: inside
    ) -> list[int]:
        """The measures of the operations, in order."""
        walk = Walk(self, together, of_field, of_fragment)
        return [walk.of_set(operation.selection_set) for operation in self.operations]


class Walk:
    """One measure of one document; remembers the fragments' values."""

    def __init__(
        self,
        selections: Selections,
        together: Together,
        of_field: OfField,
        of_fragment: OfFragment = lambda _, inside: inside,
    ) -> None:
        self._selections = selections
        self._together, self._of_field, self._of_fragment = together, of_field, of_fragment
        self._known: dict[str, int | None] = {}

    def of_set(self, selected: SelectionSetNode | None) -> int:
        """The measure of a selection set, 0 where there is none."""
        if selected is None or not selected.selections:
            return 0
        return self._together([self._of_selection(node) for node in selected.selections])

    def _of_selection(self, node: SelectionNode) -> int:
        if isinstance(node, FieldNode):
            return self._of_field(node, self.of_set(node.selection_set))
        if isinstance(node, InlineFragmentNode):
            return self._of_fragment(node, self.of_set(node.selection_set))
        assert isinstance(node, FragmentSpreadNode)
        return self._of_fragment(node, self._of_named(node.name.value))

    def _of_named(self, name: str) -> int:
        if name not in self._known:
            self._known[name] = None  # under way
            fragment = self._selections.fragments.get(name)
            self._known[name] = self.of_set(fragment.selection_set) if fragment else 0
        value = self._known[name]
        if value is None:
            self._selections.is_cyclic = True
        return value or 0
