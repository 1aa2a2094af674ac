"""Many items ask one by one, the source is asked once, and nobody is asked for those who are gone."""

from __future__ import annotations

import asyncio
from typing import Any, cast

import pytest

from resolvers.loaders import Loaders

NOTHING = cast(Any, None)


async def test_what_is_asked_for_in_one_turn_is_one_batch():
    batches = []

    async def double(_: Any, keys: Any) -> list[int]:
        batches.append(list(keys))
        return [2 * key for key in keys]

    loaders = Loaders(NOTHING)
    assert await asyncio.gather(*(loaders.load(double, key) for key in (1, 2, 1))) == [2, 4, 2]
    assert batches == [[1, 2]]


async def test_closing_ends_a_batch_that_is_under_way():
    begun, ended = asyncio.Event(), asyncio.Event()

    async def hang(_: Any, keys: Any) -> list[int]:
        begun.set()
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        return []

    loaders = Loaders(NOTHING)
    asking = asyncio.create_task(loaders.load(hang, 1))
    await begun.wait()
    asking.cancel()
    loaders.close()
    async with asyncio.timeout(1):
        await ended.wait()


async def test_after_closing_no_batch_is_begun():
    async def never(_: Any, keys: Any) -> list[int]:
        raise AssertionError

    loaders = Loaders(NOTHING)
    asking = asyncio.create_task(loaders.load(never, 1))
    await asyncio.sleep(0)
    loaders.close()
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(asking, 0.05)
