"""A WebSocket that sends any frame, and tells the close code that came back."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

INIT = {"type": "connection_init"}
LIMIT_S = 5.0


class Raw:
    """One connection."""

    def __init__(self, connection: ClientConnection) -> None:
        self.connection = connection

    async def send(self, *frames: Any) -> None:
        """Text and bytes as they are, anything else as JSON; as many as the server takes."""
        with suppress(ConnectionClosed):
            for frame in frames:
                await self.connection.send(frame if isinstance(frame, str | bytes) else json.dumps(frame))

    async def next(self) -> dict[str, Any]:
        """The next message that is no ping."""
        async with asyncio.timeout(LIMIT_S):
            while True:
                found: dict[str, Any] = json.loads(await self.connection.recv())
                if found["type"] != "ping":
                    return found

    async def closed(self) -> tuple[int, str]:
        """(close code, reason), whatever comes before."""
        async with asyncio.timeout(LIMIT_S):
            try:
                while True:
                    await self.connection.recv()
            except ConnectionClosed as closed:
                return (closed.rcvd.code, closed.rcvd.reason) if closed.rcvd else (1006, "")

    async def init(self, **payload: Any) -> None:
        """Until the acknowledgement."""
        await self.send({**INIT, "payload": payload} if payload else INIT)
        assert (await self.next())["type"] == "connection_ack"

    async def subscribe(self, query: str, key: str = "1", **payload: Any) -> None:
        """One operation."""
        await self.send({"type": "subscribe", "id": key, "payload": {"query": query, **payload}})


@asynccontextmanager
async def socket(
    address: str, *, subprotocols: tuple[str, ...] = ("graphql-transport-ws",), headers: dict[str, str] | None = None
) -> AsyncIterator[Raw]:
    """A connection that is open."""
    wanted: Any = list(subprotocols) or None
    async with connect(
        f"ws://{address}", subprotocols=wanted, additional_headers=headers, max_size=None, close_timeout=1
    ) as connection:
        yield Raw(connection)
