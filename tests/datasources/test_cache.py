"""The result cache's bounds, and who gets what when callers share a flight."""

from __future__ import annotations

import asyncio

import pytest

from datasources.cache import ENTRY_OVERHEAD_BYTES, ResultCache, SingleFlight


def cache(room: int, now: list[float] | None = None) -> ResultCache[str]:
    now = now or [0.0]
    return ResultCache(room * (ENTRY_OVERHEAD_BYTES + 100), lambda: now[0])


def test_least_recently_used_value_goes_first() -> None:
    found = cache(10)
    for name in "abcdefghij":
        found.put(name, name, ttl_s=1, size_bytes=100)
    assert found.get("a") == "a"
    found.put("k", "k", ttl_s=1, size_bytes=100)
    assert (found.get("a"), found.get("b"), found.get("k")) == ("a", None, "k")


def test_value_that_would_crowd_out_the_others_is_not_kept() -> None:
    found = cache(10)
    found.put("large", "x", ttl_s=1, size_bytes=1_000)
    assert (found.get("large"), found.size_bytes) == (None, 0)


def test_replaced_and_expired_values_give_their_room_back() -> None:
    now = [0.0]
    found = cache(10, now)
    found.put("a", "1", ttl_s=1, size_bytes=100)
    found.put("a", "2", ttl_s=1, size_bytes=100)
    assert found.size_bytes == ENTRY_OVERHEAD_BYTES + 100
    now[0] = 1.0
    assert (found.get("a"), found.size_bytes) == (None, 0)


async def test_failure_is_shared_and_the_next_caller_asks_again() -> None:
    flights: SingleFlight[int] = SingleFlight()
    asked = 0

    async def fly() -> int:
        nonlocal asked
        asked += 1
        await asyncio.sleep(0)
        raise LookupError("no")

    answers = await asyncio.gather(*(flights.share("k", fly) for _ in range(3)), return_exceptions=True)
    assert [type(answer) for answer in answers] == [LookupError] * 3
    with pytest.raises(LookupError):
        await flights.share("k", fly)
    assert asked == 2


async def test_close_ends_what_is_under_way() -> None:
    flights: SingleFlight[None] = SingleFlight()
    waiter = asyncio.create_task(flights.share("k", lambda: asyncio.sleep(60)))
    await asyncio.sleep(0)
    await flights.close()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    assert asyncio.all_tasks() == {asyncio.current_task()}
