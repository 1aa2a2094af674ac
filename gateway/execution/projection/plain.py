"""What may be projected: fields that only read an attribute, of types that need no look at the value to be known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from graphql import GraphQLField, GraphQLNonNull, GraphQLObjectType, GraphQLType
from graphql.execution.collect_fields import DeferUsage, FieldDetailsList

DEFINITION = "strawberry-definition"
INTERCHANGEABLE = ("skip", "include")


class NotPlain(Exception):
    """The value, or the selection, is graphql-core's to complete."""


def attribute_of(field: GraphQLField) -> str | None:
    """The attribute that a field reads, None if it does anything else: a resolver, arguments, permissions, extensions."""
    definition: Any = field.extensions.get(DEFINITION)
    if definition is None or field.args or not definition.is_basic_field:
        return None
    if getattr(field.resolve, "__name__", "") != "_get_basic_result":
        return None
    name: str = definition.python_name
    return name


def type_check_of(object_type: GraphQLObjectType) -> Callable[[Any, Any], Any] | None:
    """The check that graphql-core makes on each value of the type, None where it makes none.

    Raises: NotPlain for a check that is asynchronous or needs to know where it is.
    """
    check = object_type.is_type_of
    if check is None:
        return None
    if getattr(check, "__name__", "") != "is_type_of" and "from_object" not in getattr(check, "__qualname__", ""):
        raise NotPlain
    return check


def require_plain_nodes(details: FieldDetailsList, section: DeferUsage | None) -> None:
    """`section` is the deferred fragment that is being completed, None for what is not deferred.

    Raises: NotPlain for a field of another section, fragment arguments, or a directive that does more than choose.
    """
    for detail in details:
        if detail.defer_usage is not section or detail.fragment_variable_values is not None:
            raise NotPlain
        for directive in detail.node.directives or ():
            if directive.name.value not in INTERCHANGEABLE:
                raise NotPlain


def unwrapped(graphql_type: GraphQLType) -> tuple[Any, bool]:
    """(the type without its outer non-null, whether it had one)."""
    if isinstance(graphql_type, GraphQLNonNull):
        return graphql_type.of_type, True
    return graphql_type, False
