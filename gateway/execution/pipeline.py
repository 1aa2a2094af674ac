"""From a request to its answer: document, operation, execution, masking."""

from __future__ import annotations

import asyncio
import time
from inspect import isawaitable
from typing import Any, cast

from graphql import ExecutionResult, GraphQLError, GraphQLSchema, OperationType, execute
from strawberry.execution import optimized_is_awaitable

from datasources.exceptions import DeadlineExceeded
from resolvers.context import RequestContext

from .documents import Document, Documents
from .masking import formatted, hidden
from .projection.executor import ProjectingExecutor
from .request import GraphQLAnswer, GraphQLRequest, RequestFault

GRACE_S = 0.5
"""How long after its deadline a request may go on, so that late fields fail one by one and the others arrive."""


class Pipeline:
    """Executes requests against one schema."""

    def __init__(self, schema: GraphQLSchema, documents: Documents) -> None:
        self._schema = schema
        self._documents = documents

    async def answer(self, request: GraphQLRequest, context: RequestContext) -> GraphQLAnswer:
        """The answer to a query or mutation; a request that cannot be executed gives one with errors and no data.

        Raises: RequestFault where the transport cannot carry the operation (a mutation by GET, a subscription).
        """
        document = self._documents.get(request.query)
        if document.errors or document.tree is None:
            return refused(*document.errors, code=document.code)
        fault = _operation_fault(document, request)
        if fault is not None:
            return refused(GraphQLError(fault), code="GRAPHQL_UNKNOWN_OPERATION_NAME")
        try:
            # graphql-core gathers fields in tasks of its own: the deadline ends them all
            async with asyncio.timeout_at(context.call.deadline.at_s - _clock_offset() + GRACE_S):
                result = await self._execute(document, request, context)
        except TimeoutError:
            late = DeadlineExceeded("the request's deadline has passed")
            return GraphQLAnswer(errors=[{"message": late.message, "extensions": {"code": late.code}}])
        except Exception as error:  # noqa: BLE001 - the last exit: nothing internal leaves
            return GraphQLAnswer(errors=[{"message": "internal error", "extensions": hidden(error)}])
        return _answer(result)

    async def _execute(self, document: Document, request: GraphQLRequest, context: RequestContext) -> ExecutionResult:
        assert document.tree is not None
        result = execute(
            self._schema,
            document.tree,
            context_value=context,
            variable_values=request.variables,
            operation_name=request.operation_name,
            executor_class=ProjectingExecutor,
            is_awaitable=cast("Any", optimized_is_awaitable),
        )
        return await result if isawaitable(result) else result


def refused(*errors: GraphQLError, code: str | None) -> GraphQLAnswer:
    """An answer to a request that was not executed."""
    return GraphQLAnswer(errors=[formatted(error, code=code) for error in errors], executed=False)


def _answer(result: ExecutionResult) -> GraphQLAnswer:
    errors = [formatted(error) for error in result.errors or ()] or None
    # variables that cannot be coerced give errors without a path and no data: nothing was executed then
    executed = result.data is not None or any(error.path for error in result.errors or ())
    return GraphQLAnswer(data=result.data, errors=errors, executed=executed)


def _operation_fault(document: Document, request: GraphQLRequest) -> str | None:
    operation = document.operation(request.operation_name)
    if operation is None:
        if request.operation_name is None:
            return "the document has several operations or none: say which one by `operationName`"
        return "the document has no operation of this name"
    if operation.operation is OperationType.SUBSCRIPTION:
        raise RequestFault(
            "subscriptions need graphql-transport-ws, or Accept: text/event-stream or multipart/mixed",
            status=406,
            code="SUBSCRIPTION_TRANSPORT",
        )
    if request.read_only and operation.operation is not OperationType.QUERY:
        raise RequestFault("GET carries queries only; send a mutation by POST", status=405, code="METHOD_NOT_ALLOWED")
    return None


def _clock_offset() -> float:
    """Between the deadline's clock and the loop's, which uvloop starts elsewhere."""
    return time.monotonic() - asyncio.get_running_loop().time()
