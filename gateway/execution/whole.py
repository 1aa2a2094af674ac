"""A query or mutation executed to one whole result, its deferred sections with all the rest."""

from __future__ import annotations

from inspect import isawaitable
from typing import Any, cast

from graphql import (
    REMOVE,
    DirectiveNode,
    DocumentNode,
    ExecutionResult,
    GraphQLSchema,
    Visitor,
    experimental_execute_incrementally,
    visit,
)
from strawberry.execution import optimized_is_awaitable

from .operation import Operation
from .projection.executor import ProjectingExecutor

INCREMENTAL = ("defer", "stream")


async def execute_whole(schema: GraphQLSchema, operation: Operation) -> ExecutionResult:
    """The result of an operation that all phases let pass. Source: a server may always choose to deliver at once."""
    assert operation.document is not None
    result = experimental_execute_incrementally(
        schema,
        operation.document.whole,
        context_value=operation.context,
        variable_values=operation.request.variables,
        operation_name=operation.request.operation_name,
        executor_class=ProjectingExecutor,
        is_awaitable=cast("Any", optimized_is_awaitable),
    )
    return cast("ExecutionResult", await result if isawaitable(result) else result)


def without_sections(tree: DocumentNode) -> DocumentNode:
    """The same document without @defer and @stream: itself, if it has none."""
    found: DocumentNode = visit(tree, _Removal())
    return found


class _Removal(Visitor):
    def enter_directive(self, node: DirectiveNode, *_: Any) -> Any:
        return REMOVE if node.name.value in INCREMENTAL else None
