"""The upstream sources, and what they did for an answer."""

from __future__ import annotations

import enum
from datetime import datetime

from msgspec import Struct


class SourceKind(enum.StrEnum):
    """What a source speaks."""

    POSTGRES = "POSTGRES"
    PROMETHEUS = "PROMETHEUS"
    LOKI = "LOKI"
    TEMPO = "TEMPO"
    OIDC = "OIDC"


class SourceState(enum.StrEnum):
    """UP answers, DEGRADED answers slowly or not always, DOWN does not answer."""

    UP = "UP"
    DEGRADED = "DEGRADED"
    DOWN = "DOWN"


class CircuitState(enum.StrEnum):
    """CLOSED lets requests through, OPEN answers at once, HALF_OPEN is trying one."""

    CLOSED = "CLOSED"
    OPEN = "OPEN"
    HALF_OPEN = "HALF_OPEN"


class Source(Struct, frozen=True, kw_only=True):
    """One upstream as the gateway sees it now."""

    name: str
    kind: SourceKind
    state: SourceState
    version: str | None = None
    latency_p50_ms: float | None = None
    latency_p99_ms: float | None = None
    circuit: CircuitState = CircuitState.CLOSED
    last_error: str | None = None
    checked_at: datetime | None = None


class SourceReport(Struct, frozen=True, kw_only=True):
    """What one source did for one answer: `took_ms` is the slowest call, `requests` those that went over the wire."""

    source: str
    kind: SourceKind
    ok: bool
    took_ms: float
    requests: int
    cached: bool
    error: str | None = None
