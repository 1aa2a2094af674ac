"""Writes the function that turns one value, and everything below it, into its output."""

from __future__ import annotations

from collections.abc import Callable
from keyword import iskeyword
from math import isfinite
from typing import TYPE_CHECKING, Any

from graphql import GraphQLList, GraphQLObjectType, GraphQLOutputType, is_leaf_type, specified_scalar_types
from graphql.execution.collect_fields import DeferUsage, FieldDetailsList

from .leaves import BULK, leaf_lines
from .plain import NotPlain, attribute_of, require_plain_nodes, type_check_of, unwrapped

if TYPE_CHECKING:
    from .executor import ProjectingExecutor

Project = Callable[[Any], Any]
KNOWN = {
    "NotPlain": NotPlain,
    "isfinite": isfinite,
    "__builtins__": {"id": id, "getattr": getattr, "set": set, "map": map, "type": type, "sum": sum}
    | {"list": list, "tuple": tuple, "str": str, "int": int, "float": float, "bool": bool},
}


class Generator:
    """One function. Raises NotPlain while it writes where the selection cannot be projected."""

    def __init__(self, executor: ProjectingExecutor) -> None:
        self._executor = executor
        self._known: dict[str, Any] = dict(KNOWN)
        self._lines: list[str] = []
        self._memos: list[str] = []
        self._names = 0
        self._section: DeferUsage | None = None

    def function(self, graphql_type: GraphQLOutputType, details: FieldDetailsList) -> Project:
        """value -> output, of a field's type and selection, all of one section of the answer."""
        self._section = details[0].defer_usage
        return self._build(self._complete("v", graphql_type, details, 1, in_list=False))

    def partial(self, object_type: GraphQLObjectType, fields: Any) -> tuple[Project | None, list[tuple[str, Any]]]:
        """(object -> its plain fields' output, with None for the others, which come second by name)."""
        parts, others = [], []
        for key, details in fields.items():
            mark = len(self._lines)
            self._section = details[0].defer_usage
            try:
                part = self._field("v", object_type, key, details, 1, in_list=False)
            except NotPlain:
                del self._lines[mark:]
                others.append((key, details))
                part = f"{key!r}: None"
            if part is not None:
                parts.append(part)
        worthwhile = len(others) < len(parts)
        return (self._build("{" + ", ".join(parts) + "}") if worthwhile else None), others

    def _build(self, result: str) -> Project:
        body = [f"    {memo} = {{}}" for memo in self._memos] + self._lines
        source = "def project(v):\n" + "\n".join([*body, f"    return {result}"])
        # nothing in the source is a client's text but quoted response keys
        exec(compile(source, "<projection>", "exec"), self._known)
        project: Project = self._known["project"]
        return project

    def _name(self) -> str:
        self._names += 1
        return f"x{self._names}"

    def _constant(self, value: object) -> str:
        name = self._name()
        self._known[name] = value
        return name

    def _emit(self, indent: int, *lines: str) -> None:
        self._lines += ["    " * indent + line for line in lines]

    def _complete(
        self, value: str, graphql_type: GraphQLOutputType, details: FieldDetailsList, indent: int, *, in_list: bool
    ) -> str:
        """Writes what completes the variable `value`; gives the name of the variable that holds its output."""
        inner, non_null = unwrapped(graphql_type)
        if is_leaf_type(inner):
            self._emit(indent, *leaf_lines(value, inner, non_null=non_null, constant=self._constant))
            return value
        result = self._name()
        if non_null:
            self._emit(indent, f"if {value} is None: raise NotPlain")
        else:
            self._emit(indent, f"if {value} is None: {result} = None", "else:")
            indent += 1
        if isinstance(inner, GraphQLList):
            self._list(value, result, inner.of_type, details, indent, memoise=in_list)
        elif isinstance(inner, GraphQLObjectType):
            self._object(value, result, inner, details, indent)
        else:
            raise NotPlain
        return result

    def _list(
        self, value: str, result: str, item_type: Any, details: FieldDetailsList, indent: int, *, memoise: bool
    ) -> None:
        self._emit(indent, f"if {value}.__class__ is not list and {value}.__class__ is not tuple: raise NotPlain")
        inner, _ = unwrapped(item_type)
        memo = ""
        if memoise and not is_leaf_type(inner):
            # a list that several parents share (a log stream's labels) is projected once; the memo holds it, so its id stays its own
            memo = self._name()
            self._memos.append(memo)
            known = self._name()
            self._emit(indent, f"{known} = {memo}.get(id({value}))")
            self._emit(indent, f"if {known} is not None: {result} = {known}[1]", "else:")
            indent += 1
        elif getattr(inner, "name", None) in BULK and inner in specified_scalar_types.values():
            kind = self._constant(frozenset({BULK[inner.name]}))
            finite = f" and isfinite(sum({value}))" if BULK[inner.name] is float else ""
            self._emit(indent, f"if set(map(type, {value})) <= {kind}{finite}: {result} = list({value})", "else:")
            indent += 1
        item, append = self._name(), self._name()
        self._emit(indent, f"{result} = []", f"{append} = {result}.append", f"for {item} in {value}:")
        completed = self._complete(item, item_type, details, indent + 1, in_list=True)
        self._emit(indent + 1, f"{append}({completed})")
        if memo:
            self._emit(indent, f"{memo}[id({value})] = ({value}, {result})")

    def _object(self, value: str, result: str, object_type: GraphQLObjectType, details: Any, indent: int) -> None:
        check = type_check_of(object_type)
        if check is not None:
            self._emit(indent, f"if not {self._constant(check)}({value}, None): raise NotPlain")
        fields, deferred, _ = self._executor.collect_subfields(object_type, details)
        if deferred:
            raise NotPlain
        parts = [self._field(value, object_type, key, sub, indent, in_list=True) for key, sub in fields.items()]
        self._emit(indent, f"{result} = {{{', '.join(part for part in parts if part is not None)}}}")

    def _field(
        self, value: str, object_type: GraphQLObjectType, key: str, details: Any, indent: int, *, in_list: bool
    ) -> str | None:
        """Writes what reads and completes one field; gives its item of the output's dict, None for an unknown field."""
        require_plain_nodes(details, self._section)
        name = details[0].node.name.value
        field = self._executor.schema.get_field(object_type, name)
        if field is None:
            return None
        if name == "__typename":
            return f"{key!r}: {object_type.name!r}"
        attribute = attribute_of(field)
        if attribute is None:
            raise NotPlain
        read = f"{value}.{attribute}" if attribute.isidentifier() and not iskeyword(attribute) else None
        target = self._name()
        self._emit(indent, f"{target} = {read or f'getattr({value}, {attribute!r})'}")
        return f"{key!r}: {self._complete(target, field.type, details, indent, in_list=in_list)}"


def project_function(executor: ProjectingExecutor, graphql_type: Any, details: Any) -> Project | None:
    """The function of a field's type and selection, None where graphql-core has to complete it."""
    try:
        require_plain_nodes(details, details[0].defer_usage)
        return Generator(executor).function(graphql_type, details)
    except NotPlain:
        return None
