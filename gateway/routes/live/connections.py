"""The live connections of this process: how many there may be, and their orderly end."""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

log = structlog.get_logger(__name__)


class Connection(Protocol):
    """A socket or a stream."""

    async def end(self) -> None:
        """Tells the client that the process goes away: subscriptions are complete, answers under way are finished first."""


class LiveConnections:
    """All of them. `most` is the limit of the process."""

    def __init__(self, most: int) -> None:
        self._most = most
        self._open: set[Connection] = set()
        self.is_draining = False

    def __len__(self) -> int:
        return len(self._open)

    @property
    def is_full(self) -> bool:
        """Whether another one is too many."""
        return len(self._open) >= self._most

    def add(self, connection: Connection) -> None:
        """Counts it until it is removed."""
        self._open.add(connection)

    def remove(self, connection: Connection) -> None:
        """It has ended."""
        self._open.discard(connection)

    async def drain(self, within_s: float) -> None:
        """Ends all, and lets none in from now on. What takes longer than `within_s` is left to the server's own end."""
        self.is_draining = True
        try:
            async with asyncio.timeout(within_s), asyncio.TaskGroup() as group:
                for connection in list(self._open):
                    group.create_task(connection.end())
        except TimeoutError:
            log.warning("connections_left", count=len(self._open))
