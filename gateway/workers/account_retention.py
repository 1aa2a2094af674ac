"""Forgets what accounts leave behind: ended sessions, attempts, invitations, deleted projects. In every process: it is idempotent."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta

import anyio
import structlog

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import GatewayError

from ..resources import Resources

log = structlog.get_logger(__name__)
EVERY_S = 3600.0
TIMEOUT_S = 60.0
KEPT = timedelta(days=1)
"""How long what has expired is kept, so that clocks may differ."""


class AccountRetention:
    """One loop per process."""

    def __init__(self, resources: Resources) -> None:
        self._repositories = resources.repositories

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Runs in the background for as long as the context is open."""
        async with anyio.create_task_group() as group:
            group.start_soon(self.run)
            yield
            group.cancel_scope.cancel()

    async def run(self) -> None:
        """Never ends by itself."""
        while True:
            await self.once()
            await asyncio.sleep(EVERY_S)

    async def once(self) -> None:
        """Forgets what there is to forget now."""
        now = datetime.now(UTC)
        call = Call(Deadline.after(TIMEOUT_S), Ledger())
        store = self._repositories
        try:
            await store.sessions.forget(now - KEPT, call=call)
            await store.invitations.forget(now - KEPT, call=call)
            await store.attempts.forget(now, call=call)
            purged = await store.projects.purge(call=call)
        except GatewayError as error:
            log.warning("account_retention_failed", code=error.code, reason=error.message)
        else:
            if purged:
                log.info("projects_purged", count=purged)
