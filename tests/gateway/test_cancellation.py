"""A client that goes away takes its upstream requests with it, as the simulated sources record."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import pytest
import uvicorn

from gateway.app import create_app
from gateway.demo.query import DASHBOARD_QUERY
from gateway.demo.simulators.faults import Fault, SeenRequest
from tests.store_rows import new_call

from .conftest import World

SOON_S = 0.1
SOURCES = ("prometheus", "loki", "tempo")


@asynccontextmanager
async def _served(world: World) -> AsyncIterator[int]:
    """The gateway on a socket: its port."""
    config = uvicorn.Config(create_app(world.resources), port=0, lifespan="off", log_config=None)
    server = uvicorn.Server(config)
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - it has no event
        await asyncio.sleep(0.005)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = server.force_exit = True
    await serving


async def _ask(world: World, port: int, query: str, *, batch: bool = False) -> asyncio.StreamWriter:
    body: object = {"query": query}
    content = json.dumps([body, body] if batch else body).encode()
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    head = f"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\nauthorization: Bearer {world.token}\r\n"
    writer.write(f"{head}content-length: {len(content)}\r\n\r\n".encode() + content)
    await writer.drain()
    return writer


async def _until(holds: Callable[[], bool]) -> None:
    """Of a record that another thread writes."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.002)


def _seen(world: World) -> list[SeenRequest]:
    return [request for source in SOURCES for request in world.sources[source].requests]


@pytest.fixture
def hanging(world: World) -> World:
    """Sources that take every request and answer none."""
    for source in SOURCES:
        world.sources[source].requests.clear()
        world.break_source(source, Fault("hang"))
    return world


@pytest.mark.parametrize("how", ["closes", "aborts"])
async def test_a_client_that_leaves_cancels_every_upstream_request_within_a_tenth_of_a_second(
    hanging: World, how: str
) -> None:
    async with _served(hanging) as port:
        writer = await _ask(hanging, port, DASHBOARD_QUERY)
        await _until(lambda: len({request.path for request in _seen(hanging)}) >= 4)
        await asyncio.sleep(0.3)  # so that all of them are under way
        seen, left_at = _seen(hanging), time.time()
        assert all(request.ended_at is None for request in seen)
        writer.close() if how == "closes" else writer.transport.abort()
        await _until(lambda: all(request.ended_at for request in seen))
    assert len(seen) > 5
    assert {request.outcome for request in seen} == {"cancelled"}
    assert max(request.ended_at or 0 for request in seen) - left_at < SOON_S
    assert _seen(hanging) == seen, "nothing was asked afterwards"


async def test_whoever_asks_the_same_keeps_what_they_share(hanging: World) -> None:
    query = '{ project(slug: "shop") { metrics { value(promql: "count(up)") } } }'
    async with _served(hanging) as port:
        leaving = await _ask(hanging, port, query)
        await _until(lambda: len(_seen(hanging)) == 1)
        staying = await _ask(hanging, port, query)
        await asyncio.sleep(0.2)
        leaving.transport.abort()
        await asyncio.sleep(0.2)
        (shared,) = _seen(hanging)
        assert shared.ended_at is None
        staying.transport.abort()
        await _until(lambda: shared.ended_at is not None)
    assert shared.outcome == "cancelled"


async def test_a_statement_of_the_store_is_cancelled_too(world: World) -> None:
    database, call = world.resources.database, new_call()

    async def waiting() -> int:
        return await database.fetchval(
            "SELECT count(*) FROM pg_stat_activity WHERE wait_event_type = 'Lock'", call=call
        )

    async with database.transaction(call=call) as blocker:
        await blocker.execute("LOCK TABLE error_groups")
        async with _served(world) as port:
            writer = await _ask(world, port, '{ project(slug: "shop") { errors(first: 1) { nodes { title } } } }')
            async with asyncio.timeout(4):
                while not await waiting():  # noqa: ASYNC110
                    await asyncio.sleep(0.01)
            writer.transport.abort()
            await asyncio.sleep(SOON_S)
            assert await waiting() == 0
