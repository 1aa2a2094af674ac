"""Buckets, alike in this process and in a real Redis."""

from __future__ import annotations

import asyncio
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from itertools import count

import pytest

from datasources.rate_limits.buckets import Bucket
from datasources.rate_limits.memory import MemoryRateLimiter
from datasources.rate_limits.redis import RedisRateLimiter

_keys = count(1)


@pytest.fixture(scope="module")
def redis_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A Redis of its own, without a disk."""
    server = shutil.which("redis-server") or shutil.which("valkey-server")
    if server is None:
        pytest.skip("no Redis here: apt-get install redis-server")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    folder = tmp_path_factory.mktemp("redis")
    command = [server, "--bind", "127.0.0.1", "--port", str(port), "--save", "", "--dir", str(folder)]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        until = time.monotonic() + 10
        while time.monotonic() < until:
            with socket.socket() as client:
                if client.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.02)
        yield f"redis://127.0.0.1:{port}/0"
    finally:
        process.terminate()
        process.wait(10)


@pytest.fixture(params=["memory", "redis"])
async def limiter(request: pytest.FixtureRequest):
    if request.param == "memory":
        yield MemoryRateLimiter()
        return
    found = RedisRateLimiter(request.getfixturevalue("redis_url"))
    yield found
    await found.close()


def _bucket(capacity: float = 100, per_s: float = 0.001) -> Bucket:
    return Bucket(f"test:{next(_keys)}", capacity, per_s)


async def test_a_bucket_grants_what_is_in_it_and_no_more(limiter):
    bucket = _bucket()
    found = [await limiter.draw([bucket], 40) for _ in range(3)]
    assert [verdict.granted for verdict in found] == [True, True, False]
    assert [verdict.remaining for verdict in found] == [60, 20, 20]
    assert found[-1].retry_after_s == pytest.approx(20 / 0.001, rel=0.01)
    assert found[-1].reset_s == pytest.approx(80 / 0.001, rel=0.01)


async def test_a_draw_takes_from_all_buckets_or_from_none(limiter):
    wide, narrow = _bucket(1000), _bucket(50)
    assert not (await limiter.draw([wide, _bucket(50), narrow], 50)).remaining
    refused = await limiter.draw([wide, narrow], 10)
    assert (refused.granted, refused.limit, refused.remaining) == (False, 50, 0)
    assert (await limiter.draw([wide], 1)).remaining == 949


async def test_a_draw_larger_than_the_bucket_is_granted_when_it_is_full_and_leaves_a_debt(limiter):
    bucket = _bucket(10)
    assert (await limiter.draw([bucket], 25)).granted
    refused = await limiter.draw([bucket], 1)
    assert not refused.granted
    assert refused.retry_after_s == pytest.approx(16 / 0.001, rel=0.01)


async def test_a_bucket_fills_up_again(limiter):
    bucket = _bucket(10, per_s=50)
    assert (await limiter.draw([bucket], 10)).granted
    assert not (await limiter.draw([bucket], 10)).granted
    await asyncio.sleep(0.25)
    assert (await limiter.draw([bucket], 10)).granted


async def test_draws_at_the_same_time_grant_no_more_than_there_is(limiter):
    bucket = _bucket(20)
    found = await asyncio.gather(*(limiter.draw([bucket], 1) for _ in range(50)))
    assert sum(verdict.granted for verdict in found) == 20


async def test_gateways_that_share_a_redis_share_their_buckets(redis_url):
    bucket = _bucket(20)
    gateways = [RedisRateLimiter(redis_url) for _ in range(3)]
    found = await asyncio.gather(*(gateway.draw([bucket], 1) for gateway in gateways * 10))
    assert sum(verdict.granted for verdict in found) == 20
    for gateway in gateways:
        await gateway.close()


async def test_where_redis_is_away_a_gateway_counts_alone_and_does_not_wait_each_time():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        limiter = RedisRateLimiter(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        bucket = _bucket(2)
        started = time.monotonic()
        found = [await limiter.draw([bucket], 1) for _ in range(3)]
        assert time.monotonic() - started < 3
        assert [verdict.granted for verdict in found] == [True, True, False]
        await limiter.close()


async def test_the_memory_of_buckets_is_bounded():
    limiter = MemoryRateLimiter(max_buckets=2)
    first, second, third = _bucket(1), _bucket(1), _bucket(1)
    for bucket in (first, second, third):
        assert (await limiter.draw([bucket], 1)).granted
    assert (await limiter.draw([first], 1)).granted
    assert not (await limiter.draw([third], 1)).granted
