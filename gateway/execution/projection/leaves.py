"""The lines that complete one leaf: usually a check of the class, for anything else graphql-core's own coercion."""

from __future__ import annotations

from collections.abc import Callable
from enum import Enum
from typing import Any

from graphql import GraphQLEnumType, GraphQLLeafType, Undefined, specified_scalar_types
from strawberry.execution import optimized_is_awaitable

from .plain import NotPlain

UNFIT = {
    "String": "{v}.__class__ is not str",
    "ID": "{v}.__class__ is not str",
    "Boolean": "{v}.__class__ is not bool",
    "Int": "{v}.__class__ is not int or not -2147483648 <= {v} <= 2147483647",
    "Float": "{v}.__class__ is not float or {v} - {v} != 0.0",
}
"""When a value of a built-in scalar is not what goes out as it is. A float minus itself is 0 unless it is not finite."""

BULK = {"String": str, "ID": str, "Float": float}
"""Scalars of which a whole list is checked at once, in C."""


def leaf_lines(name: str, leaf: GraphQLLeafType, *, non_null: bool, constant: Callable[[object], str]) -> list[str]:
    """The lines that complete the variable `name` in place; they raise NotPlain where graphql-core has to speak.

    `constant` makes an object known to the generated code and gives its name there.
    """
    if isinstance(leaf, GraphQLEnumType):
        return _enum_lines(name, leaf, non_null=non_null, constant=constant)
    coerce = constant(_coercion(leaf))
    unfit = UNFIT[leaf.name].format(v=name) if leaf in specified_scalar_types.values() else None
    if unfit is None:
        return _coerced(name, coerce, non_null=non_null)
    if non_null:
        return [f"if {unfit}:", f"    if {name} is None: raise NotPlain", f"    {name} = {coerce}({name})"]
    return [f"if {name} is not None and ({unfit}): {name} = {coerce}({name})"]


def _coerced(name: str, coerce: str, *, non_null: bool) -> list[str]:
    if non_null:
        return [f"if {name} is None: raise NotPlain", f"{name} = {coerce}({name})"]
    return [f"if {name} is not None: {name} = {coerce}({name})"]


def _enum_lines(name: str, leaf: GraphQLEnumType, *, non_null: bool, constant: Callable[[object], str]) -> list[str]:
    # members are singletons: their identity spares Enum.__hash__, which is Python code
    names = constant(_names_by_identity(leaf))
    coerce = constant(_coercion(leaf))
    missing = "raise NotPlain" if non_null else "pass"
    return [
        f"{name}_name = {names}.get(id({name}))",
        f"if {name}_name is not None: {name} = {name}_name",
        f"elif {name} is None: {missing}",
        f"else: {name} = {coerce}({name})",
    ]


def _names_by_identity(leaf: GraphQLEnumType) -> dict[int, str]:
    found: dict[int, str] = {}
    wrapped = getattr(leaf, "wrapped_cls", None)
    if isinstance(wrapped, type) and issubclass(wrapped, Enum):
        for member in wrapped:
            found[id(member)] = leaf.coerce_output_value(member)
    return found


def _coercion(leaf: GraphQLLeafType) -> Callable[[Any], Any]:
    coerce = leaf.coerce_output_value

    def coerced(value: Any) -> Any:
        if isinstance(value, Exception) or optimized_is_awaitable(value):
            raise NotPlain
        result = coerce(value)
        if result is None or result is Undefined:
            raise NotPlain
        return result

    return coerced
