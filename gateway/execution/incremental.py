"""@defer and @stream: the answer's first part at once, its sections as they are ready, each with its own errors.

Source: the incremental delivery proposal (graphql-spec pull request 1110), in the form of graphql-js 17.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from inspect import isawaitable
from typing import Any, cast

from graphql import (
    ExecutionResult,
    ExperimentalIncrementalExecutionResults,
    GraphQLSchema,
    SubsequentIncrementalExecutionResult,
    experimental_execute_incrementally,
)
from strawberry.execution import optimized_is_awaitable

from datasources.exceptions import DeadlineExceeded

from .masking import formatted
from .operation import Operation
from .projection.executor import ProjectingExecutor
from .request import Json, Refused


async def deliver(schema: GraphQLSchema, operation: Operation, *, until: float) -> AsyncGenerator[Json, None]:
    """The bodies of the answer's parts, in order; the only one there is, where nothing was deferred after all.

    Units: `until` is an instant of the loop's clock, after which sections that are not there fail.
    Raises: TimeoutError where not even the first part is there by then; Refused where nothing can be executed.
    """
    assert operation.document is not None and operation.document.tree is not None
    async with asyncio.timeout_at(until):
        result: Any = experimental_execute_incrementally(
            schema,
            operation.document.tree,
            context_value=operation.context,
            variable_values=operation.request.variables,
            operation_name=operation.request.operation_name,
            executor_class=ProjectingExecutor,
            is_awaitable=cast("Any", optimized_is_awaitable),
        )
        if isawaitable(result):
            result = await result
    if isinstance(result, ExecutionResult):
        yield single(result)
        return
    async for body in _parts(result, until):
        yield body


def single(result: ExecutionResult) -> Json:
    """The body of a whole answer. Raises: Refused where nothing was executed: there is no data, and no field is at fault."""
    errors = [formatted(error) for error in result.errors or ()]
    if result.data is None and not any(error.path for error in result.errors or ()):
        raise Refused(errors)
    return {"errors": errors, "data": result.data} if errors else {"data": result.data}


async def _parts(result: ExperimentalIncrementalExecutionResults, until: float) -> AsyncGenerator[Json, None]:
    first, parts = result.initial_result, cast("AsyncGenerator[Any, None]", result.subsequent_results)
    pending = {each.id for each in first.pending}
    body: Json = {"data": first.data, "pending": [each.formatted for each in first.pending], "hasNext": True}
    if first.errors:
        body["errors"] = [formatted(error) for error in first.errors]
    try:
        yield body
        while True:
            try:
                async with asyncio.timeout_at(until):
                    part = await anext(parts)
            except StopAsyncIteration:
                return
            except TimeoutError:
                yield _late(pending)
                return
            pending |= {each.id for each in part.pending or ()}
            pending -= {each.id for each in part.completed or ()}
            yield _subsequent(part)
    finally:
        await parts.aclose()


def _subsequent(part: SubsequentIncrementalExecutionResult) -> Json:
    body: Json = {"hasNext": part.has_next}
    if part.pending:
        body["pending"] = [each.formatted for each in part.pending]
    if part.incremental:
        body["incremental"] = [_with_errors(each) for each in part.incremental]
    if part.completed:
        body["completed"] = [_with_errors(each) for each in part.completed]
    return body


def _with_errors(part: Any) -> Json:
    """As graphql-core writes it, but for the errors: these leave by the one exit that masks."""
    errors, part.errors = part.errors, None
    body: Json = dict(part.formatted)
    if errors:
        body["errors"] = [formatted(error) for error in errors]
    return body


def _late(pending: set[str]) -> Json:
    late = DeadlineExceeded("the request's deadline has passed")
    error = {"message": late.message, "extensions": {"code": late.code}}
    return {"hasNext": False, "completed": [{"id": each, "errors": [error]} for each in sorted(pending)]}
