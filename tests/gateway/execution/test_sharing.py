"""One execution for all who ask the same of the same event, and never for those who do not."""

from __future__ import annotations

import asyncio
from typing import Any
from uuid import UUID

import msgspec
import pytest

from datasources.records.users import Role
from gateway.execution.operation import Operation
from gateway.execution.request import GraphQLRequest, Json
from gateway.execution.sharing import Shared, SharedBody, asked, encoded, is_shareable, seen_by
from resolvers.access import ANONYMOUS, Principal


class Event(msgspec.Struct):
    number: int


class Execution:
    """Counts itself."""

    def __init__(self, *, fails: bool = False) -> None:
        self.count = 0
        self.may_go_on = asyncio.Event()
        self.fails = fails

    async def __call__(self) -> Json:
        self.count += 1
        await self.may_go_on.wait()
        if self.fails:
            raise ValueError("failed")
        return {"data": {"count": self.count}}


async def test_subscribers_of_one_event_share_its_execution_and_its_encoding() -> None:
    shared, execution, event = Shared(), Execution(), Event(1)
    asking = [asyncio.create_task(shared.body("key", event, execution)) for _ in range(5)]
    await asyncio.sleep(0)
    execution.may_go_on.set()
    bodies = await asyncio.gather(*asking)
    late = await shared.body("key", event, execution)
    assert execution.count == 1
    assert all(body is bodies[0] for body in [*bodies, late])
    assert encoded(late) == b'{"data":{"count":1}}'
    assert isinstance(late, SharedBody)
    assert late.encoded is late.encoded


async def test_another_key_is_executed_by_itself() -> None:
    shared, execution = Shared(), Execution()
    execution.may_go_on.set()
    assert await shared.body("one", Event(1), execution) != await shared.body("other", Event(1), execution)


async def test_who_leaves_while_executing_for_all_takes_nobody_along() -> None:
    shared, execution = Shared(), Execution()
    first = asyncio.create_task(shared.body("key", Event(1), execution))
    await asyncio.sleep(0)
    second = asyncio.create_task(shared.body("key", Event(1), execution))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.sleep(0.01)
    execution.may_go_on.set()
    assert await second == {"data": {"count": 2}}
    assert first.cancelled()


async def test_who_leaves_while_waiting_for_another_is_let_go() -> None:
    shared, execution = Shared(), Execution()
    first = asyncio.create_task(shared.body("key", Event(1), execution))
    await asyncio.sleep(0)
    second = asyncio.create_task(shared.body("key", Event(1), execution))
    await asyncio.sleep(0)
    second.cancel()
    with pytest.raises(asyncio.CancelledError):
        await second
    execution.may_go_on.set()
    assert await first == {"data": {"count": 1}}


async def test_what_failed_is_not_kept() -> None:
    shared, failing, execution = Shared(), Execution(fails=True), Execution()
    failing.may_go_on.set()
    execution.may_go_on.set()
    with pytest.raises(ValueError, match="failed"):
        await shared.body("key", Event(1), failing)
    assert await shared.body("key", Event(1), execution) == {"data": {"count": 1}}


async def test_the_past_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gateway.execution.sharing.KEPT_S", 0.0)
    shared, execution = Shared(), Execution()
    execution.may_go_on.set()
    await shared.body("key", Event(1), execution)
    await asyncio.sleep(0.01)
    assert await shared.body("key", Event(1), execution) == {"data": {"count": 2}}


@pytest.mark.parametrize(("event", "is_one"), [(Event(1), True), (5, False), ("text", False), (None, False)])
def test_only_records_are_known_by_their_identity(event: Any, is_one: bool) -> None:
    assert is_shareable(event) is is_one


def test_other_variables_or_another_role_are_another_question() -> None:
    context: Any = None
    asking = [
        Operation(GraphQLRequest(query="{ a }", variables=given), context) for given in (None, {"a": 1}, {"a": 2})
    ]
    assert len({asked(operation) for operation in asking}) == 3
    project = UUID(int=1)
    people = [
        ANONYMOUS,
        Principal(UUID(int=7), {project: Role.VIEWER}),
        Principal(UUID(int=7), {project: Role.ADMIN}),
        Principal(UUID(int=8), {project: Role.ADMIN}),
        Principal(None, {project: Role.ADMIN}, token_key=UUID(int=9)),
    ]
    assert len({seen_by(principal) for principal in people}) == len(people)
