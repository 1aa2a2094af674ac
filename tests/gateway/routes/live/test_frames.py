"""graphql-transport-ws, frame by frame, on a real socket: what is said, and by which code a socket is closed."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from gateway.live_limits import LiveLimits
from gateway.routes.live.messages import CloseCode

from .playground import SECRET, Playground, playing
from .raw import INIT, Raw, socket

TICKS = {"type": "subscribe", "id": "1", "payload": {"query": "subscription { ticks }"}}


def _subscribe(**members: Any) -> dict[str, Any]:
    return {**TICKS, **members}


@pytest.mark.parametrize(
    ("frames", "code"),
    [
        pytest.param(["[]"], 4400, id="an array"),
        pytest.param(['"x"'], 4400, id="a text"),
        pytest.param(["null"], 4400, id="null"),
        pytest.param(["5"], 4400, id="a number"),
        pytest.param(["{"], 4400, id="no JSON"),
        pytest.param([""], 4400, id="empty"),
        pytest.param(["[" * 100_000], 4400, id="100,000 brackets"),
        pytest.param([b'{"type":"connection_init"}'], 4400, id="binary"),
        pytest.param(["{}"], 4400, id="no type"),
        pytest.param([{"type": 5}], 4400, id="a type that is no text"),
        pytest.param([{"type": []}], 4400, id="a type that is a list"),
        pytest.param([{"type": "start"}], 4400, id="a type of the legacy protocol"),
        pytest.param([{"type": "connection_ack"}], 4400, id="a server's type"),
        pytest.param([{"type": "connection_init", "payload": []}], 4400, id="connection_init with a list"),
        pytest.param([{"type": "connection_init", "payload": "x"}], 4400, id="connection_init with a text"),
        pytest.param([{**INIT, "payload": {"Authorization": 5}}], 4400, id="a credential that is no text"),
        pytest.param([{"type": "ping", "payload": 5}], 4400, id="ping with a number"),
        pytest.param([INIT, INIT], 4429, id="a second connection_init"),
        pytest.param([TICKS], 4401, id="subscribe without connection_init"),
        pytest.param([INIT, _subscribe(payload=None)], 4400, id="subscribe without payload"),
        pytest.param([INIT, _subscribe(payload=[])], 4400, id="subscribe with a list"),
        pytest.param([INIT, _subscribe(id={})], 4400, id="an id that is an object"),
        pytest.param([INIT, _subscribe(id=5)], 4400, id="an id that is a number"),
        pytest.param([INIT, _subscribe(id="")], 4400, id="an empty id"),
        pytest.param([INIT, _subscribe(id="x" * 1000)], 4400, id="an endless id"),
        pytest.param([INIT, {"type": "complete"}], 4400, id="complete without id"),
        pytest.param([INIT, TICKS, TICKS], 4409, id="an id that is in use"),
        pytest.param([INIT, TICKS, "{"], 4400, id="no JSON while something is under way"),
        pytest.param([{**INIT, "payload": {"Authorization": "Bearer bad"}}], 4403, id="a token that is not valid"),
        pytest.param([{**INIT, "payload": {"headers": {"authorization": "Bearer bad"}}}], 4403, id="nested in headers"),
    ],
)
async def test_a_frame_that_the_protocol_does_not_have_closes_with_its_code(
    address: str, frames: list[Any], code: int
) -> None:
    async with socket(address) as raw:
        await raw.send(*frames)
        found, reason = await raw.closed()
    assert found == code
    assert reason
    assert "Error" not in reason


@pytest.mark.parametrize("subprotocols", [(), ("graphql-ws",), ("nonsense",)])
async def test_another_subprotocol_is_not_acceptable(address: str, subprotocols: tuple[str, ...]) -> None:
    async with socket(address, subprotocols=subprotocols) as raw:
        assert (await raw.closed())[0] == 4406


async def test_a_socket_without_connection_init_is_closed_in_time() -> None:
    with playing(Playground(limits=LiveLimits(initialisation_s=0.1))) as (address, _):
        async with socket(address) as raw:
            await raw.send({"type": "ping"})
            assert (await raw.closed())[0] == 4408


@pytest.mark.parametrize("payload", [None, {}, {"a": 1}, {"Authorization": "Bearer good"}])
async def test_connection_init_is_acknowledged(address: str, payload: Any) -> None:
    async with socket(address) as raw:
        await raw.send({"type": "connection_init", "payload": payload})
        assert await raw.next() == {"type": "connection_ack"}


@pytest.mark.parametrize("is_acknowledged", [True, False])
@pytest.mark.parametrize("payload", [None, {"at": 5, "deep": [{"x": "y"}]}])
async def test_a_ping_is_answered_with_its_payload(address: str, is_acknowledged: bool, payload: Any) -> None:
    async with socket(address) as raw:
        if is_acknowledged:
            await raw.init()
        await raw.send({"type": "ping", "payload": payload} if payload else {"type": "ping"}, {"type": "pong"})
        assert await raw.next() == ({"type": "pong", "payload": payload} if payload else {"type": "pong"})


async def test_the_server_pings_by_itself() -> None:
    with playing(Playground(limits=LiveLimits(ping_every_s=0.05))) as (address, _):
        async with socket(address) as raw:
            await raw.init()
            assert [await raw.connection.recv() for _ in range(3)] == ['{"type":"ping"}'] * 3


def test_the_server_pings_every_25_seconds_by_default() -> None:
    assert LiveLimits().ping_every_s == 25


async def test_a_query_and_a_mutation_have_one_result(address: str) -> None:
    async with socket(address) as raw:
        await raw.init()
        for query, data in (("{ hello }", {"hello": "hello world"}), ("mutation { change }", {"change": True})):
            await raw.subscribe(query)
            assert await raw.next() == {"type": "next", "id": "1", "payload": {"data": data}}
            assert await raw.next() == {"type": "complete", "id": "1"}


async def test_operation_name_variables_and_extensions_are_honoured(address: str) -> None:
    query = "query A { hello } query B($n: String!) { hello(name: $n) }"
    async with socket(address) as raw:
        await raw.init()
        await raw.subscribe(query, operationName="B", variables={"n": "you"}, extensions={"any": 1})
        assert (await raw.next())["payload"] == {"data": {"hello": "hello you"}}


async def test_a_persisted_document_is_found_by_its_hash(address: str) -> None:
    persisted = {
        "persistedQuery": {
            "version": 1,
            "sha256Hash": "c9f07b33d7aa98d5eac14dcf5d59e1cf6e2b4d1f2fcb01ebdc7a3a2b45a5e2a1",
        }
    }
    async with socket(address) as raw:
        await raw.init()
        await raw.send({"type": "subscribe", "id": "1", "payload": {"extensions": persisted}})
        error = await raw.next()
    assert error["payload"][0]["extensions"]["code"] == "PERSISTED_QUERY_NOT_FOUND"


async def test_a_subscription_has_results_until_it_is_complete(address: str) -> None:
    async with socket(address) as raw:
        await raw.init()
        await raw.subscribe("subscription { ticks(count: 3) }")
        found = [await raw.next() for _ in range(4)]
    assert [one.get("payload") for one in found] == [*({"data": {"ticks": n}} for n in range(3)), None]
    assert found[3] == {"type": "complete", "id": "1"}


@pytest.mark.parametrize(
    ("payload", "code"),
    [
        ({"query": "{ hello"}, "PARSING_ERROR"),
        ({"query": "{ nothing }"}, "GRAPHQL_VALIDATION_FAILED"),
        ({"query": 5}, "BAD_REQUEST"),
        ({"query": ""}, "BAD_REQUEST"),
        ({}, "BAD_REQUEST"),
        ({"query": "{ hello }", "variables": []}, "BAD_REQUEST"),
        ({"query": "{ hello }", "operationName": 5}, "BAD_REQUEST"),
        ({"query": "{ hello }", "extensions": "x"}, "BAD_REQUEST"),
        ({"query": "{ hello }", "operationName": "X"}, "GRAPHQL_UNKNOWN_OPERATION_NAME"),
        ({"query": "query ($n: String!) { hello(name: $n) }"}, "BAD_USER_INPUT"),
        ({"query": "subscription { forbidden }"}, "FORBIDDEN"),
        ({"query": "subscription ($n: Int!) { ticks(count: $n) }"}, "BAD_USER_INPUT"),
        ({"query": "subscription { ticks forbidden }"}, "GRAPHQL_VALIDATION_FAILED"),
    ],
)
async def test_what_cannot_be_executed_fails_for_its_id_alone(address: str, payload: dict[str, Any], code: str) -> None:
    async with socket(address) as raw:
        await raw.init()
        await raw.subscribe("subscription { ticks }", "other")
        await raw.send({"type": "subscribe", "id": "1", "payload": payload})
        error = await _first_of(raw, "1")
        assert (error["type"], error["payload"][0]["extensions"]["code"]) == ("error", code)
        assert (await _first_of(raw, "other"))["type"] == "next"
        await raw.subscribe("{ hello }")
        assert (await _first_of(raw, "1"))["type"] == "next"


async def _first_of(raw: Raw, key: str) -> dict[str, Any]:
    while (found := await raw.next())["id"] != key:
        pass
    return found


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("subscription { breaking }", "SOURCE_UNAVAILABLE"),
        ("subscription { breaking(internal: true) }", "INTERNAL_SERVER_ERROR"),
    ],
)
async def test_a_source_that_breaks_ends_its_subscription_with_an_error(address: str, query: str, code: str) -> None:
    async with socket(address) as raw:
        await raw.init()
        await raw.subscribe(query)
        assert (await raw.next())["payload"] == {"data": {"breaking": 1}}
        error = await raw.next()
    assert error["type"] == "error"
    assert error["payload"][0]["extensions"]["code"] == code
    assert SECRET not in str(error)


async def test_an_internal_error_of_a_field_is_masked(address: str) -> None:
    async with socket(address) as raw:
        await raw.init()
        await raw.subscribe("{ internal }")
        payload = (await raw.next())["payload"]
    assert payload["data"] == {"internal": None}
    assert payload["errors"][0]["message"] == "internal error"


async def test_complete_for_an_unknown_id_is_ignored(address: str) -> None:
    async with socket(address) as raw:
        await raw.init()
        await raw.send({"type": "complete", "id": "nobody"})
        await raw.subscribe("{ hello }")
        assert (await raw.next())["type"] == "next"


async def test_an_id_may_be_used_again_at_once(address: str) -> None:
    async with socket(address) as raw:
        await raw.init()
        for _ in range(20):
            await raw.subscribe("subscription { ticks }")
            assert (await raw.next())["type"] == "next"
            await raw.send({"type": "complete", "id": "1"})
            await raw.subscribe("subscription { ticks(count: 0) }")
            while (found := await raw.next())["type"] == "next":
                pass
            assert found == {"type": "complete", "id": "1"}


async def test_a_message_that_is_too_large_is_said_to_be(address: str) -> None:
    async with socket(address) as raw:
        await raw.send("x" * 17 * 1024 * 1024)
        assert (await raw.closed())[0] == 1009


async def test_a_socket_has_a_limit_of_operations() -> None:
    with playing(Playground(limits=LiveLimits(operations=2))) as (address, _):
        async with socket(address) as raw:
            await raw.init()
            for key in ("1", "2", "3"):
                await raw.subscribe("subscription { ticks }", key)
            error = await _first_of(raw, "3")
            assert error["payload"][0]["extensions"]["code"] == "TOO_MANY_OPERATIONS"
            assert (await _first_of(raw, "2"))["type"] == "next"


async def test_a_process_has_a_limit_of_connections() -> None:
    with playing(Playground(connections=1)) as (address, _):
        async with socket(address) as first:
            await first.init()
            async with socket(address) as second:
                assert (await second.closed())[0] == CloseCode.TRY_AGAIN_LATER
        await asyncio.sleep(0.1)
        async with socket(address) as third:
            await third.init()


@pytest.mark.parametrize(
    ("origin", "is_allowed"),
    [("https://page.example", True), ("https://evil.example", False), ("null", False), (None, True), ("same", True)],
)
async def test_only_pages_of_allowed_origins_may_connect(origin: str | None, is_allowed: bool) -> None:
    with playing(Playground(allowed_origins=("https://page.example",))) as (address, _):
        given = f"http://{address.partition('/')[0]}" if origin == "same" else origin
        async with socket(address, headers={"origin": given} if given else None) as raw:
            await raw.send(INIT)
            if is_allowed:
                assert (await raw.next())["type"] == "connection_ack"
            else:
                assert (await raw.closed())[0] == 4403
