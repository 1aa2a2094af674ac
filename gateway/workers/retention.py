"""Makes tomorrow's partitions of error events and drops those past retention, in every process, since both are idempotent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import anyio
import structlog

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import GatewayError
from datasources.postgres.partitions import drop_partitions, make_partitions

from ..resources import Resources

log = structlog.get_logger(__name__)
EVERY_S = 3600.0
TIMEOUT_S = 60.0


class Retention:
    """One loop per process; the statements take a lock in the store."""

    def __init__(self, resources: Resources) -> None:
        self._database = resources.database
        self._kept = timedelta(days=resources.settings.error_retention_days)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Runs in the background for as long as the context is open; the partitions of today are there before it opens."""
        await self._once()
        async with anyio.create_task_group() as group:
            group.start_soon(self.run)
            yield
            group.cancel_scope.cancel()

    async def run(self) -> None:
        """Never ends by itself."""
        while True:
            await self._once()
            await asyncio.sleep(EVERY_S)

    async def _once(self) -> None:
        now = datetime.now(UTC)
        call = Call(Deadline.after(TIMEOUT_S), Ledger())
        try:
            made = await make_partitions(self._database, now, call=call)
            dropped = await drop_partitions(self._database, now - self._kept, call=call)
        except GatewayError as error:
            log.warning("retention_failed", code=error.code, reason=error.message)
        else:
            if made or dropped:
                log.info("partitions", made=[str(day) for day in made], dropped=[str(day) for day in dropped])
