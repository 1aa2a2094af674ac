"""The WebSocket /loki/api/v1/tail: first what there was, then each line as it is written."""

from __future__ import annotations

import asyncio
from typing import Any

import orjson
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.websockets import WebSocket, WebSocketDisconnect

from gateway.demo.simulators.loki.form import from_address
from gateway.demo.simulators.loki.line_state import LineState
from gateway.demo.simulators.loki.log_queries import LogWindow, entry, select_lines
from gateway.demo.simulators.loki.parameters import check_lines, parse_bounds, parse_limit
from gateway.demo.simulators.loki.parser import parse_query
from gateway.demo.simulators.loki.refusals import LokiRefusal
from gateway.demo.simulators.loki.store import SECOND_NS, LogStore
from gateway.demo.simulators.loki.syntax import LogSelector

FLAGS_HEADER = "x-loki-response-encoding-flags"
_POLL_S = 0.2
_LONGEST_DELAY_S = 5
_LINES_PER_FRAME = 100


async def tail(websocket: WebSocket, store: LogStore) -> None:
    """Refuses before the upgrade what is no LogQL, behind it what is no log query."""
    parameters = from_address(websocket)
    try:
        expression = parse_query(parameters.get("query", ""))
        delay_s = int(parameters["delay_for"]) if parameters.get("delay_for", "").isdigit() else 0
        limit = parse_limit(parameters)
        if delay_s > _LONGEST_DELAY_S:
            raise LokiRefusal(f"delay_for can't be greater than {_LONGEST_DELAY_S}")
        check_lines(limit)
        start, _ = parse_bounds(parameters, store.now_ns())
    except LokiRefusal as error:
        await websocket.send_denial_response(Response(error.text, error.status, media_type="text/plain"))
        return
    await websocket.accept()
    if not isinstance(expression, LogSelector):
        await websocket.close(1011, "only log selector is supported")
        return
    follower = _Follower(websocket, store, expression, delay_s * SECOND_NS)
    async with asyncio.TaskGroup() as group:
        following = group.create_task(follower.run(start, limit))
        await _until_closed(websocket)
        following.cancel()


async def _until_closed(websocket: WebSocket) -> None:
    try:
        while True:
            await websocket.receive_text()
    except (WebSocketDisconnect, KeyError):  # KeyError: a binary frame, which nobody sends
        return


class _Follower:
    """Reads what was written since the last look, a few times a second."""

    def __init__(self, websocket: WebSocket, store: LogStore, selector: LogSelector, delay_ns: int) -> None:
        self._websocket = websocket
        self._store = store
        self._selector = selector
        self._delay_ns = delay_ns
        self._categorize = "categorize-labels" in websocket.headers.get(FLAGS_HEADER, "")

    async def run(self, start_ns: int, limit: int) -> None:
        seen = self._store.now_ns() + 1
        newest = await run_in_threadpool(select_lines, self._store, self._selector, LogWindow(start_ns, seen, limit))
        await self._send(newest[::-1], live=False)
        while True:
            await asyncio.sleep(_POLL_S)
            until = self._store.now_ns() - self._delay_ns + 1
            if until > seen:
                window = LogWindow(seen, until, limit=5000, backward=False)
                await self._send(select_lines(self._store, self._selector, window), live=True)
                seen = until

    async def _send(self, lines: list[LineState], *, live: bool) -> None:
        for at in range(0, len(lines), _LINES_PER_FRAME):
            streams = [self._stream(state, live=live) for state in lines[at : at + _LINES_PER_FRAME]]
            frame: dict[str, Any] = {"streams": streams}
            if self._categorize:
                frame["encodingFlags"] = ["categorize-labels"]
            try:
                await self._websocket.send_text(orjson.dumps(frame).decode())
            except WebSocketDisconnect:  # noticed by the reader too, which ends the tail
                return

    def _stream(self, state: LineState, *, live: bool) -> dict[str, Any]:
        """Without categories the real server merges metadata into what there was, and leaves it out of what comes."""
        labels = state.stream_labels() if self._categorize or live else state.labels()
        return {"stream": labels, "values": [entry(state, categorize=self._categorize)]}
