"""Loki as the use cases see it: limits checked, one request, the answer decoded."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import TypeVar

from msgspec import Struct

from ..calls import Call
from ..exceptions import BadInput
from ..http import HttpSender, SourceRequest, SourceResponse
from ..records.logs import DetectedField, IndexStats, LogFilter, LogLines, LogPattern
from ..records.metrics import Matrix, Vector
from ..records.projects import Project
from ..records.shared import NS_PER_S, Interval
from ..records.sources import Source, SourceKind
from ..scope import Scope, ScopedLogQL, Signal
from ..scoping.gate import EndpointGate, nobodys
from . import expressions, requests
from . import scope as scoper
from .responses import LokiResponses

T = TypeVar("T")

MAX_FIELDS = 1_000
SAMPLE_LINES = 1_000
LABELS, SERIES, DETECTED_LABELS = "labels", "series", "detected labels"
MIN_PATTERN_STEP_NS = 10 * NS_PER_S


class LokiLimits(Struct, frozen=True):
    """What a Loki allows by default: the gateway says so before Loki does."""

    max_lines: int = 5_000
    max_points: int = 11_000
    max_range_ns: int = (30 * 24 + 1) * 3600 * NS_PER_S


class LokiSource:
    """Meets `LogsSource`. Closing it closes the sender."""

    kind = SourceKind.LOKI

    def __init__(self, sender: HttpSender, *, limits: LokiLimits | None = None) -> None:
        self._sender = sender
        self._responses = LokiResponses(sender.name)
        self._version: str | None = None
        self._gate = EndpointGate(sender.name)
        self.limits = limits or LokiLimits()

    @property
    def name(self) -> str:
        """The configured name."""
        return self._sender.name

    @property
    def max_lines(self) -> int:
        """The most lines that one answer holds."""
        return self.limits.max_lines

    def status(self) -> Source:
        """How it does, from what was seen of it."""
        return self._gate.told(self._sender.status(version=self._version))

    @property
    def switched_off(self) -> tuple[str, ...]:
        """The endpoints that answered beyond a scope."""
        return self._gate.closed

    async def probe(self, shape: Scope, interval: Interval, *, call: Call) -> None:
        """Asks under a scope that nothing lies within. Raises: SourceError."""
        nobody = nobodys(shape)
        selector, label = scoper.narrow_selector("", nobody), nobody.rules_for(Signal.LOGS)[0].label
        asked: tuple[tuple[str, SourceRequest, Callable[[SourceResponse], Sequence[object]]], ...] = (
            (LABELS, requests.label_values(label, selector, interval), self._responses.names),
            (SERIES, requests.series(selector, interval), self._responses.label_sets),
            (DETECTED_LABELS, requests.detected_labels(selector, interval), self._responses.detected_labels),
        )
        for endpoint, request, decode in asked:
            self._gate.judge(endpoint, nobody, await self._sender.ask(request, decode, call=call))

    async def check(self, call: Call) -> str | None:
        """Its version. Raises: SourceError."""
        self._version = await self._sender.ask(requests.buildinfo(), self._responses.version, call=call)
        return self._version

    async def close(self) -> None:
        """Closes the connections."""
        await self._sender.close()

    def narrow(self, logql: str, scope: Scope) -> ScopedLogQL:
        """Raises: Refused, with the offset in `logql`."""
        return scoper.narrow(logql, scope)

    def narrow_selector(self, logql: str, scope: Scope) -> ScopedLogQL:
        """The query's first selector alone. Raises: Refused, with the offset in `logql`."""
        return scoper.narrow_selector(logql, scope)

    def narrow_counts(self, logql: str, scope: Scope, *, step_ns: int, by: Sequence[str] = ()) -> ScopedLogQL:
        """Lines of a log query per step and level, and per `by`. Raises: Refused."""
        return scoper.narrow(expressions.counts(logql, step_ns=step_ns, by=by), scope)

    def narrow_streams(self, label_sets: Collection[Mapping[str, str]], scope: Scope) -> ScopedLogQL:
        """A selector that takes in the streams with these labels. Raises: Refused."""
        return scoper.narrow(expressions.streams(label_sets), scope)

    def keeps_labels(self, logql: str) -> bool:
        """Whether the query only picks lines, so that its counts can be told apart by the streams' labels."""
        return expressions.keeps_labels(logql)

    def filtered(self, logql: str | None, found: LogFilter) -> str:
        """The log query with the filter's conditions. Raises: Refused."""
        return expressions.filtered(logql, found)

    async def logs(
        self, expression: ScopedLogQL, interval: Interval, *, project: Project, limit: int, forward: bool, call: Call
    ) -> LogLines:
        """At most `limit` lines of `[start, end)`, the oldest if `forward`, else the newest.

        Raises: BadInput for more lines or a longer range than Loki allows; SourceError.
        """
        self._check_range(interval)
        if not 1 <= limit <= self.limits.max_lines:
            raise BadInput(f"at most {self.limits.max_lines} lines can be asked for at once", argument="first")
        request = requests.logs(expression, interval, limit=limit, forward=forward)

        def decode(response: SourceResponse) -> LogLines:
            return self._responses.lines(response, project=project, forward=forward, limit=limit)

        return await self._sender.ask(request, decode, call=call)

    async def query_range(self, expression: ScopedLogQL, interval: Interval, *, call: Call) -> Matrix:
        """One matrix; points that Loki aligns to outside of the interval are cut away.

        Raises: BadInput for more points or a longer range than Loki allows; SourceError.
        """
        self._check_range(interval)
        if interval.step_ns and interval.range_ns // interval.step_ns > self.limits.max_points:
            raise BadInput(f"more than {self.limits.max_points} points: ask for a longer step", argument="step")

        def decode(response: SourceResponse) -> Matrix:
            return self._responses.matrix(response, interval=interval)

        return await self._sender.ask(requests.query_range(expression, interval), decode, call=call)

    async def query(self, expression: ScopedLogQL, at_ns: int, *, call: Call) -> Vector:
        """One vector at an instant. Raises: SourceError."""
        return await self._sender.ask(requests.query(expression, at_ns), self._responses.vector, call=call)

    async def labels(self, selector: ScopedLogQL, interval: Interval, *, call: Call) -> list[str]:
        """The names of the streams' labels, sorted."""
        self._gate.require(LABELS)
        return await self._about(requests.labels, selector, interval, self._responses.names, call)

    async def label_values(self, name: str, selector: ScopedLogQL, interval: Interval, *, call: Call) -> list[str]:
        """One label's values, sorted."""
        self._gate.require(LABELS)
        self._check_range(interval)
        request = requests.label_values(name, selector, interval)
        return await self._sender.ask(request, self._responses.names, call=call)

    async def series(self, selector: ScopedLogQL, interval: Interval, *, call: Call) -> list[dict[str, str]]:
        """The streams' labels."""
        self._gate.require(SERIES)
        return await self._about(requests.series, selector, interval, self._responses.label_sets, call)

    async def index_stats(self, selector: ScopedLogQL, interval: Interval, *, call: Call) -> IndexStats:
        """What the index says, to a chunk's accuracy."""
        return await self._about(requests.index_stats, selector, interval, self._responses.index_stats, call)

    async def index_volume(
        self, selector: ScopedLogQL, interval: Interval, *, by: tuple[str, ...] = (), limit: int = 100, call: Call
    ) -> Vector:
        """Bytes per group of labels over the whole interval."""
        self._check_range(interval)
        whole = Interval(interval.start_ns, interval.end_ns)
        request = requests.index_volume(selector, whole, by=by, limit=limit)
        return await self._sender.ask(request, self._responses.vector, call=call)

    async def index_volume_range(
        self, selector: ScopedLogQL, interval: Interval, *, by: tuple[str, ...] = (), limit: int = 100, call: Call
    ) -> Matrix:
        """Bytes per group of labels and step; each instant is the last millisecond of its step."""
        self._check_range(interval)
        request = requests.index_volume(selector, interval, by=by, limit=limit)
        return await self._sender.ask(request, self._responses.matrix, call=call)

    async def patterns(self, selector: ScopedLogQL, interval: Interval, *, call: Call) -> list[LogPattern]:
        """The recurring shapes of a selector's lines, the most frequent first; only recent lines are known.

        Raises: SourceError.
        """
        if interval.step_ns is not None:
            step_ns = max(interval.step_ns, MIN_PATTERN_STEP_NS)
            interval = Interval(interval.start_ns, interval.end_ns, step_ns)
        return await self._about(requests.patterns, selector, interval, self._responses.patterns, call)

    async def detected_labels(self, selector: ScopedLogQL, interval: Interval, *, call: Call) -> list[DetectedField]:
        """The streams' labels with their cardinality."""
        self._gate.require(DETECTED_LABELS)
        return await self._about(requests.detected_labels, selector, interval, self._responses.detected_labels, call)

    async def detected_fields(self, expression: ScopedLogQL, interval: Interval, *, call: Call) -> list[DetectedField]:
        """Structured metadata and parsed fields of a sample of lines."""
        self._check_range(interval)
        request = requests.detected_fields(expression, interval, limit=MAX_FIELDS, line_limit=SAMPLE_LINES)
        return await self._sender.ask(request, self._responses.detected_fields, call=call)

    async def detected_field_values(
        self, name: str, expression: ScopedLogQL, interval: Interval, *, limit: int, call: Call
    ) -> list[str]:
        """One detected field's values in a sample of lines, sorted."""
        self._check_range(interval)
        request = requests.detected_field_values(name, expression, interval, limit=limit, line_limit=SAMPLE_LINES)
        return await self._sender.ask(request, self._responses.values, call=call)

    async def _about(
        self,
        build: Callable[[ScopedLogQL, Interval], SourceRequest],
        selector: ScopedLogQL,
        interval: Interval,
        decode: Callable[[SourceResponse], T],
        call: Call,
    ) -> T:
        self._check_range(interval)
        return await self._sender.ask(build(selector, interval), decode, call=call)

    def _check_range(self, interval: Interval) -> None:
        if interval.range_ns > self.limits.max_range_ns:
            days = self.limits.max_range_ns // (24 * 3600 * NS_PER_S)
            raise BadInput(f"logs can be asked for at most {days} days at once", argument="range")
