"""Buckets that all gateways share, in Redis or Valkey: one script, which runs there as a whole, per draw."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable, Sequence
from typing import Any

from redis.asyncio import BlockingConnectionPool, Redis
from redis.exceptions import RedisError

from .buckets import Bucket, Verdict, verdict
from .memory import MemoryRateLimiter

log = logging.getLogger(__name__)

PREFIX = "{gateway:rate}:"
"""The braces keep the buckets of a draw on one node of a cluster."""
TIMEOUT_S = 0.5
CONNECTIONS = 16
AWAY_S = 5.0
"""After a failure, so long is this process alone asked."""

DRAW = """
local units = tonumber(ARGV[1])
local clock = redis.call('TIME')
local now = tonumber(clock[1]) + tonumber(clock[2]) / 1000000
local levels, granted = {}, 1
for i, key in ipairs(KEYS) do
  local capacity, per_s = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
  local kept = redis.call('HMGET', key, 'level', 'at')
  local level = capacity
  if kept[1] then
    level = math.min(capacity, tonumber(kept[1]) + math.max(now - tonumber(kept[2]), 0) * per_s)
  end
  levels[i] = level
  if level < math.min(units, capacity) then granted = 0 end
end
local told = {granted}
for i, key in ipairs(KEYS) do
  if granted == 1 then
    local capacity, per_s = tonumber(ARGV[2 * i]), tonumber(ARGV[2 * i + 1])
    levels[i] = levels[i] - units
    redis.call('HSET', key, 'level', tostring(levels[i]), 'at', string.format('%.6f', now))
    redis.call('PEXPIRE', key, math.ceil((capacity - levels[i]) / per_s * 1000) + 1000)
  end
  told[i + 1] = tostring(levels[i])
end
return told
"""


class RedisRateLimiter:
    """Implements `RateLimiter`. Where Redis is away, each gateway counts for itself, so that nothing stops for it."""

    def __init__(self, url: str, *, clock: Callable[[], float] = time.monotonic) -> None:
        pool = BlockingConnectionPool.from_url(
            url, max_connections=CONNECTIONS, socket_timeout=TIMEOUT_S, socket_connect_timeout=TIMEOUT_S
        )
        self._redis: Any = Redis.from_pool(pool)
        self._script = self._redis.register_script(DRAW)
        self._alone = MemoryRateLimiter(clock=clock)
        self._clock = clock
        self._away_until = 0.0

    async def draw(self, buckets: Sequence[Bucket], units: float) -> Verdict:
        """See `RateLimiter`."""
        if self._clock() < self._away_until:
            return await self._alone.draw(buckets, units)
        numbers = [units, *(number for bucket in buckets for number in (bucket.capacity, bucket.per_s))]
        try:
            async with asyncio.timeout(TIMEOUT_S):
                told = await self._script(keys=[PREFIX + bucket.key for bucket in buckets], args=numbers)
        except (RedisError, OSError) as error:  # a TimeoutError is an OSError
            self._away_until = self._clock() + AWAY_S
            log.warning("rate limits: Redis does not answer (%s), counting alone", type(error).__name__)
            return await self._alone.draw(buckets, units)
        return verdict(buckets, [float(level) for level in told[1:]], units, granted=told[0] == 1)

    async def close(self) -> None:
        """Closes the connections."""
        await self._redis.aclose()
