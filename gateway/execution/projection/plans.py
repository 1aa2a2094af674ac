"""Generated functions, kept by operation: their documents are cached, so the same tree comes again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping
from typing import Any

from graphql import OperationDefinitionNode, VariableNode, Visitor, visit
from graphql.execution.collect_fields import FragmentDetails
from graphql.pyutils import RefMap

MAX_OPERATIONS = 1_000
MAX_VARIANTS = 64
CHOOSING = ("skip", "include", "defer", "stream")
"""The directives whose variables decide which fields there are, and in which section of the answer."""


class Variant:
    """What is known of an operation for one combination of the variables that the choosing directives use.

    Keys are ids of trees and lists, which `kept` holds, so that none is used twice.
    """

    __slots__ = ("deferred_sections", "first_sections", "functions", "kept", "partials", "roots", "subfields")

    def __init__(self) -> None:
        self.subfields: dict[Any, Any] = {}
        self.roots: dict[Any, Any] = {}
        self.functions: dict[Any, Any] = {}
        self.partials: dict[Any, Any] = {}
        self.first_sections: RefMap[Any, Any] = RefMap()
        self.deferred_sections: RefMap[Any, Any] = RefMap()
        self.kept: list[Any] = []


class Plan:
    """One operation."""

    def __init__(self, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDetails]) -> None:
        self.kept = (operation, dict(fragments))
        choosing = _ChoosingVariables()
        visit(operation, choosing)
        for fragment in fragments.values():
            visit(fragment.definition, choosing)
        self._choosing = tuple(sorted(choosing.names))
        self.has_fragment_arguments = any(fragment.variable_signatures for fragment in fragments.values())
        self._variants: dict[tuple[Any, ...], Variant] = {}

    def variant(self, variables: Mapping[str, Any]) -> Variant:
        """The variant of these variables."""
        key = tuple(variables.get(name) for name in self._choosing)
        found = self._variants.get(key)
        if found is None:
            if len(self._variants) >= MAX_VARIANTS:
                self._variants.clear()
            found = self._variants[key] = Variant()
        return found


class Plans:
    """The plans of all operations, least recently used first out."""

    def __init__(self) -> None:
        self._plans: OrderedDict[int, Plan] = OrderedDict()

    def get(self, operation: OperationDefinitionNode, fragments: Mapping[str, FragmentDetails]) -> Plan:
        """The plan of an operation, made when it comes first."""
        found = self._plans.get(id(operation))
        if found is None:
            found = self._plans[id(operation)] = Plan(operation, fragments)
            if len(self._plans) > MAX_OPERATIONS:
                self._plans.popitem(last=False)
        else:
            self._plans.move_to_end(id(operation))
        return found

    def forget(self, operation: OperationDefinitionNode) -> None:
        """Lets go of an operation whose document is no longer kept, and with it of its tree."""
        self._plans.pop(id(operation), None)


class _ChoosingVariables(Visitor):
    def __init__(self) -> None:
        super().__init__()
        self.names: set[str] = set()

    def enter_directive(self, node: Any, *_: Any) -> None:
        if node.name.value in CHOOSING:
            self.names |= {
                part.value.name.value for part in node.arguments or () if isinstance(part.value, VariableNode)
            }
