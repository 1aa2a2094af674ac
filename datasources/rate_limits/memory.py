"""Buckets of this process alone."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Sequence

from .buckets import Bucket, Verdict, needed, refilled, verdict

MAX_BUCKETS = 100_000
"""Kept at most; the one that was not drawn from for longest is forgotten, and is full when it comes back."""


class MemoryRateLimiter:
    """Implements `RateLimiter`."""

    def __init__(self, *, clock: Callable[[], float] = time.monotonic, max_buckets: int = MAX_BUCKETS) -> None:
        self._clock = clock
        self._max_buckets = max_buckets
        self._levels: OrderedDict[str, tuple[float, float]] = OrderedDict()

    async def draw(self, buckets: Sequence[Bucket], units: float) -> Verdict:
        """See `RateLimiter`."""
        now = self._clock()
        levels = [self._level(bucket, now) for bucket in buckets]
        granted = all(level >= needed(bucket, units) for bucket, level in zip(buckets, levels, strict=True))
        if granted:
            levels = [level - units for level in levels]
            for bucket, level in zip(buckets, levels, strict=True):
                self._keep(bucket.key, level, now)
        return verdict(buckets, levels, units, granted=granted)

    def _level(self, bucket: Bucket, now: float) -> float:
        level, since = self._levels.get(bucket.key, (bucket.capacity, now))
        return refilled(bucket, level, now - since)

    def _keep(self, key: str, level: float, now: float) -> None:
        self._levels[key] = (level, now)
        self._levels.move_to_end(key)
        if len(self._levels) > self._max_buckets:
            self._levels.popitem(last=False)
