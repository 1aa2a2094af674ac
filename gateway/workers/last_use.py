"""Writes when machines' tokens were last used, some seconds after they were."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import structlog

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import GatewayError

from ..resources import Resources

log = structlog.get_logger(__name__)
EVERY_S = 5.0
TIMEOUT_S = 5.0


class LastUseWriter:
    """One loop per process that serves."""

    def __init__(self, resources: Resources) -> None:
        self._noted = resources.last_use
        self._tokens = resources.repositories.api_tokens

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Writes in the background for as long as the context is open, and the rest at its end."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._loop)
            yield
            group.cancel_scope.cancel()
        await self.once()

    async def _loop(self) -> None:
        while True:
            await asyncio.sleep(EVERY_S)
            await self.once()

    async def once(self) -> None:
        """Writes what is noted."""
        call = Call(Deadline.after(TIMEOUT_S), Ledger())
        try:
            await self._noted.flush(lambda uses: self._tokens.used(uses, call=call))
        except GatewayError as error:
            log.warning("last_use_failed", code=error.code, reason=error.message)
