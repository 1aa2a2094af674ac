"""The cost of an operation: the sum over its fields, lists counted as often as their arguments allow."""

from __future__ import annotations

from typing import Any

from graphql import (
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLField,
    GraphQLIncludeDirective,
    GraphQLNamedType,
    GraphQLSchema,
    GraphQLSkipDirective,
    InlineFragmentNode,
    OperationDefinitionNode,
    OperationType,
    SelectionSetNode,
    get_argument_values,
    get_directive_values,
    get_named_type,
    is_leaf_type,
    is_list_type,
    is_non_null_type,
)
from graphql.execution.values import VariableValues
from msgspec import Struct

from . import weights
from .weights import Weight

_NO_WEIGHT = Weight()
_NS_PER_HOUR = 3_600_000_000_000


class Frame(Struct, frozen=True):
    """What fields inherit: the range that is looked back over, the points of a series, the size of a list of a connection."""

    range_ns: int = 0
    points: int = weights.ASSUMED_POINTS
    items: int | None = None
    """Of the fields below that `items_of` names."""
    items_of: tuple[str, ...] = ()


class Estimate:
    """One operation with its variables. `now_ns` is the end of a range that has none."""

    def __init__(
        self,
        schema: GraphQLSchema,
        fragments: dict[str, FragmentDefinitionNode],
        variables: VariableValues,
        *,
        now_ns: int,
    ) -> None:
        self._schema = schema
        self._fragments = fragments
        self._variables = variables
        self._now_ns = now_ns

    def of(self, operation: OperationDefinitionNode) -> float:
        """Units, as `weights` defines them. The document has to be valid and held to its limits."""
        root = self._schema.get_root_type(operation.operation)
        assert root is not None
        found = self._of_set(root, operation.selection_set, Frame())
        if operation.operation is OperationType.MUTATION:
            found += weights.MUTATION * len(operation.selection_set.selections)
        return found

    def _of_set(self, parent: GraphQLNamedType, selected: SelectionSetNode, frame: Frame) -> float:
        found = 0.0
        for node in selected.selections:
            if node.directives and not self._is_included(node):
                continue
            if isinstance(node, FieldNode):
                found += self._of_field(parent, node, frame)
            elif isinstance(node, InlineFragmentNode):
                found += self._of_set(self._narrowed(parent, node), node.selection_set, frame)
            elif isinstance(node, FragmentSpreadNode):
                fragment = self._fragments[node.name.value]
                found += self._of_set(self._narrowed(parent, fragment), fragment.selection_set, frame)
        return found

    def _of_field(self, parent: Any, node: FieldNode, frame: Frame) -> float:
        name = node.name.value
        field: GraphQLField | None = self._schema.get_field(parent, name)
        if field is None:
            return 0.0
        kind = get_named_type(field.type)
        if kind.name.startswith("__"):
            return weights.INTROSPECTION
        weight = weights.WEIGHTS.get(f"{parent.name}.{name}", _NO_WEIGHT)
        if node.selection_set is None and weight is _NO_WEIGHT and not field.args:
            return 0.0
        try:
            given = get_argument_values(field, node, self._variables) if field.args else {}
        except GraphQLError:
            return 0.0  # the field will fail for it and ask nobody
        inner = self._frame(given, frame)
        asks = weight.asks if weight.asks is not None else float(bool(field.args) and not is_leaf_type(kind))
        found = asks * weights.ASK + self._lookback(kind, inner, bool(asks))
        if node.selection_set is None:
            return found
        items, inner = _items(name, field, kind, given, weight, frame, inner)
        each = weights.ITEM_BY_TYPE.get(kind.name, weights.ITEM) if items != 1 else 0.0
        if kind.name == "Series":
            each += inner.points * weights.POINT
        return found + items * (each + self._of_set(kind, node.selection_set, inner))

    def _frame(self, given: dict[str, Any], frame: Frame) -> Frame:
        asked, step_ns = given.get("range"), given.get("step")
        window_ns = given.get("window")
        range_ns = _range_ns(asked, self._now_ns) if isinstance(asked, dict) else frame.range_ns
        if isinstance(window_ns, int):
            range_ns = 2 * window_ns
        points = frame.points
        if isinstance(step_ns, int) and step_ns > 0:
            points = min(max(range_ns // step_ns, 0) + 1, weights.MAX_POINTS)
        elif isinstance(given.get("maxPoints"), int):
            points = min(max(given["maxPoints"], 1), weights.MAX_POINTS)
        return Frame(range_ns, points)

    @staticmethod
    def _lookback(kind: GraphQLNamedType, frame: Frame, asks: bool) -> float:
        per_hour = weights.LOOKBACK_PER_HOUR.get(kind.name, 0.0) if asks else 0.0
        return per_hour * frame.range_ns / _NS_PER_HOUR

    def _is_included(self, node: Any) -> bool:
        try:
            skipped = get_directive_values(GraphQLSkipDirective, node, self._variables)
            included = get_directive_values(GraphQLIncludeDirective, node, self._variables)
        except GraphQLError:
            return True
        return not (skipped and skipped["if"]) and (not included or bool(included["if"]))

    def _narrowed(self, parent: GraphQLNamedType, node: Any) -> GraphQLNamedType:
        condition = node.type_condition
        found = self._schema.get_type(condition.name.value) if condition else None
        return found or parent


def _items(
    name: str,
    field: GraphQLField,
    kind: GraphQLNamedType,
    given: dict[str, Any],
    weight: Weight,
    outer: Frame,
    inner: Frame,
) -> tuple[int, Frame]:
    """(how often the field's objects come, the frame of what they select)."""
    size = _size(given, weight)
    below = next((names for ending, names in weights.ITEMS_BELOW.items() if kind.name.endswith(ending)), ())
    if below:
        return 1, Frame(inner.range_ns, inner.points, size or weight.items, below)
    if name in outer.items_of and outer.items is not None:
        return outer.items, inner
    if not _is_list(field.type):
        return 1, inner
    if weight.points_each:
        return inner.points, inner
    return size if size is not None else (weight.items or weights.ASSUMED_ITEMS), inner


def _size(given: dict[str, Any], weight: Weight) -> int | None:
    if weight.one_without is not None and not given.get(weight.one_without):
        return 1
    for name in weights.SIZES:
        if isinstance(given.get(name), int):
            return max(int(given[name]), 0)
    if isinstance(given.get("before"), int) and isinstance(given.get("after"), int):
        return max(int(given["before"]), 0) + max(int(given["after"]), 0) + 1
    ids = given.get("ids")
    return len(ids) if isinstance(ids, list) else None


def _range_ns(asked: dict[str, Any], now_ns: int) -> int:
    if isinstance(asked.get("last"), int):
        return max(int(asked["last"]), 0)
    if isinstance(asked.get("from"), int):
        to_ns = asked.get("to")
        return max((to_ns if isinstance(to_ns, int) else now_ns) - int(asked["from"]), 0)
    return 0


def _is_list(kind: Any) -> bool:
    return is_list_type(kind.of_type if is_non_null_type(kind) else kind)
