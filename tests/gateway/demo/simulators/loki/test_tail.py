from __future__ import annotations

import json
import time
from typing import Any
from urllib.parse import urlencode

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidStatus

from gateway.demo.scenario import Scenario
from gateway.demo.simulators.loki import create_app

CATEGORIZE = {"X-Loki-Response-Encoding-Flags": "categorize-labels"}
SHOP = '{service_namespace="shop"}'


@pytest.fixture
def address(serve: Any, scenario: Scenario) -> str:
    """Its time runs sixty times as fast, so that lines keep coming."""
    begin = time.time_ns()
    url: str = serve(create_app(scenario, lambda: begin + (time.time_ns() - begin) * 60))
    return url.replace("http", "ws") + "/loki/api/v1/tail?"


async def _frames(address: str, count: int, headers: dict[str, str], **parameters: object) -> list[dict[str, Any]]:
    async with connect(address + urlencode(parameters), additional_headers=headers) as socket:
        return [json.loads(await socket.recv()) for _ in range(count)]


def _timestamps(frame: dict[str, Any]) -> list[int]:
    return [int(value[0]) for stream in frame["streams"] for value in stream["values"]]


async def test_history_comes_first_and_then_what_is_written(address: str) -> None:
    history, *live = await _frames(address, 4, CATEGORIZE, query=SHOP, limit=3)
    assert len(_timestamps(history)) == 3
    times = [at for frame in (history, *live) for at in _timestamps(frame)]
    assert times == sorted(times)
    assert len(times) > 6


async def test_categorised_frames_say_so_and_keep_metadata_apart(address: str) -> None:
    for frame in await _frames(address, 3, CATEGORIZE, query=SHOP, limit=1):
        assert frame["encodingFlags"] == ["categorize-labels"]
        assert frame["streams"][0]["values"][0][2]["structuredMetadata"]["detected_level"]
        assert "detected_level" not in frame["streams"][0]["stream"]


async def test_plain_frames_lose_their_metadata_once_they_are_live(address: str) -> None:
    history, live = await _frames(address, 2, {}, query=SHOP, limit=1)
    assert "detected_level" in history["streams"][0]["stream"]
    assert "detected_level" not in live["streams"][0]["stream"]
    assert len(live["streams"][0]["values"][0]) == 2


@pytest.mark.parametrize(
    "parameters, words",
    [
        ({"query": SHOP[:-1]}, "parse error at line 1, col 26: syntax error: unexpected $end, expecting } or ,"),
        ({"query": SHOP, "delay_for": 9}, "delay_for can't be greater than 5"),
        ({"query": SHOP, "limit": "x"}, 'strconv.Atoi: parsing "x": invalid syntax'),
    ],
    ids=["query", "delay", "limit"],
)
async def test_bad_request_is_refused_before_the_upgrade(
    address: str, parameters: dict[str, object], words: str
) -> None:
    with pytest.raises(InvalidStatus) as refused:
        await _frames(address, 1, {}, **parameters)
    assert refused.value.response.status_code == 400
    assert refused.value.response.body == words.encode()


async def test_metric_query_is_closed_behind_the_upgrade(address: str) -> None:
    with pytest.raises(ConnectionClosed) as closed:
        await _frames(address, 1, {}, query=f"sum(rate({SHOP}[1m]))")
    assert closed.value.rcvd is not None
    assert (closed.value.rcvd.code, closed.value.rcvd.reason) == (1011, "only log selector is supported")
