"""When keys were last used: noted at once, written for all of them together now and then."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import datetime, timedelta
from uuid import UUID

Write = Callable[[Mapping[UUID, datetime]], Awaitable[None]]

GRAIN = timedelta(minutes=1)
"""A key that is used all the time is written once in this time."""
MAX_REMEMBERED = 10_000


class LastUse:
    """Notes never wait for the store. A crash loses the notes of some seconds."""

    def __init__(self) -> None:
        self._pending: dict[UUID, datetime] = {}
        self._written: dict[UUID, datetime] = {}

    def note(self, key: UUID, at: datetime) -> None:
        """A key was used."""
        written = self._written.get(key)
        if written is None or at - written >= GRAIN:
            self._pending[key] = at

    async def flush(self, write: Write) -> int:
        """Writes what was noted; how many keys. What could not be written stays noted. Raises: what `write` raises."""
        taken, self._pending = self._pending, {}
        if not taken:
            return 0
        try:
            await write(taken)
        except BaseException:
            self._pending = taken | self._pending
            raise
        if len(self._written) + len(taken) > MAX_REMEMBERED:
            self._written.clear()
        self._written |= taken
        return len(taken)
