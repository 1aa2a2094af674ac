"""What the store said a moment ago, for while it is away: who somebody is, and which project a slug names.

Without it a store that is away would take every section with it, although metrics, logs and traces need of it only who asks.
The price: in the store's absence, and only then, what was withdrawn since the last look holds for up to half a minute.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Generic, TypeVar

from ..exceptions import SourceTimeout, SourceUnavailable

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")

TTL_S = 30.0
SIZE = 10_000


class LastKnown(Generic[K, V]):
    """The last answer per key, refusals included; bounded, the longest unused first out."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._known: OrderedDict[K, tuple[float, V]] = OrderedDict()

    async def read(self, key: K, fetch: Callable[[], Awaitable[V]]) -> V:
        """What `fetch` gives; where the store is away, what it gave less than half a minute ago.

        Raises: SourceUnavailable and SourceTimeout where nothing is known.
        """
        try:
            value = await fetch()
        except (SourceUnavailable, SourceTimeout):
            known = self._known.get(key)
            if known is None or self._clock() - known[0] > TTL_S:
                raise
            return known[1]
        self._known[key] = (self._clock(), value)
        self._known.move_to_end(key)
        if len(self._known) > SIZE:
            self._known.popitem(last=False)
        return value
