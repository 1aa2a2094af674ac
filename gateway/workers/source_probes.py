"""Tries at the start, and now and then, whether sources keep to the scope that they are asked under."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import anyio
import structlog

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import GatewayError
from resolvers.source_probes import probe_sources

from ..resources import Resources

log = structlog.get_logger(__name__)
EVERY_S = 300.0
AGAIN_S = 15.0
"""How soon a source that could not be asked is tried again."""
TIMEOUT_S = 5.0
START_TIMEOUT_S = 1.0


class SourceProbes:
    """One loop per process that serves. What it switches off, it switches on again where the source was mended."""

    def __init__(self, resources: Resources) -> None:
        self._resources = resources
        self._known: dict[str, tuple[str, ...]] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Probes once before it opens, for a second at most: a source that is slow is probed later."""
        async with anyio.create_task_group() as group:
            wait_s = await self.once(START_TIMEOUT_S)
            group.start_soon(self._loop, wait_s)
            yield
            group.cancel_scope.cancel()

    async def once(self, timeout_s: float = TIMEOUT_S) -> float:
        """Probes all sources; the seconds to wait for the next time."""
        call = Call(Deadline.after(timeout_s), Ledger())
        try:
            projects = await self._resources.repositories.projects.all(call=call)
        except GatewayError as error:
            log.warning("source_probe_failed", code=error.code, reason=error.message)
            return AGAIN_S
        reports = await probe_sources(self._resources.sources, projects, now_ns=time.time_ns(), call=call)
        for report in reports:
            self._tell(report.source.name, report.switched_off)
            if report.error is not None:
                log.warning(
                    "source_probe_failed",
                    source=report.source.name,
                    code=report.error.code,
                    reason=report.error.message,
                )
        return AGAIN_S if any(report.error for report in reports) else EVERY_S

    async def _loop(self, wait_s: float) -> None:
        while True:
            await asyncio.sleep(wait_s)
            wait_s = await self.once()

    def _tell(self, source: str, switched_off: tuple[str, ...]) -> None:
        before = self._known.get(source, ())
        self._known[source] = switched_off
        for endpoint in sorted({*switched_off} - {*before}):
            log.error("endpoint_switched_off", source=source, endpoint=endpoint, reason="it answers beyond the scope")
        for endpoint in sorted({*before} - {*switched_off}):
            log.info("endpoint_switched_on", source=source, endpoint=endpoint)
