"""A subscription's events, each executed as a request of its own: with fresh loaders, a deadline and its own idea of now."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from functools import partial
from inspect import isawaitable
from typing import Any, cast

from graphql import (
    ExecutionResult,
    GraphQLError,
    GraphQLSchema,
    create_source_event_stream,
    execute_subscription_event,
)
from strawberry.execution import optimized_is_awaitable

from datasources.exceptions import DeadlineExceeded
from resolvers.context import RequestContext

from .incremental import single
from .masking import formatted
from .operation import Operation
from .projection.executor import ProjectingExecutor
from .request import Json, Refused
from .sharing import SHARED, asked, is_shareable, seen_by

Until = Callable[[RequestContext], float]
"""When a request with this context is given up, an instant of the loop's clock."""


async def follow(schema: GraphQLSchema, operation: Operation, until: Until) -> AsyncGenerator[Json, None]:
    """The body of each event's answer, until the source ends.

    Raises: Refused where there is no source, or it fails later; TimeoutError where it is not there in time.
    """
    executor = _executor(schema, operation)
    async with asyncio.timeout_at(until(operation.context)):
        events = await _source(executor)
    question, last = asked(operation), None
    try:
        while True:
            try:
                event = await anext(events)
            except StopAsyncIteration:
                return
            except Exception as error:
                raise _ended(error) from error
            context = operation.context.renewed()
            execute = partial(_answer, executor, event, context, until)
            if is_shareable(event) and event is not last:
                last = event
                yield await SHARED.body((id(event), question, seen_by(context.principal)), event, execute)
            else:
                yield await execute()
    finally:
        close = getattr(events, "aclose", None)
        if close is not None:
            await close()


def _executor(schema: GraphQLSchema, operation: Operation) -> ProjectingExecutor:
    assert operation.document is not None and operation.document.tree is not None
    found = ProjectingExecutor.build(
        schema,
        operation.document.tree,
        context_value=operation.context,
        raw_variable_values=operation.request.variables,
        operation_name=operation.request.operation_name,
        is_awaitable=cast("Any", optimized_is_awaitable),
    )
    if isinstance(found, list):
        raise Refused([formatted(error) for error in found])
    return cast("ProjectingExecutor", found)


async def _source(executor: ProjectingExecutor) -> AsyncIterator[Any]:
    found: Any = create_source_event_stream(executor)
    if isawaitable(found):
        found = await found
    if isinstance(found, ExecutionResult):
        raise Refused([formatted(error) for error in found.errors or ()])
    return aiter(found)


async def _answer(executor: ProjectingExecutor, event: Any, context: RequestContext, until: Until) -> Json:
    one = executor.build_per_event_executor(event)
    one.context_value = context
    result: Any = execute_subscription_event(one)
    try:
        if isawaitable(result):
            async with asyncio.timeout_at(until(context)):
                result = await result
    except TimeoutError:
        late = DeadlineExceeded("this event's deadline has passed")
        return {"data": None, "errors": [{"message": late.message, "extensions": {"code": late.code}}]}
    finally:
        context.loaders.close()
    return single(result)


def _ended(error: Exception) -> Refused:
    if isinstance(error, Refused):
        return error
    if not isinstance(error, GraphQLError):
        error = GraphQLError(str(error), original_error=error)
    return Refused([formatted(error)])
