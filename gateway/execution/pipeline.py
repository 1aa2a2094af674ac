"""From a request to its answer: the phases in their order, then execution and masking."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, contextmanager, nullcontext
from typing import Protocol

from graphql import ExecutionResult, GraphQLSchema, OperationType

from datasources.exceptions import DeadlineExceeded, GatewayError
from resolvers.context import RequestContext

from .caller import NOBODY, Caller
from .masking import formatted, hidden
from .operation import Operation, Phase
from .request import GraphQLAnswer, GraphQLRequest, Json, Refused, RequestFault
from .whole import execute_whole

GRACE_S = 0.5
"""How long after its deadline a request may go on, so that late fields fail one by one and the others arrive."""


class Watch(Protocol):
    """Sees every operation from its start to its end: its span, its metrics, its line in the log."""

    def __call__(self, operation: Operation) -> AbstractContextManager[Outcome]:
        """Entered before the first phase, left when the answer is there, an exception passes, or it is cancelled."""


class Outcome:
    """What a watch is told of an operation's end."""

    __slots__ = ("errors",)

    def __init__(self) -> None:
        self.errors: list[Json] = []


class Pipeline:
    """Executes requests against one schema. `phases` come in the order in which they are called.

    `charge_refused` is called for a document that a phase refused before its cost was known.
    """

    def __init__(
        self,
        schema: GraphQLSchema,
        phases: Sequence[Phase],
        watch: Watch | None = None,
        *,
        charge_refused: Phase | None = None,
    ) -> None:
        self.schema = schema
        self.phases = tuple(phases)
        self._watch = watch
        self._charge_refused = charge_refused

    @contextmanager
    def watch(self, operation: Operation) -> Iterator[Outcome]:
        """Every transport executes within it, and tells it the errors. What is under way at its end is cancelled."""
        with self._watch(operation) if self._watch else nullcontext(Outcome()) as outcome:
            try:
                yield outcome
            finally:
                operation.context.loaders.close()

    async def prepare(self, operation: Operation) -> None:
        """Takes the operation through all phases; then `operation.document` and `operation.node` can be executed.

        Raises: Refused and RequestFault, whose errors may be shown, and GatewayError.
        """
        try:
            for phase in self.phases:
                await phase(operation)
        except Refused:
            if self._charge_refused is not None and operation.cost is None:
                await self._charge_refused(operation)
            raise

    async def answer(self, request: GraphQLRequest, context: RequestContext, caller: Caller = NOBODY) -> GraphQLAnswer:
        """The one answer to a query or mutation; a request that cannot be executed gives one with errors and no data.

        Raises: RequestFault where the transport cannot carry the operation (a mutation by GET, a subscription).
        """
        operation = Operation(request, context, caller)
        with self.watch(operation) as outcome:
            answer = await self._answer(operation)
            outcome.errors = answer.errors or []
        return answer

    async def _answer(self, operation: Operation) -> GraphQLAnswer:
        try:
            await self.prepare(operation)
            require_one_answer(operation)
            return await self.execute(operation)
        except RequestFault:
            raise
        except Exception as error:  # noqa: BLE001 - the last exit: nothing internal leaves
            return failure(operation, error)

    async def execute(self, operation: Operation) -> GraphQLAnswer:
        """The whole answer to a query or mutation that was prepared. Raises: TimeoutError past its deadline."""
        # graphql-core gathers fields in tasks of its own: the deadline ends them all
        async with asyncio.timeout_at(until(operation.context)):
            result = await execute_whole(self.schema, operation)
        return _answer(operation, result)


def until(context: RequestContext) -> float:
    """When a request is given up, an instant of the loop's clock."""
    return context.call.deadline.at_s - _clock_offset() + GRACE_S


def failure(operation: Operation, error: Exception) -> GraphQLAnswer:
    """The answer where an exception came instead of one."""
    if isinstance(error, Refused):
        return refusal(operation, error.errors)
    if isinstance(error, TimeoutError):
        late = DeadlineExceeded("the request's deadline has passed")
        return GraphQLAnswer(errors=[{"message": late.message, "extensions": {"code": late.code}}])
    if isinstance(error, GatewayError):
        code = {"code": error.code, **error.extensions}
        return refusal(operation, [{"message": error.message, "extensions": code}])
    return GraphQLAnswer(errors=[{"message": "internal error", "extensions": hidden(error)}])


def refusal(operation: Operation, errors: list[Json]) -> GraphQLAnswer:
    """The answer to a request that was not executed."""
    return GraphQLAnswer(errors=errors, executed=False, extensions=extensions(operation), headers=operation.headers)


def extensions(operation: Operation) -> Json | None:
    """What stands beside data and errors: the cost, where it is known and asked for."""
    if operation.cost is None or not operation.caller.wants_cost:
        return None
    return {"cost": operation.cost.told()}


def _answer(operation: Operation, result: ExecutionResult) -> GraphQLAnswer:
    errors = [formatted(error) for error in result.errors or ()] or None
    # variables that cannot be coerced give errors without a path and no data: nothing was executed then
    executed = result.data is not None or any(error.path for error in result.errors or ())
    return GraphQLAnswer(
        data=result.data,
        errors=errors,
        executed=executed,
        extensions=extensions(operation),
        headers=operation.headers,
    )


def require_one_answer(operation: Operation) -> None:
    """Raises: RequestFault for a subscription over a transport that carries one answer."""
    if operation.type is OperationType.SUBSCRIPTION:
        message = "subscriptions need graphql-transport-ws, or Accept: text/event-stream or multipart/mixed"
        raise RequestFault(message, status=406, code="SUBSCRIPTION_TRANSPORT")


def _clock_offset() -> float:
    """Between the deadline's clock and the loop's, which uvloop starts elsewhere."""
    return time.monotonic() - asyncio.get_running_loop().time()
