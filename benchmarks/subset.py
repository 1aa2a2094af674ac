"""The part of the served schema that the questions use, as the peers serve it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable

from graphql import (
    FieldNode,
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLNamedType,
    GraphQLSchema,
    GraphQLType,
    TypeInfo,
    TypeInfoVisitor,
    Visitor,
    get_named_type,
    is_object_type,
    is_specified_scalar_type,
    parse,
    print_type,
    visit,
)

_DESCRIPTION = re.compile(r'"""[\s\S]*?"""\s*')


class _Used(Visitor):
    def __init__(self, info: TypeInfo) -> None:
        super().__init__()
        self._info = info
        self.fields: dict[str, dict[str, None]] = defaultdict(dict)

    def enter_field(self, node: FieldNode, *_: object) -> None:
        parent = self._info.get_parent_type()
        assert parent is not None
        self.fields[parent.name][node.name.value] = None


def subset(schema: GraphQLSchema, documents: Iterable[str]) -> str:
    """SDL: the object types that occur with the fields that occur, and whole what their arguments need."""
    fields: dict[str, dict[str, None]] = defaultdict(dict)
    for document in documents:
        info = TypeInfo(schema)
        used = _Used(info)
        visit(parse(document), TypeInfoVisitor(info, used))
        for name, own in used.fields.items():
            fields[name] |= own
    others: dict[str, GraphQLNamedType] = {}
    printed = [_object(schema, name, own, others) for name, own in fields.items()]
    return "\n\n".join([*printed, *(_plain(kind) for kind in others.values())]) + "\n"


def _object(schema: GraphQLSchema, name: str, own: Iterable[str], others: dict[str, GraphQLNamedType]) -> str:
    kind = schema.get_type(name)
    assert is_object_type(kind)
    lines = []
    for field_name in own:
        field = kind.fields[field_name]
        arguments = []
        for argument_name, argument in field.args.items():
            if not _is_simple(argument.type):
                continue
            _note(argument.type, others)
            arguments.append(f"{argument_name}: {str(argument.type).rstrip('!')}")
        if not is_object_type(get_named_type(field.type)):
            _note(field.type, others)
        given = f"({', '.join(arguments)})" if arguments else ""
        lines.append(f"  {field_name}{given}: {field.type}")
    return f"type {name} {{\n" + "\n".join(lines) + "\n}"


def _is_simple(kind: GraphQLType) -> bool:
    named = get_named_type(kind)
    return named.name == "TimeRange" or not isinstance(named, GraphQLInputObjectType | GraphQLEnumType)


def _note(kind: GraphQLType, others: dict[str, GraphQLNamedType]) -> None:
    named = get_named_type(kind)
    if is_specified_scalar_type(named) or named.name in others:
        return
    others[named.name] = named
    if isinstance(named, GraphQLInputObjectType):
        for field in named.fields.values():
            _note(field.type, others)


def _plain(kind: GraphQLNamedType) -> str:
    return _DESCRIPTION.sub("", print_type(kind))
