"""What every live connection is made of."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from starlette.requests import HTTPConnection

from gateway.live_limits import LiveLimits
from resolvers.access import Principal
from resolvers.context import RequestContext

from ...execution.pipeline import Pipeline
from ...execution.request import Json
from .connections import LiveConnections
from .viewers import Viewers

MakeContext = Callable[[HTTPConnection, Callable[[], Principal]], RequestContext]


@dataclass(frozen=True, slots=True)
class Live:
    """Shared by all connections of the process."""

    pipeline: Pipeline
    make_context: MakeContext
    viewers: Viewers
    connections: LiveConnections
    limits: LiveLimits
    allowed_origins: tuple[str, ...] = ()


def told(code: str, message: str) -> list[Json]:
    """One error as it goes over the wire."""
    return [{"message": message, "extensions": {"code": code}}]
