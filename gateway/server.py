"""Runs an ASGI application on a socket until a signal says stop, then lets answers in flight finish."""

from __future__ import annotations

import asyncio
import signal
import socket
import sys
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from types import FrameType

import uvicorn
from starlette.types import ASGIApp


class PortError(Exception):
    """The address cannot be listened on; the message says why in one line."""


Drain = Callable[[float], Awaitable[None]]
"""Ends what would never end by itself, within so many seconds."""
DRAIN_SHARE = 0.6
"""Of the time for the end: the rest is for answers under way, and for closing what encloses the server."""


class GatewayServer(uvicorn.Server):
    """uvicorn's server, whose signals are handled by the loop, so that whatever encloses it is closed in order.

    At SIGTERM `stopping` is called at once; the socket stays open for `delay_s` more, in which balancers turn elsewhere.
    All of the end, this delay too, takes `timeout_s` at most.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        *,
        timeout_s: float,
        delay_s: float = 0.0,
        drain: Drain | None = None,
        stopping: Callable[[], None] | None = None,
    ) -> None:
        super().__init__(config)
        self._timeout_s = timeout_s
        self._delay_s = delay_s
        self._drain = drain
        self._stopping = stopping
        self._stopped_at_s: float | None = None

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        """The first signal asks for an orderly end, the second one does not wait for answers in flight."""
        if self._stopped_at_s is not None:
            self.should_exit = self.force_exit = True
            return
        self._stopped_at_s = time.monotonic()
        if self._stopping is not None:
            self._stopping()
        if sig == signal.SIGTERM and self._delay_s:
            asyncio.get_running_loop().call_later(self._delay_s, self._leave)
        else:
            self._leave()

    def _leave(self) -> None:
        self.should_exit = True

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Lets nobody in, ends live connections in words of their protocols, then whatever uvicorn still has."""
        started_s = time.monotonic() if self._stopped_at_s is None else self._stopped_at_s
        for server in self.servers:
            server.close()
        if self._drain is not None:
            within_s = (self._timeout_s - (time.monotonic() - started_s)) * DRAIN_SHARE
            ending = asyncio.ensure_future(self._drain(max(within_s, 0.1)))
            while not ending.done() and not self.force_exit:
                await asyncio.wait({ending}, timeout=0.1)
            ending.cancel()
        left_s = self._timeout_s - (time.monotonic() - started_s)
        self.config.timeout_graceful_shutdown = max(1, int(left_s))
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """SIGINT and SIGTERM."""
        loop = asyncio.get_running_loop()
        signals = () if sys.platform == "win32" else (signal.SIGINT, signal.SIGTERM)
        for number in signals:
            loop.add_signal_handler(number, self.handle_exit, number, None)
        try:
            yield
        finally:
            for number in signals:
                loop.remove_signal_handler(number)


def listen(host: str, port: int) -> socket.socket:
    """A socket that is bound already, so that a port in use is known before anything else is started.

    Raises: PortError.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    found = socket.socket(family, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((host, port))
    except OSError as error:
        found.close()
        raise PortError(f"cannot listen on {host}:{port}: {error.strerror or error}; choose another port") from None
    return found


async def serve(
    app: ASGIApp,
    listener: socket.socket,
    *,
    shutdown_timeout_s: float,
    websocket: bool = True,
    message_max_bytes: int = 1_048_576,
    trusted_proxies: str = "127.0.0.1",
    drain: Drain | None = None,
    shutdown_delay_s: float = 0.0,
    stopping: Callable[[], None] | None = None,
) -> None:
    """Serves until SIGINT or SIGTERM. Of what proxies forward, only that of the trusted ones is believed."""
    config = uvicorn.Config(
        app,
        lifespan="on",
        log_config=None,
        access_log=False,
        server_header=False,
        proxy_headers=bool(trusted_proxies.strip()),
        forwarded_allow_ips=trusted_proxies,
        ws="websockets-sansio" if websocket else "none",
        ws_max_size=message_max_bytes,
        ws_per_message_deflate=False,  # it keeps its windows, hundreds of kilobytes of them, for every subscriber
        backlog=2048,
    )
    server = GatewayServer(
        config, timeout_s=shutdown_timeout_s, delay_s=shutdown_delay_s, drain=drain, stopping=stopping
    )
    await server.serve(sockets=[listener])


def address_of(listener: socket.socket) -> str:
    """The address that a client on this machine can use."""
    host, port = listener.getsockname()[:2]
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
    return f"http://{host}:{port}"
