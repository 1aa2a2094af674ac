"""One question once: a short-lived result cache bounded in bytes, and requests in flight that several callers share."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

V = TypeVar("V")

ENTRY_OVERHEAD_BYTES = 512


class ResultCache(Generic[V]):
    """Least recently used values of a bounded total size, each until its own instant.

    Units: the clock's seconds; bytes as the caller counts them.
    """

    def __init__(self, max_bytes: int, clock: Callable[[], float]) -> None:
        self._max_bytes, self._clock = max_bytes, clock
        self._entries: OrderedDict[Hashable, tuple[float, int, V]] = OrderedDict()
        self.size_bytes = 0

    def get(self, key: Hashable) -> V | None:
        """The value, unless it is unknown or too old."""
        found = self._entries.get(key)
        if found is None:
            return None
        if found[0] <= self._clock():
            self.forget(key)
            return None
        self._entries.move_to_end(key)
        return found[2]

    def put(self, key: Hashable, value: V, *, ttl_s: float, size_bytes: int) -> None:
        """Keeps the value for `ttl_s`; one that would take more than an eighth of the room is not kept."""
        size_bytes += ENTRY_OVERHEAD_BYTES
        self.forget(key)
        if ttl_s <= 0 or size_bytes * 8 > self._max_bytes:
            return
        self._entries[key] = (self._clock() + ttl_s, size_bytes, value)
        self.size_bytes += size_bytes
        while self.size_bytes > self._max_bytes:
            self.size_bytes -= self._entries.popitem(last=False)[1][1]

    def forget(self, key: Hashable) -> None:
        """Drops one value."""
        found = self._entries.pop(key, None)
        if found is not None:
            self.size_bytes -= found[1]


class _Flight(Generic[V]):
    __slots__ = ("task", "waiters")

    def __init__(self, task: asyncio.Task[V]) -> None:
        self.task = task
        self.waiters = 0


class SingleFlight(Generic[V]):
    """Callers who ask the same at the same time share one answer, and one failure.

    A caller who is cancelled leaves the others their flight; the last one to leave cancels it and sees it end.
    The tasks belong to this object: `close` ends them.
    """

    def __init__(self) -> None:
        self._flights: dict[Hashable, _Flight[V]] = {}

    def is_flying(self, key: Hashable) -> bool:
        """Whether a caller would share."""
        return key in self._flights

    async def share(self, key: Hashable, fly: Callable[[], Awaitable[V]]) -> V:
        """What `fly` gives, for every caller of this moment with the same key."""
        flight = self._flights.get(key)
        if flight is None:
            flight = self._flights[key] = _Flight(asyncio.ensure_future(self._run(key, fly)))
        flight.waiters += 1
        try:
            return await asyncio.shield(flight.task)
        finally:
            flight.waiters -= 1
            if not flight.waiters and not flight.task.done():
                self._remove(key, flight.task)
                await _end([flight.task])

    async def close(self) -> None:
        """Ends what is under way."""
        tasks = [flight.task for flight in self._flights.values()]
        self._flights.clear()
        await _end(tasks)

    async def _run(self, key: Hashable, fly: Callable[[], Awaitable[V]]) -> V:
        try:
            return await fly()
        finally:
            self._remove(key, asyncio.current_task())

    def _remove(self, key: Hashable, task: object) -> None:
        flight = self._flights.get(key)
        if flight is not None and flight.task is task:
            del self._flights[key]


async def _end(tasks: list[asyncio.Task[V]]) -> None:
    for task in tasks:
        task.cancel()
    if tasks:
        await asyncio.wait(tasks)
    for task in tasks:
        if not task.cancelled():
            task.exception()  # seen, so that the loop does not complain of it
