"""Operations with more than one answer, for the transports that can carry them."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import ExitStack

from graphql import OperationType

from resolvers.context import RequestContext

from .caller import NOBODY, Caller
from .incremental import deliver
from .operation import Operation
from .pipeline import Outcome, Pipeline, extensions, failure, require_one_answer, until
from .request import GraphQLAnswer, GraphQLRequest, Json, Refused, RequestFault
from .subscriptions import follow

MAX_ERRORS_KEPT = 20


class Stream:
    """One operation's answers, in order. Whoever has it closes it, in the task that asked for it."""

    def __init__(
        self, operation: Operation, bodies: AsyncGenerator[Json, None], outcome: Outcome, watched: ExitStack
    ) -> None:
        self.operation = operation
        self._bodies = bodies
        self._outcome = outcome
        self._watched = watched
        self._told = False

    @property
    def is_subscription(self) -> bool:
        """Whether it has no end of its own; else it is an answer that comes in parts."""
        return self.operation.type is OperationType.SUBSCRIPTION

    def __aiter__(self) -> Stream:
        return self

    async def __anext__(self) -> Json:
        """The next body. Raises: Refused with the errors that end the operation, if it does not end by itself."""
        try:
            body = await anext(self._bodies)
        except StopAsyncIteration:
            raise
        except Exception as error:  # noqa: BLE001 - the last exit: nothing internal leaves
            errors = failure(self.operation, error).errors or []
            self._outcome.errors = errors
            raise Refused(errors) from None
        return self._noted(body)

    async def aclose(self) -> None:
        """Ends the operation, its resolvers and their upstream requests."""
        try:
            await self._bodies.aclose()
        finally:
            self._watched.close()

    def _noted(self, body: Json) -> Json:
        parts = [body, *body.get("incremental", ()), *body.get("completed", ())]
        errors = [error for part in parts for error in part.get("errors", ())]
        if errors:
            self._outcome.errors = (self._outcome.errors + errors)[:MAX_ERRORS_KEPT]
        if self._told:
            return body
        self._told = True
        more = extensions(self.operation)
        return {**body, "extensions": more} if more else body


async def respond(
    pipeline: Pipeline,
    request: GraphQLRequest,
    context: RequestContext,
    caller: Caller = NOBODY,
    *,
    subscriptions: bool = True,
    sections: bool = True,
) -> GraphQLAnswer | Stream:
    """The one answer, or the stream of a subscription or of an answer in parts.

    `subscriptions` and `sections` say which of both the transport carries; without the latter the answer is whole.
    Raises: RequestFault where the transport cannot carry the operation.
    """
    operation = Operation(request, context, caller)
    with ExitStack() as watched:
        outcome = watched.enter_context(pipeline.watch(operation))
        try:
            await pipeline.prepare(operation)
            if not subscriptions:
                require_one_answer(operation)
            bodies = _bodies(pipeline, operation, sections=sections)
            if bodies is not None:
                return Stream(operation, bodies, outcome, watched.pop_all())
            answer = await pipeline.execute(operation)
        except RequestFault:
            raise
        except Exception as error:  # noqa: BLE001 - the last exit: nothing internal leaves
            answer = failure(operation, error)
        outcome.errors = answer.errors or []
        return answer


def _bodies(pipeline: Pipeline, operation: Operation, *, sections: bool) -> AsyncGenerator[Json, None] | None:
    assert operation.document is not None
    if operation.type is OperationType.SUBSCRIPTION:
        return follow(pipeline.schema, operation, until)
    if sections and operation.document.is_incremental:
        return deliver(pipeline.schema, operation, until=until(operation.context))
    return None
