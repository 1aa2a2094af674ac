"""Clients that ask one server over and over on keep-alive connections, and how long it took each time."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from statistics import quantiles

import httptools
import uvloop

DRAIN_S = 30.0


@dataclass
class Window:
    """What was seen of one server in one stretch of time."""

    took_s: float = 0.0
    latencies_s: list[float] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)

    @property
    def throughput(self) -> float:
        """Answers per second."""
        return len(self.latencies_s) / self.took_s

    def quantile_ms(self, share: float) -> float:
        """The latency that this share of the answers stayed below."""
        if len(self.latencies_s) == 1:
            return self.latencies_s[0] * 1000
        return quantiles(self.latencies_s, n=100, method="inclusive")[round(share * 100) - 1] * 1000


def load(port: int, ask: Callable[[], bytes], *, clients: int, seconds: float, at_least: int = 1) -> Window:
    """Asks for so many seconds, and at least so often. `ask` gives the bytes of the next request."""
    return uvloop.run(_load(port, ask, clients, seconds, at_least))


def request_bytes(port: int, token: str, body: bytes) -> bytes:
    """A POST to /graphql."""
    head = (
        f"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAuthorization: Bearer {token}\r\nAccept: application/json\r\n"
        f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def _load(port: int, ask: Callable[[], bytes], clients: int, seconds: float, at_least: int) -> Window:
    window, started = Window(), time.perf_counter()
    left = iter(range(at_least))

    def may_ask() -> bool:
        return next(left, None) is not None or time.perf_counter() - started < seconds

    async with asyncio.timeout(seconds + DRAIN_S), asyncio.TaskGroup() as group:
        for _ in range(clients):
            group.create_task(_client(port, ask, may_ask, window))
    window.took_s = time.perf_counter() - started
    return window


async def _client(port: int, ask: Callable[[], bytes], may_ask: Callable[[], bool], window: Window) -> None:
    loop = asyncio.get_running_loop()
    _, connection = await loop.create_connection(_Connection, "127.0.0.1", port)
    while may_ask():
        asked = time.perf_counter()
        status = await connection.send(ask())
        window.latencies_s.append(time.perf_counter() - asked)
        if status != 200:
            window.faults.append(f"HTTP {status}: {connection.last[-600:].decode('utf-8', 'replace')}")
    connection.transport.close()


class _Connection(asyncio.Protocol):
    transport: asyncio.Transport
    answered: asyncio.Future[int]
    last = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def connection_lost(self, fault: Exception | None) -> None:
        if not self.answered.done():
            self.answered.set_exception(fault or ConnectionResetError("closed before it answered"))

    def data_received(self, data: bytes) -> None:
        self.last = data
        self.parser.feed_data(data)

    def on_message_complete(self) -> None:
        self.answered.set_result(self.parser.get_status_code())

    def send(self, raw: bytes) -> asyncio.Future[int]:
        self.answered = asyncio.get_running_loop().create_future()
        self.parser = httptools.HttpResponseParser(self)
        self.transport.write(raw)
        return self.answered
