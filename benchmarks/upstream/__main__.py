"""`python -m benchmarks.upstream`: prints its port, serves until its standard input ends.

`/-/delay?ms=50` has every answer wait; `/-/count` tells how many requests there were since it was asked last.
"""

from __future__ import annotations

import asyncio
import sys
from urllib.parse import parse_qsl, unquote_plus, urlsplit

import httptools
import uvloop

from . import logs, metrics, traces

_HEAD = b"HTTP/1.1 %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


class State:
    """What the control paths change."""

    delay_s = 0.0
    requests = 0


class Connection(asyncio.Protocol):
    """One keep-alive connection, one request at a time."""

    transport: asyncio.Transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]
        self.parser = httptools.HttpRequestParser(self)
        self.url, self.body = b"", b""

    def data_received(self, data: bytes) -> None:
        self.parser.feed_data(data)

    def on_url(self, url: bytes) -> None:
        self.url += url

    def on_body(self, body: bytes) -> None:
        self.body += body

    def on_message_complete(self) -> None:
        url, body = urlsplit(self.url.decode()), self.body.decode()
        self.url, self.body = b"", b""
        given = dict(parse_qsl(url.query)) | dict(parse_qsl(body))
        if url.path.startswith("/-/"):
            self._send(_control(url.path, given))
            return
        State.requests += not url.path.endswith("/buildinfo")  # the gateway's health checks are nobody's question
        answer = _answer(unquote_plus(url.path), given)
        if State.delay_s:
            asyncio.get_running_loop().call_later(State.delay_s, self._send, answer)
        else:
            self._send(answer)

    def _send(self, answer: bytes | None) -> None:
        found = answer if answer is not None else b'{"error":"unknown"}'
        self.transport.write(_HEAD % (b"404 Not Found" if answer is None else b"200 OK", len(found)) + found)


def _answer(path: str, given: dict[str, str]) -> bytes | None:
    match path:
        case "/api/v1/query_range":
            return metrics.query_range(given)
        case "/loki/api/v1/query_range":
            return logs.query_range(given)
        case "/api/search":
            return traces.search(given)
        case "/api/v1/status/buildinfo":
            return b'{"status":"success","data":{"version":"3.0.0"}}'
        case "/loki/api/v1/status/buildinfo" | "/api/status/buildinfo":
            return b'{"version":"3.0.0"}'
        case _ if path.startswith("/api/v2/traces/"):
            return traces.trace(path.rpartition("/")[2])
        case _:
            return None


def _control(path: str, given: dict[str, str]) -> bytes:
    if path == "/-/delay":
        State.delay_s = float(given["ms"]) / 1000
    seen, State.requests = State.requests, 0 if path == "/-/count" else State.requests
    return b"%d" % seen


async def _serve() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(Connection, "127.0.0.1", 0, backlog=1024)
    print(server.sockets[0].getsockname()[1], flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    uvloop.run(_serve())
