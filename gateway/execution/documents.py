"""The document cache: texts are parsed, held to the limits and validated once; that costs more than most executions."""

from __future__ import annotations

from collections import OrderedDict
from typing import Any

from graphql import (
    DocumentNode,
    FragmentDefinitionNode,
    GraphQLError,
    GraphQLSchema,
    KnownFragmentNamesRule,
    NoFragmentCyclesRule,
    NoSchemaIntrospectionCustomRule,
    OperationDefinitionNode,
    Token,
    specified_rules,
    validate,
)
from strawberry.schema.validation_rules.maybe_null import MaybeNullValidationRule
from strawberry.schema.validation_rules.one_of import OneOfInputValidationRule

from .limits import RULES as LIMITS
from .limits import Limits, check_text, exceeded, parse_within
from .limits.selections import Selections
from .masking import formatted
from .operation import Operation
from .projection.executor import PLANS
from .request import Json, Refused
from .whole import without_sections

RULES = (*specified_rules, MaybeNullValidationRule, OneOfInputValidationRule)
CYCLES = (NoFragmentCyclesRule, KnownFragmentNamesRule)
"""All that a document with a fragment within itself is told: the other rules would walk it as if it had an end."""
MAX_ERRORS = 20
MAX_TOKENS = 500_000
"""Kept in all: a token's share of a tree takes some 400 bytes."""


class Document:
    """One text that can be executed, or why it cannot."""

    __slots__ = ("_whole", "costs", "errors", "fragments", "operations", "tokens", "tree")

    def __init__(self, tree: DocumentNode | None, errors: list[Json]) -> None:
        self.tree = tree
        self.errors = errors
        definitions = tree.definitions if tree else ()
        self.operations = [node for node in definitions if isinstance(node, OperationDefinitionNode)]
        self.fragments = {node.name.value: node for node in definitions if isinstance(node, FragmentDefinitionNode)}
        self.tokens = _count_tokens(tree) if tree else 0
        self.costs: OrderedDict[Any, Any] = OrderedDict()
        """What the cost phase found out, by operation and variables."""
        self._whole: DocumentNode | None = None

    @property
    def whole(self) -> DocumentNode:
        """The tree without @defer and @stream; the tree itself, where it has none."""
        if self._whole is None:
            assert self.tree is not None
            self._whole = without_sections(self.tree)
        return self._whole

    @property
    def is_incremental(self) -> bool:
        """Whether an operation of it may have sections that come later."""
        return self.whole is not self.tree

    def operation(self, name: str | None) -> OperationDefinitionNode | None:
        """The operation that `name` means: the only one if it is None; None where that is not one."""
        if name is None:
            return self.operations[0] if len(self.operations) == 1 else None
        return next((node for node in self.operations if node.name and node.name.value == name), None)


class Documents:
    """A phase. The cache is bounded, least recently used first out; faulty texts are kept too: they are asked again."""

    def __init__(self, schema: GraphQLSchema, *, limits: Limits, size: int, introspection: bool = True) -> None:
        self._schema = schema
        self._limits = limits
        self._size = size
        self._rules = RULES if introspection else (*RULES, NoSchemaIntrospectionCustomRule)
        self._hide_suggestions = not introspection  # a suggestion would tell names that introspection does not
        self._kept: OrderedDict[str, Document] = OrderedDict()
        self._tokens = 0
        self.hits = self.misses = 0

    def __len__(self) -> int:
        return len(self._kept)

    async def __call__(self, operation: Operation) -> None:
        """Raises: Refused for a text that cannot be executed."""
        document = operation.document = self.get(operation.text)
        if document.errors:
            raise Refused(document.errors)

    def get(self, text: str) -> Document:
        """The document of a text, from the cache or read now. Raises: Refused for a text that is too long to be kept."""
        found = self._kept.get(text)
        if found is not None:
            self.hits += 1
            self._kept.move_to_end(text)
            return found
        self.misses += 1
        check_text(text, self._limits)
        document = self._kept[text] = self._read(text)
        self._tokens += document.tokens
        while len(self._kept) > self._size or (self._tokens > MAX_TOKENS and len(self._kept) > 1):
            self._forget(self._kept.popitem(last=False)[1])
        return document

    def _forget(self, document: Document) -> None:
        self._tokens -= document.tokens
        for operation in document.operations:
            PLANS.forget(operation)

    def _read(self, text: str) -> Document:
        try:
            tree = parse_within(text, self._limits)
            selections = Selections(tree)
            refused = exceeded(LIMITS, selections, self._limits)
            if refused is not None:
                return Document(None, refused.errors)
            errors = self._validate(tree, CYCLES if selections.is_cyclic else self._rules)
        except Refused as refused:
            return Document(None, refused.errors)
        except GraphQLError as error:
            return Document(None, [formatted(error, code="PARSING_ERROR")])
        except RecursionError:
            return Document(None, Refused.because("the document is nested too deeply", "MAX_DEPTH_LIMIT").errors)
        if errors:
            return Document(None, [formatted(error, code="GRAPHQL_VALIDATION_FAILED") for error in errors])
        return Document(tree, [])

    def _validate(self, tree: DocumentNode, rules: Any) -> list[GraphQLError]:
        return validate(
            self._schema,
            tree,
            rules,
            max_errors=MAX_ERRORS,
            hide_suggestions=self._hide_suggestions,
            allow_empty_selection_sets=False,
        )


def _count_tokens(tree: DocumentNode) -> int:
    count, token = 0, tree.loc.start_token if tree.loc else None
    while isinstance(token, Token):
        count, token = count + 1, token.next
    return count
