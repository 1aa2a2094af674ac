"""What resolvers know of the sources. Implementations are named in each protocol's docstring."""

from __future__ import annotations

from typing import Protocol

from .calls import Call
from .records.metrics import Matrix, Vector
from .records.shared import Interval
from .records.sources import Source, SourceKind
from .scope import Scope, ScopedLogQL, ScopedPromQL, ScopedTraceQL


class TelemetrySource(Protocol):
    """What the three kinds have in common."""

    @property
    def name(self) -> str:
        """The configured name."""

    @property
    def kind(self) -> SourceKind:
        """What it speaks."""

    def status(self) -> Source:
        """How it does, from what the sender has seen; no request is made."""

    async def check(self, call: Call) -> str | None:
        """Asks for its version (None if it does not tell). Raises: SourceError."""

    async def close(self) -> None:
        """Closes the connections."""


class MetricsSource(TelemetrySource, Protocol):
    """Implemented by `prometheus.client.PrometheusSource`."""

    def narrow(self, promql: str, scope: Scope) -> ScopedPromQL:
        """Raises: Refused, with the offset in `promql`."""

    async def query_range(
        self, expression: ScopedPromQL, interval: Interval, *, limit: int | None = None, call: Call
    ) -> Matrix:
        """One matrix on the grid start + k * step, both ends included."""

    async def query(self, expression: ScopedPromQL, at_ns: int, *, limit: int | None = None, call: Call) -> Vector:
        """One vector at an instant."""


class LogsSource(TelemetrySource, Protocol):
    """Implemented by `loki.client.LokiSource`."""

    def narrow(self, logql: str, scope: Scope) -> ScopedLogQL:
        """Raises: Refused, with the offset in `logql`."""


class TracesSource(TelemetrySource, Protocol):
    """Implemented by `tempo.client.TempoSource`."""

    def narrow(self, traceql: str, scope: Scope) -> ScopedTraceQL:
        """Raises: Refused, with the offset in `traceql`."""
