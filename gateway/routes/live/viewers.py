"""Who is at the other end of the live connections, checked again for as long as they last: each credential once a round."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager

import structlog

from datasources.exceptions import Forbidden, GatewayError, Unauthenticated
from resolvers.access import Principal

log = structlog.get_logger(__name__)

Identify = Callable[[str | None], Awaitable[Principal]]
"""Raises: Unauthenticated for a credential that is not, or no longer, accepted; another GatewayError where nobody can tell."""
Lost = Callable[[GatewayError], None]

AT_ONCE = 8


class Viewer:
    """One connection's viewer. `principal` is what was found out last."""

    __slots__ = ("lost", "principal")

    def __init__(self, principal: Principal, lost: Lost) -> None:
        self.principal = principal
        self.lost = lost

    def become(self, principal: Principal) -> None:
        """A role that is another now ends what was begun with it; one more project ends nothing."""
        before, self.principal = self.principal.roles, principal
        if any(principal.roles.get(key) != role for key, role in before.items()):
            self.lost(Forbidden("your role in a project has changed: ask again"))


class Viewers:
    """Everybody who is connected."""

    def __init__(self, identify: Identify, *, every_s: float) -> None:
        self._identify = identify
        self._every_s = every_s
        self._by_credential: dict[str, set[Viewer]] = {}
        self._slots = asyncio.Semaphore(AT_ONCE)

    async def identify(self, authorization: str | None) -> Principal:
        """Who it is now. Raises: Unauthenticated, or another GatewayError where the store cannot tell."""
        return await self._identify(authorization)

    @contextmanager
    def watched(self, authorization: str | None, principal: Principal, lost: Lost) -> Iterator[Viewer]:
        """The viewer, checked for as long as the context is open; `lost` is called with the reason when a right is."""
        viewer = Viewer(principal, lost)
        if authorization is None:
            yield viewer  # nobody in particular stays nobody
            return
        together = self._by_credential.setdefault(authorization, set())
        together.add(viewer)
        try:
            yield viewer
        finally:
            together.discard(viewer)
            if not together and self._by_credential.get(authorization) is together:
                del self._by_credential[authorization]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Checks in the background for as long as the context is open."""
        async with asyncio.TaskGroup() as group:
            loop = group.create_task(self._run())
            try:
                yield
            finally:
                loop.cancel()

    async def check(self) -> None:
        """One round."""
        async with asyncio.TaskGroup() as group:
            for authorization in list(self._by_credential):
                group.create_task(self._check(authorization))

    async def _run(self) -> None:
        while True:
            await asyncio.sleep(self._every_s)
            await self.check()

    async def _check(self, authorization: str) -> None:
        async with self._slots:
            try:
                principal = await self._identify(authorization)
            except Unauthenticated as error:
                for viewer in list(self._by_credential.get(authorization, ())):
                    viewer.lost(error)
                return
            except GatewayError as error:
                log.warning("viewer_check_failed", code=error.code, reason=error.message)
                return
            except Exception:  # a loop logs and goes on
                log.exception("viewer_check_failed")
                return
        for viewer in list(self._by_credential.get(authorization, ())):
            viewer.become(principal)
