"""The live transports on the gateway as it is deployed: a slow source holds nothing else back, and whoever leaves stops it all."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx
import pytest
import uvicorn

from gateway.app import create_app
from gateway.demo.query import DASHBOARD_QUERY
from gateway.demo.simulators.faults import Fault, SeenRequest

from .conftest import SIGN_IN, World
from .routes.live.raw import Raw, socket
from .routes.live.test_streams import events, merged, parts

SOON_S = 0.1
SLOW_S = 1.5
LOGS = "logs { total recentErrors(first: 3) { timestamp service level line traceId } }"
DEFERRED_QUERY = DASHBOARD_QUERY.replace(LOGS, f'... @defer(label: "logs") {{ {LOGS} }}')
LOGS_QUERY = '{ project(slug: "shop") { logs(first: 5) { nodes { line } } } }'


@asynccontextmanager
async def _served(world: World) -> AsyncIterator[str]:
    """The gateway with its workers on a socket: its address."""
    server = uvicorn.Server(
        uvicorn.Config(create_app(world.resources), port=0, log_config=None, ws="websockets-sansio")
    )
    serving = asyncio.create_task(server.serve())
    while not server.started:  # noqa: ASYNC110 - it has no event
        await asyncio.sleep(0.005)
    yield f"127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}/graphql"
    server.should_exit = True
    await serving


async def _until(holds: Callable[[], bool]) -> None:
    """Of a record that another thread writes."""
    async with asyncio.timeout(5):
        while not holds():  # noqa: ASYNC110
            await asyncio.sleep(0.002)


async def _stream(world: World, address: str, query: str, accept: str) -> list[tuple[float, str]]:
    """(seconds since it was asked, what came then)."""
    headers = {"accept": accept, "authorization": f"Bearer {world.token}"}
    async with httpx.AsyncClient(timeout=30) as client:
        started = time.monotonic()
        async with client.stream("POST", f"http://{address}", json={"query": query}, headers=headers) as answer:
            return [(time.monotonic() - started, text) async for text in answer.aiter_text()]


def test_the_deferred_dashboard_is_the_dashboard_with_logs_in_a_section_of_their_own() -> None:
    assert "@defer" in DEFERRED_QUERY
    assert DEFERRED_QUERY.count("recentErrors") == 1


@pytest.mark.parametrize(("accept", "read"), [("multipart/mixed", parts), ("text/event-stream", events)])
async def test_the_dashboard_is_there_while_loki_sleeps(world: World, accept: str, read: Any) -> None:
    await world.query(DASHBOARD_QUERY)
    world.break_source("loki", Fault("slow", delay_s=SLOW_S))
    async with _served(world) as address:
        arrived = await _stream(world, address, DEFERRED_QUERY.replace("1h", "50m"), accept)
    bodies = read("".join(text for _, text in arrived))
    shown = bodies[0]["data"]["project"]["dashboard"]
    assert "logs" not in shown
    assert shown["metrics"]["requestRate"]["series"]
    assert shown["errors"]["events"] > 0
    assert len(shown["traces"]["slowest"]) == 3
    assert {report["source"] for report in shown["sources"]} == {"postgres", "prometheus", "tempo"}
    data, errors = merged(bodies)
    assert errors == []
    assert data["project"]["dashboard"]["logs"]["total"] > 1_000
    first_at = next(at for at, text in arrived if "requestRate" in text)
    assert arrived[-1][0] - first_at > SLOW_S / 2


async def test_a_deferred_section_fails_alone_and_says_which_source(world: World) -> None:
    await world.query(DASHBOARD_QUERY)
    world.break_source("loki", Fault("fail", status=503))
    async with _served(world) as address:
        arrived = await _stream(world, address, DEFERRED_QUERY.replace("1h", "49m"), "multipart/mixed")
    bodies = parts("".join(text for _, text in arrived))
    assert "errors" not in bodies[0]
    data, errors = merged(bodies)
    assert data["project"]["dashboard"]["logs"] is None
    assert {(error["extensions"]["source"], error["extensions"]["code"]) for error in errors} == {
        ("loki", "SOURCE_UNAVAILABLE")
    }
    assert all(error["path"][:3] == ["project", "dashboard", "logs"] for error in errors)


async def test_deferred_or_not_the_dashboard_is_the_same(world: World) -> None:
    fixed = DEFERRED_QUERY.replace('last: "1h"', 'from: "2026-01-01T10:00:00Z", to: "2026-01-01T11:00:00Z"')
    fixed = fixed.replace("sources { source ok tookMs requests }", "")
    whole = (await world.query(fixed))["data"]
    async with _served(world) as address:
        for accept, read in (("multipart/mixed", parts), ("text/event-stream", events)):
            arrived = await _stream(world, address, fixed, accept)
            data, errors = merged(read("".join(text for _, text in arrived)))
            assert errors == []
            assert json.dumps(data, sort_keys=True) == json.dumps(whole, sort_keys=True)


@asynccontextmanager
async def _asking(world: World, address: str, how: str, query: str) -> AsyncIterator[Callable[[], Any]]:
    """The query under way over a transport; called, the client leaves."""
    if how.startswith("socket"):
        async with socket(address) as raw:
            await raw.init(Authorization=f"Bearer {world.token}")
            await raw.subscribe(query)
            yield lambda: _leave(raw, how)
        return
    asking = asyncio.create_task(_stream(world, address, query, how))
    yield asking.cancel
    with pytest.raises(asyncio.CancelledError):
        await asking


def _leave(raw: Raw, how: str) -> Any:
    if how == "socket complete":
        return asyncio.ensure_future(raw.send({"type": "complete", "id": "1"}))
    if how == "socket close":
        return asyncio.ensure_future(raw.connection.close())
    return raw.connection.transport.abort()


@pytest.mark.parametrize(
    ("how", "query"),
    [
        ("socket complete", LOGS_QUERY),
        ("socket close", LOGS_QUERY),
        ("socket drop", LOGS_QUERY),
        ("socket complete", DEFERRED_QUERY),
        ("multipart/mixed", DEFERRED_QUERY),
        ("text/event-stream", DEFERRED_QUERY),
        ("text/event-stream", LOGS_QUERY),
    ],
)
async def test_whoever_leaves_cancels_the_upstream_request_within_a_tenth_of_a_second(
    world: World, how: str, query: str
) -> None:
    await world.query(DASHBOARD_QUERY)
    loki = world.sources["loki"]
    loki.requests.clear()
    world.break_source("loki", Fault("hang"))
    query = query.replace("1h", "48m")
    async with _served(world) as address, _asking(world, address, how, query) as leave:
        await _until(lambda: any(_is_question(request) for request in loki.requests))
        await asyncio.sleep(0.1)
        seen = [request for request in loki.requests if _is_question(request)]
        assert all(request.ended_at is None for request in seen)
        left_at = time.time()
        leave()
        await _until(lambda: all(request.ended_at for request in seen))
    assert {request.outcome for request in seen} == {"cancelled"}
    assert max(request.ended_at or 0 for request in seen) - left_at < SOON_S


def _is_question(request: SeenRequest) -> bool:
    """Whether a viewer asked it, not a worker who looks how the source does."""
    return "/query" in request.path or "/index" in request.path


async def test_a_session_that_is_over_closes_the_socket(world: World) -> None:
    account = {"email": "shop@example.com", "password": "a long password"}
    document = SIGN_IN.replace("accessToken", "accessToken refreshToken")
    session = (await world.query(document, input=account))["data"]["signIn"]
    settings = world.resources.settings.live
    assert settings.recheck_s <= 5
    async with _served(world) as address, socket(address) as raw:
        await raw.init(Authorization=f"Bearer {session['accessToken']}")
        await raw.subscribe("{ viewer { id } }")
        assert (await raw.next())["payload"]["data"]["viewer"]["id"]
        await world.query("mutation ($token: String!) { signOut(refreshToken: $token) }", token=session["refreshToken"])
        async with asyncio.timeout(settings.recheck_s + 3):
            while True:
                try:
                    code, reason = await raw.closed()
                except TimeoutError:
                    continue
                break
    assert code == 4403
    assert "not valid" in reason
