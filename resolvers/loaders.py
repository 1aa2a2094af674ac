"""Per-request batching: many items ask one by one, the source is asked once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

from aiodataloader import DataLoader

if TYPE_CHECKING:
    from .context import RequestContext

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

Batch = Callable[["RequestContext", Sequence[K]], Awaitable[Sequence["V | Exception"]]]
"""Shape: one value, or the exception to raise for it, per key, in the keys' order."""

MAX_BATCH = 500


class Loaders:
    """The loaders of one request, one per batch function, made when first asked for.

    A batch runs in a task of its own, which knows nothing of those who wait for it: `close` ends what is left.
    """

    __slots__ = ("_batches", "_by_batch", "_context", "_is_closed")

    def __init__(self, context: RequestContext) -> None:
        self._context = context
        self._by_batch: dict[Any, DataLoader[Any, Any]] = {}
        self._batches: set[asyncio.Task[Any]] = set()
        self._is_closed = False

    async def load(self, batch: Batch[K, V], key: K) -> V:
        """The value for `key`, asked for together with all keys of this turn of the loop."""
        value: V = await self._loader(batch).load(key)
        return value

    async def load_many(self, batch: Batch[K, V], keys: Sequence[K]) -> list[V]:
        """The values for `keys`, in order. Raises the first exception there is."""
        values: list[V] = await self._loader(batch).load_many(list(keys))
        return values

    def close(self) -> None:
        """Ends the batches under way: whoever asked for them is gone."""
        self._is_closed = True
        for task in self._batches:
            task.cancel()

    def _loader(self, batch: Batch[K, V]) -> DataLoader[Any, Any]:
        found = self._by_batch.get(batch)
        if found is None:

            async def fetch(keys: list[Any]) -> list[Any]:
                return await self._fetch(batch, keys)

            found = self._by_batch[batch] = DataLoader(batch_load_fn=fetch, max_batch_size=MAX_BATCH)
        return found

    async def _fetch(self, batch: Batch[Any, Any], keys: list[Any]) -> list[Any]:
        task = asyncio.current_task()
        if task is None or self._is_closed:
            raise asyncio.CancelledError
        self._batches.add(task)
        try:
            return list(await batch(self._context, keys))
        finally:
            self._batches.discard(task)
