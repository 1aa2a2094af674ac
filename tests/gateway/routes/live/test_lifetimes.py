"""What ends a live operation, from which side, how soon, and in which words."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from uuid import UUID

import httpx
import pytest

from datasources.records.users import Role
from gateway.live_limits import LiveLimits
from resolvers.access import Principal

from .playground import JOURNAL, PROJECT, Playground, Server, playing
from .raw import Raw, socket

SOON_S = 0.1
OTHER = UUID(int=2)


async def _started(query: str, raw: Raw) -> None:
    await raw.subscribe(query)
    await _until(lambda: JOURNAL.running > 0)


async def _until(holds: Callable[[], bool]) -> None:
    """Of a resolver in the server's thread: there is no event to wait for across loops."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.002)


async def _ended() -> float:
    await _until(lambda: JOURNAL.running == 0)
    return JOURNAL.ended_at[-1]


@pytest.mark.parametrize("query", ["{ slow { late(seconds: 30) } }", "subscription { ticks }"])
@pytest.mark.parametrize("how", ["complete", "close", "drop"])
async def test_a_client_that_leaves_ends_its_resolvers_at_once(address: str, query: str, how: str) -> None:
    async with socket(address) as raw:
        await raw.init()
        await _started(query, raw)
        left_at = time.monotonic()
        if how == "complete":
            await raw.send({"type": "complete", "id": "1"})
        elif how == "close":
            await raw.connection.close()
        else:
            raw.connection.transport.abort()
        assert await _ended() - left_at < SOON_S


@pytest.mark.parametrize(
    ("query", "accept"),
    [
        ("{ slow { late(seconds: 30) } }", "application/json"),
        ("{ slow { name ... @defer { late(seconds: 30) } } }", "multipart/mixed"),
        ("{ slow { name ... @defer { late(seconds: 30) } } }", "text/event-stream"),
        ("subscription { ticks }", "text/event-stream"),
        ("subscription { ticks }", "multipart/mixed;subscriptionSpec=1.0"),
    ],
)
async def test_an_http_client_that_leaves_ends_its_resolvers_at_once(address: str, query: str, accept: str) -> None:
    async with httpx.AsyncClient() as client:

        async def ask() -> None:
            request = {"json": {"query": query}, "headers": {"accept": accept}}
            async with client.stream("POST", f"http://{address}", **request, timeout=30) as answer:  # type: ignore[arg-type]
                async for _ in answer.aiter_raw():
                    pass

        asking = asyncio.create_task(ask())
        await _until(lambda: JOURNAL.running > 0)
        left_at = time.monotonic()
        asking.cancel()
        with pytest.raises(asyncio.CancelledError):
            await asking
        assert await _ended() - left_at < SOON_S


async def test_a_token_that_ends_ends_its_operations_and_the_socket(playground: Playground, address: str) -> None:
    async with socket(address) as raw:
        await raw.init(Authorization="Bearer good")
        await raw.subscribe("subscription { ticks }")
        await raw.next()
        del playground.people["good"]
        while (message := await raw.next())["type"] == "next":
            pass
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "UNAUTHENTICATED")
        assert (await raw.closed())[0] == 4403
    assert not JOURNAL.running


async def test_a_role_that_changes_ends_subscriptions_and_new_ones_see_it(playground: Playground, address: str) -> None:
    async with socket(address) as raw:
        await raw.init(Authorization="Bearer good")
        await raw.subscribe("subscription { ticks }")
        await raw.next()
        playground.people["good"] = Principal(UUID(int=7), {})
        while (message := await raw.next())["type"] == "next":
            pass
        assert (message["type"], message["payload"][0]["extensions"]["code"]) == ("error", "FORBIDDEN")
        await raw.subscribe("{ roles }")
        assert (await raw.next())["payload"] == {"data": {"roles": 0}}


async def test_one_more_project_ends_nothing_and_is_seen_by_the_next_event(
    playground: Playground, address: str
) -> None:
    async with socket(address) as raw:
        await raw.init(Authorization="Bearer good")
        await raw.subscribe("subscription { ticks }")
        await raw.next()
        playground.people["good"] = Principal(UUID(int=7), {PROJECT: Role.VIEWER, OTHER: Role.VIEWER})
        await asyncio.sleep(0.2)
        assert all([(await raw.next())["type"] == "next" for _ in range(10)])
    assert len(playground.contexts[-1].principal.roles) == 2


async def test_the_authorization_of_the_handshake_serves_as_well(playground: Playground, address: str) -> None:
    async with socket(address, headers={"authorization": "Bearer good"}) as raw:
        await raw.init()
        await raw.subscribe("{ roles }")
        assert (await raw.next())["payload"] == {"data": {"roles": 1}}


@pytest.mark.parametrize("accept", ["text/event-stream", "multipart/mixed;subscriptionSpec=1.0"])
async def test_a_token_that_ends_ends_a_stream_with_its_code(playground: Playground, address: str, accept: str) -> None:
    headers = {"accept": accept, "authorization": "Bearer good"}
    async with httpx.AsyncClient() as client:
        asked = client.stream("POST", f"http://{address}", json={"query": "subscription { ticks }"}, headers=headers)
        async with asked as answer:
            parts = []
            async for part in answer.aiter_text():
                parts.append(part)
                playground.people.pop("good", None)
    assert "UNAUTHENTICATED" in parts[-1]
    assert parts[-1].endswith(("event: complete\ndata: \n\n", "--graphql--\r\n"))


async def test_each_event_has_a_context_of_its_own(playground: Playground, address: str) -> None:
    async with socket(address) as raw:
        await raw.init()
        await raw.subscribe("subscription { ticks(count: 3, everyS: 0.05) }")
        for _ in range(4):
            await raw.next()
    events = playground.contexts[1:]
    assert len({id(context.loaders) for context in events}) == len(events) == 3
    deadlines = [context.call.deadline.at_s for context in events]
    assert deadlines == sorted(set(deadlines))
    assert [context.now_ns for context in events] == sorted({context.now_ns for context in events})


async def test_each_operation_has_a_context_of_its_own(playground: Playground, address: str) -> None:
    async with socket(address) as raw:
        await raw.init()
        for _ in range(2):
            await raw.subscribe("{ hello }")
            await raw.next()
            await raw.next()
    assert len({id(context.loaders) for context in playground.contexts}) == 2


async def test_a_client_that_reads_nothing_is_not_buffered_for(playground: Playground, address: str) -> None:
    JOURNAL.contexts.clear()
    async with socket(address) as raw:
        await raw.init()
        raw.connection.transport.pause_reading()
        await _started("subscription { large }", raw)
        await asyncio.sleep(0.5)
        made = len(JOURNAL.contexts)
        await asyncio.sleep(0.5)
        assert len(JOURNAL.contexts) == made
        assert made * 100_000 < 50_000_000
        raw.connection.transport.abort()
        await _ended()


async def test_the_end_of_the_process_is_told_to_everybody(served: tuple[str, Server]) -> None:
    address, server = served
    async with socket(address) as raw, httpx.AsyncClient() as client, asyncio.TaskGroup() as group:

        async def ask(query: str, accept: str) -> httpx.Response:
            return await client.post(f"http://{address}", json={"query": query}, headers={"accept": accept}, timeout=30)

        await raw.init()
        await raw.subscribe("subscription { ticks }", "endless")
        await raw.subscribe("{ slow { late(seconds: 0.8) } }", "whole")
        events = group.create_task(ask("subscription { ticks }", "text/event-stream"))
        parts = group.create_task(ask("subscription { ticks }", "multipart/mixed;subscriptionSpec=1.0"))
        deferred = group.create_task(ask("{ slow { name ... @defer { late(seconds: 0.8) } } }", "multipart/mixed"))
        plain = group.create_task(ask("{ slow { late(seconds: 0.8) } }", "application/json"))
        await _until(lambda: JOURNAL.running == 6)
        started = time.monotonic()
        server.should_exit = True
        told = []
        while len(told) < 3:
            message = await raw.next()
            told += [message] if message["type"] != "next" or message["id"] == "whole" else []
        closed = await raw.closed()
    assert [(message["type"], message["id"]) for message in told] == [
        ("complete", "endless"),
        ("next", "whole"),
        ("complete", "whole"),
    ]
    assert closed[0] == 1001
    assert events.result().text.endswith("event: complete\ndata: \n\n")
    assert parts.result().text.endswith("--graphql--\r\n")
    assert '"late":"late"' in deferred.result().text
    assert plain.result().json() == {"data": {"slow": {"late": "late"}}}
    assert time.monotonic() - started < 4


async def test_an_answer_that_takes_too_long_does_not_keep_the_process(playground: Playground) -> None:
    with playing(playground, timeout_s=1.0) as (address, server):
        async with socket(address) as raw:
            await raw.init()
            await _started("{ slow { late(seconds: 30) } }", raw)
            started = time.monotonic()
            server.should_exit = True
            assert (await raw.closed())[0] == 1001
            assert time.monotonic() - started < 2


async def test_a_client_that_reads_nothing_for_too_long_is_given_up() -> None:
    with playing(Playground(limits=LiveLimits(ping_every_s=0.1, send_timeout_s=0.3))) as (address, _):
        async with socket(address) as raw:
            await raw.init()
            raw.connection.transport.pause_reading()
            await _started("subscription { large }", raw)
            await _ended()
            raw.connection.transport.abort()


async def test_one_event_for_many_subscribers_is_executed_once(address: str) -> None:
    JOURNAL.contexts.clear()
    async with socket(address) as raw, socket(address) as other:
        for one in (raw, other):
            await one.init(Authorization="Bearer good")
            await one.subscribe("subscription { moments { number seen } }")
        async with socket(address) as stranger:
            await stranger.init()
            await stranger.subscribe("subscription { moments { number seen } }")
            found = [(await one.next())["payload"]["data"]["moments"] for one in (raw, other, stranger)]
    assert found[0] == found[1]
    assert len(JOURNAL.contexts) == 2
