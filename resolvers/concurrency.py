"""Several awaitables at once, owned by one task group."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from datasources.exceptions import GatewayError

T = TypeVar("T")


async def together(*asked: Coroutine[Any, Any, T]) -> list[T]:
    """Their results in order. The first failure cancels the others and is raised as it is, not as a group."""
    failure: GatewayError | None = None
    tasks: list[asyncio.Task[T]] = []
    try:
        async with asyncio.TaskGroup() as group:
            tasks += [group.create_task(each) for each in asked]
    except* GatewayError as failures:
        failure = _first(failures)
    if failure is not None:
        raise failure
    return [task.result() for task in tasks]


def _first(failures: BaseExceptionGroup[GatewayError]) -> GatewayError:
    found = failures.exceptions[0]
    return _first(found) if isinstance(found, BaseExceptionGroup) else found
