from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosedError, InvalidStatus

from gateway.demo.simulators.faults import Fault, Faults


async def _echo(request: Request) -> JSONResponse:
    return JSONResponse({"form": (await request.body()).decode(), "padding": "x" * 4000})


async def _slow_handler(_request: Request) -> JSONResponse:
    await asyncio.sleep(30)
    return JSONResponse({})


async def _two_frames(websocket: WebSocket) -> None:
    await websocket.accept()
    await websocket.send_json({"frame": 1})
    await websocket.send_json({"frame": 2})
    await websocket.close()


def _app() -> Faults:
    return Faults(
        Starlette(
            routes=[
                Route("/echo", _echo, methods=["GET", "POST"]),
                Route("/other", _echo),
                Route("/slow", _slow_handler),
                WebSocketRoute("/socket", _two_frames),
            ]
        )
    )


def _client(app: Any) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://simulated")


async def test_without_a_fault_the_body_reaches_the_application() -> None:
    async with _client(_app()) as client:
        response = await client.post("/echo", data={"query": '{a="b"}'})
    assert response.json()["form"] == "query=%7Ba%3D%22b%22%7D"


async def test_request_is_recorded_with_readable_query_form_times_and_outcome() -> None:
    app = _app()
    async with _client(app) as client:
        await client.post("/echo", params={"limit": "5 5"}, data={"query": '{a="b"}'})
        (seen,) = (await client.get("/-/requests")).json()
    assert (seen["method"], seen["path"], seen["query"], seen["form"]) == (
        "POST",
        "/echo",
        "limit=5 5",
        'query={a="b"}',
    )
    assert (seen["outcome"], seen["status"]) == ("done", 200)
    assert seen["started_at"] <= seen["ended_at"]


async def test_record_is_forgotten_on_delete() -> None:
    async with _client(_app()) as client:
        await client.get("/echo")
        assert (await client.delete("/-/requests")).json() == []


async def test_failing_server_answers_the_status_until_the_fault_is_cleared() -> None:
    async with _client(_app()) as client:
        await client.post("/-/faults", json={"mode": "fail", "status": 503})
        assert (await client.get("/echo")).status_code == 503
        await client.delete("/-/faults")
        assert (await client.get("/echo")).status_code == 200


async def test_fault_with_a_path_spares_other_paths() -> None:
    async with _client(_app()) as client:
        await client.post("/-/faults", json={"mode": "fail", "path": "/echo"})
        assert [(await client.get(path)).status_code for path in ("/echo", "/other")] == [500, 200]


async def test_fault_strikes_as_often_as_told() -> None:
    async with _client(_app()) as client:
        await client.post("/-/faults", json={"mode": "fail", "times": 2})
        assert [(await client.get("/echo")).status_code for _ in range(3)] == [500, 500, 200]


async def test_slow_server_answers_after_the_delay() -> None:
    async with _client(_app()) as client:
        await client.post("/-/faults", json={"mode": "slow", "delay_s": 0.05})
        started = time.monotonic()
        assert (await client.get("/echo")).status_code == 200
    assert time.monotonic() - started >= 0.05


async def test_garbage_claims_to_be_json_and_is_not() -> None:
    async with _client(_app()) as client:
        await client.post("/-/faults", json={"mode": "garbage"})
        response = await client.get("/echo")
    assert (response.status_code, response.headers["content-type"]) == (200, "application/json")
    with pytest.raises(ValueError):
        response.json()


@pytest.mark.parametrize(
    "body", [b'{"mode": "explode"}', b"not json", b'{"mode": "slow", "delays": 1}'], ids=["mode", "json", "field"]
)
async def test_unknown_fault_is_refused_and_the_old_one_stays(body: bytes) -> None:
    app = _app()
    async with _client(app) as client:
        await client.post("/-/faults", json={"mode": "fail"})
        assert (await client.post("/-/faults", content=body)).status_code == 400
    assert app.fault.mode == "fail"


async def test_cut_body_breaks_off_before_the_promised_length(serve: Any) -> None:
    app = _app()
    async with httpx.AsyncClient(base_url=serve(app)) as client:
        await client.post("/-/faults", json={"mode": "cut"})
        with pytest.raises(httpx.RemoteProtocolError, match="complete message body"):
            await client.get("/echo")


async def _outcome(client: httpx.AsyncClient) -> object:
    for _ in range(500):
        (seen,) = (await client.get("/-/requests")).json()
        if seen["outcome"] is not None:
            return seen["outcome"]
        await asyncio.sleep(0.01)
    return None


@pytest.mark.parametrize(
    "path, fault",
    [("/echo", {"mode": "hang"}), ("/echo", {"mode": "slow", "delay_s": 30}), ("/slow", {})],
    ids=["hang", "slow", "handler at work"],
)
async def test_client_that_goes_away_is_recorded_as_cancelled(serve: Any, path: str, fault: dict[str, object]) -> None:
    app = _app()
    async with httpx.AsyncClient(base_url=serve(app)) as client:
        await client.post("/-/faults", json=fault)
        with pytest.raises(httpx.ReadTimeout):
            await client.get(path, timeout=0.1)
        assert await _outcome(client) == "cancelled"


async def test_socket_without_a_fault_passes_through_and_is_recorded(serve: Any) -> None:
    app = _app()
    async with connect(_socket_url(serve(app))) as socket:
        assert [json.loads(frame)["frame"] async for frame in socket] == [1, 2]
    assert (app.requests[0].method, app.requests[0].outcome) == ("WEBSOCKET", "done")


async def test_socket_is_cut_after_its_first_frame(serve: Any) -> None:
    app = _app()
    app.set(Fault(mode="cut"))
    async with connect(_socket_url(serve(app))) as socket:
        assert json.loads(await socket.recv()) == {"frame": 1}
        with pytest.raises(ConnectionClosedError) as ended:
            await socket.recv()
    assert ended.value.rcvd is not None
    assert ended.value.rcvd.code == 1011


async def test_socket_is_refused_with_the_status_of_the_fault(serve: Any) -> None:
    app = _app()
    app.set(Fault(mode="fail", status=503))
    with pytest.raises(InvalidStatus) as refused:
        await connect(_socket_url(serve(app)))
    assert refused.value.response.status_code == 503


def _socket_url(base_url: str) -> str:
    return base_url.replace("http", "ws") + "/socket"
