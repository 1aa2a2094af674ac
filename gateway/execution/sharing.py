"""Subscribers who ask the same and are told of the same event share one execution and one encoding of its answer."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Hashable
from typing import Any

import msgspec
import orjson

from resolvers.access import Principal

from .operation import Operation
from .request import Json

KEPT_S = 1.0
"""An event is handed to all its subscribers at once; who comes later than this executes it anew."""


class SharedBody(dict[str, Any]):
    """A body that several subscribers get. Nobody changes it."""

    __slots__ = ("_encoded",)

    _encoded: bytes

    @property
    def encoded(self) -> bytes:
        """Its JSON, made once."""
        try:
            return self._encoded
        except AttributeError:
            self._encoded = orjson.dumps(self, option=orjson.OPT_NON_STR_KEYS)
            return self._encoded


def encoded(body: Json) -> bytes:
    """Any body's JSON."""
    return body.encoded if isinstance(body, SharedBody) else orjson.dumps(body, option=orjson.OPT_NON_STR_KEYS)


class Shared:
    """The answers of the last moment. An event is known by its identity: a source gives no object twice."""

    def __init__(self) -> None:
        self._kept: OrderedDict[Hashable, tuple[float, Any, asyncio.Future[SharedBody]]] = OrderedDict()

    async def body(self, key: Hashable, event: Any, execute: Callable[[], Awaitable[Json]]) -> Json:
        """What `execute` gives, or gave to another subscriber with this key. The event is kept, so that its id is its own."""
        loop = asyncio.get_running_loop()
        now = loop.time()
        self._forget(now - KEPT_S)
        found = self._kept.get(key)
        if found is None:
            future: asyncio.Future[SharedBody] = loop.create_future()
            self._kept[key] = (now, event, future)
            return await self._execute(key, future, execute)
        if found[2].done():
            return found[2].result()
        try:
            return await asyncio.shield(found[2])
        except asyncio.CancelledError:
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise
            return await execute()  # whoever executed it for all has left

    async def _execute(
        self, key: Hashable, future: asyncio.Future[SharedBody], execute: Callable[[], Awaitable[Json]]
    ) -> SharedBody:
        try:
            body = SharedBody(await execute())
        except BaseException:
            self._kept.pop(key, None)
            future.cancel()
            raise
        future.set_result(body)
        return body

    def _forget(self, before: float) -> None:
        while self._kept:
            key, (at, _, future) = next(iter(self._kept.items()))
            if at > before or not future.done():
                return
            del self._kept[key]


def is_shareable(event: object) -> bool:
    """Records are; a number or a text may be the same object at another time."""
    return isinstance(event, msgspec.Struct)


def asked(operation: Operation) -> Hashable:
    """What two subscriptions have in common that ask the same: the operation and its variables."""
    return id(operation.node), orjson.dumps(operation.request.variables, option=orjson.OPT_SORT_KEYS)


def seen_by(principal: Principal) -> Hashable:
    """What two viewers have in common who are shown the same: they are the same, with the same roles."""
    return principal.user_key, principal.token_key, frozenset(principal.roles.items())


SHARED = Shared()
"""Of this process."""
