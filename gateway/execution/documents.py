"""Parsed and validated documents, kept by their text: parsing and validating costs more than most executions."""

from __future__ import annotations

from collections import OrderedDict

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    parse,
    specified_rules,
    validate,
)
from msgspec import Struct
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
MAX_ERRORS = 20


class Document(Struct, frozen=True):
    """One text: its tree, or why it cannot be executed. `code` names the phase that refused it."""

    tree: DocumentNode | None
    errors: tuple[GraphQLError, ...] = ()
    code: str | None = None

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation that `name` means: the only one if it is None; None where that is not one."""
        assert self.tree is not None
        operations = [node for node in self.tree.definitions if isinstance(node, OperationDefinitionNode)]
        if name is None:
            return operations[0] if len(operations) == 1 else None
        return next((node for node in operations if node.name and node.name.value == name), None)


class Documents:
    """A bounded cache of documents, least recently used first out. Faulty ones are kept too: they are asked again."""

    def __init__(self, schema: GraphQLSchema, *, size: int, max_tokens: int, introspection: bool) -> None:
        self._schema = schema
        self._size = size
        self._max_tokens = max_tokens
        self._rules = RULES if introspection else (*RULES, NoSchemaIntrospectionCustomRule)
        self._hide_suggestions = not introspection  # a suggestion would tell names that introspection does not
        self._kept: OrderedDict[str, Document] = OrderedDict()

    def get(self, text: str) -> Document:
        """The document of a text, from the cache or parsed and validated now."""
        found = self._kept.get(text)
        if found is not None:
            self._kept.move_to_end(text)
            return found
        document = self._kept[text] = self._read(text)
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)
        return document

    def _read(self, text: str) -> Document:
        try:
            tree = parse(text, max_tokens=self._max_tokens, allow_empty_selection_sets=False)
        except GraphQLError as error:
            return Document(None, (error,), "PARSING_ERROR")
        errors = validate(
            self._schema,
            tree,
            self._rules,
            max_errors=MAX_ERRORS,
            hide_suggestions=self._hide_suggestions,
            allow_empty_selection_sets=False,
        )
        return Document(tree, tuple(errors), "GRAPHQL_VALIDATION_FAILED" if errors else None)
