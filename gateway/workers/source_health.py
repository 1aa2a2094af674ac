"""Asks every source for its version now and then, so that `sources` knows how they do before anybody needs them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import structlog

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import GatewayError
from datasources.protocols import TelemetrySource

from ..resources import Resources

log = structlog.get_logger(__name__)
EVERY_S = 15.0
TIMEOUT_S = 5.0


class SourceHealth:
    """One loop per process."""

    def __init__(self, resources: Resources) -> None:
        self._sources = resources.sources.all()

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Probes in the background for as long as the context is open."""
        async with anyio.create_task_group() as group:
            group.start_soon(self._loop)
            yield
            group.cancel_scope.cancel()

    async def _loop(self) -> None:
        while True:
            await asyncio.gather(*(self._probe(source) for source in self._sources))
            await asyncio.sleep(EVERY_S)

    async def _probe(self, source: TelemetrySource) -> None:
        try:
            await source.check(Call(Deadline.after(TIMEOUT_S), Ledger()))
        except GatewayError as error:
            log.warning("source_check_failed", source=source.name, code=error.code, reason=error.message)
