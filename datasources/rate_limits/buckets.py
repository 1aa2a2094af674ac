"""The arithmetic of a token bucket, and what became of a draw from several. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from msgspec import Struct


class Bucket(Struct, frozen=True):
    """Filled at a steady rate up to `capacity`, which it begins with."""

    key: str
    capacity: float
    per_s: float


class Verdict(Struct, frozen=True):
    """Whether the draw was granted, with what is left in the bucket that has least of its capacity.

    Units: seconds, until the draw would be granted (0 where it was), and until that bucket is full again.
    """

    granted: bool
    limit: int
    remaining: int
    retry_after_s: float
    reset_s: float


class RateLimiter(Protocol):
    """Implemented by `memory.MemoryRateLimiter` and `redis.RedisRateLimiter`."""

    async def draw(self, buckets: Sequence[Bucket], units: float) -> Verdict:
        """Draws from all of the buckets, or from none. Never raises: a limiter that is away lets requests through."""


def needed(bucket: Bucket, units: float) -> float:
    """What has to be there: a draw larger than the bucket is granted when it is full, and leaves a debt."""
    return min(units, bucket.capacity)


def refilled(bucket: Bucket, level: float, elapsed_s: float) -> float:
    """The level after a while."""
    return min(bucket.capacity, level + max(elapsed_s, 0.0) * bucket.per_s)


def verdict(buckets: Sequence[Bucket], levels: Sequence[float], units: float, *, granted: bool) -> Verdict:
    """From the buckets' levels after the draw, or without it where it was not granted."""
    pairs = list(zip(buckets, levels, strict=True))
    waits = [max(needed(bucket, units) - level, 0.0) / bucket.per_s for bucket, level in pairs]
    bucket, level = min(pairs, key=lambda pair: pair[1] / pair[0].capacity)
    return Verdict(
        granted=granted,
        limit=int(bucket.capacity),
        remaining=max(int(level), 0),
        retry_after_s=0.0 if granted else max(waits),
        reset_s=(bucket.capacity - level) / bucket.per_s,
    )
