"""Loki's answers, decoded straight into records; its errors, which are plain text, mapped to the gateway's."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Sequence
from typing import TypeVar

import msgspec

from ..exceptions import (
    BadInput,
    GatewayError,
    SourceError,
    SourceMalformed,
    SourceRefused,
    SourceTimeout,
    SourceTooLarge,
    SourceUnauthorised,
    SourceUnavailable,
)
from ..http import SourceResponse
from ..records.logs import (
    DetectedField,
    IndexStats,
    LogEntry,
    LogFieldKind,
    LogLines,
    LogPattern,
    LogStats,
    LogStream,
)
from ..records.metrics import Matrix, RawSeries, Vector, VectorSample
from ..records.projects import Project
from ..records.shared import NS_PER_MS, NS_PER_S, Interval, Label

S = TypeVar("S")
T = TypeVar("T")

_POSITION = re.compile(r" at line \d+, col \d+")
_MESSAGE_LENGTH = 500


class _Extra(msgspec.Struct, frozen=True, gc=False, rename="camel"):
    structured_metadata: dict[str, str] = {}
    parsed: dict[str, str] = {}


_NOTHING_EXTRA = _Extra()


class _Entry(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """[ns as text, line] and, in categorised answers of most versions, a third element."""

    timestamp_ns: int
    line: str
    extra: _Extra = _NOTHING_EXTRA


class _Stream(msgspec.Struct, frozen=True):
    stream: dict[str, str]
    values: list[_Entry]


class _Summary(msgspec.Struct, frozen=True, rename="camel"):
    total_bytes_processed: int = 0
    total_lines_processed: int = 0
    exec_time: float = 0.0


class _Stats(msgspec.Struct, frozen=True):
    summary: _Summary = _Summary()


class _Streams(msgspec.Struct, frozen=True, tag_field="resultType", tag="streams"):
    result: list[_Stream]
    stats: _Stats = _Stats()


class _MatrixSeries(msgspec.Struct, frozen=True):
    metric: dict[str, str]
    values: list[tuple[float, str]]


class _Matrix(msgspec.Struct, frozen=True, tag_field="resultType", tag="matrix"):
    result: list[_MatrixSeries]


class _VectorSample(msgspec.Struct, frozen=True):
    metric: dict[str, str]
    value: tuple[float, str]


class _Vector(msgspec.Struct, frozen=True, tag_field="resultType", tag="vector"):
    result: list[_VectorSample]


class _Scalar(msgspec.Struct, frozen=True, tag_field="resultType", tag="scalar"):
    result: tuple[float, str]


class _Result(msgspec.Struct, frozen=True):
    data: _Streams | _Matrix | _Vector | _Scalar


class _Names(msgspec.Struct, frozen=True):
    data: list[str] = []


class _LabelSets(msgspec.Struct, frozen=True):
    data: list[dict[str, str]] = []


class _Pattern(msgspec.Struct, frozen=True):
    pattern: str
    samples: list[tuple[int, int]] = []
    level: str = ""


class _Patterns(msgspec.Struct, frozen=True):
    data: list[_Pattern] = []


class _DetectedLabel(msgspec.Struct, frozen=True):
    label: str
    cardinality: int | None = None


class _DetectedLabels(msgspec.Struct, frozen=True, rename="camel"):
    detected_labels: list[_DetectedLabel] | None = None


class _DetectedField(msgspec.Struct, frozen=True):
    label: str
    cardinality: int | None = None
    parsers: list[str] | None = None


class _DetectedFields(msgspec.Struct, frozen=True):
    fields: list[_DetectedField] | None = None


class _Values(msgspec.Struct, frozen=True):
    values: list[str] | None = None


class _Buildinfo(msgspec.Struct, frozen=True):
    version: str = ""


# Loki writes instants and samples as text, which the lax mode reads as numbers.
_result = msgspec.json.Decoder(_Result, strict=False)
_names = msgspec.json.Decoder(_Names)
_label_sets = msgspec.json.Decoder(_LabelSets)
_index_stats = msgspec.json.Decoder(IndexStats)
_patterns = msgspec.json.Decoder(_Patterns)
_detected_labels = msgspec.json.Decoder(_DetectedLabels)
_detected_fields = msgspec.json.Decoder(_DetectedFields)
_values = msgspec.json.Decoder(_Values)
_buildinfo = msgspec.json.Decoder(_Buildinfo)


class LokiResponses:
    """Decodes the answers of the source with this name, which its errors carry."""

    def __init__(self, source: str) -> None:
        self.source = source

    def lines(self, response: SourceResponse, *, project: Project, forward: bool, limit: int) -> LogLines:
        """The lines of all streams as one list by time, ascending if `forward`.

        Shape: lines of one nanosecond stand in the order of their streams' labels, and within a stream in that of
        arrival; the whole reversed where not `forward`.
        """
        data = self._decoded(response, _result).data
        if not isinstance(data, _Streams):
            raise BadInput('this is a metric query where a log query is wanted, such as {service_name="checkout"}')
        entries = merge(data.result, project, forward=forward)
        summary = data.stats.summary
        stats = LogStats(summary.total_bytes_processed, summary.total_lines_processed, summary.exec_time * 1000)
        return LogLines(entries, stats, len(entries) >= limit)

    def matrix(self, response: SourceResponse, *, interval: Interval | None = None) -> Matrix:
        """Series as columns in ms, in the order of their labels; what lies outside `interval` is cut away."""
        data = self._decoded(response, _result).data
        if not isinstance(data, _Matrix):
            raise self._no_metric(data)
        series = self._reshaped(_columns, data.result, interval)
        return Matrix(sorted((found for found in series if found.timestamps), key=_by_labels))

    def vector(self, response: SourceResponse) -> Vector:
        """Samples in the order of their labels; a scalar comes as one without labels."""
        data = self._decoded(response, _result).data
        if isinstance(data, _Scalar):
            return Vector(self._reshaped(_scalar, [data], None))
        if not isinstance(data, _Vector):
            raise self._no_metric(data)
        samples = self._reshaped(_sample, data.result, None)
        return Vector(sorted(samples, key=lambda sample: [(label.name, label.value) for label in sample.labels]))

    def names(self, response: SourceResponse) -> list[str]:
        """Label names or values, sorted; Loki leaves `data` out where there are none."""
        return sorted(self._decoded(response, _names).data)

    def label_sets(self, response: SourceResponse) -> list[dict[str, str]]:
        """The streams' labels, sorted."""
        return sorted(self._decoded(response, _label_sets).data, key=lambda labels: sorted(labels.items()))

    def index_stats(self, response: SourceResponse) -> IndexStats:
        """Bare, without an envelope."""
        return self._decoded(response, _index_stats)

    def patterns(self, response: SourceResponse) -> list[LogPattern]:
        """Patterns, the most frequent first."""
        found = [_pattern(pattern) for pattern in self._decoded(response, _patterns).data]
        return sorted(found, key=lambda pattern: (-pattern.total, pattern.pattern))

    def detected_labels(self, response: SourceResponse) -> list[DetectedField]:
        """Stream labels by name; the answer is `{}` where there are none."""
        found = self._decoded(response, _detected_labels).detected_labels or []
        return _by_name(DetectedField(each.label, LogFieldKind.LABEL, each.cardinality) for each in found)

    def detected_fields(self, response: SourceResponse) -> list[DetectedField]:
        """Fields by name; without a parser they are structured metadata."""
        found = self._decoded(response, _detected_fields).fields or []
        return _by_name(
            DetectedField(each.label, LogFieldKind.PARSED if each.parsers else LogFieldKind.METADATA, each.cardinality)
            for each in found
        )

    def values(self, response: SourceResponse) -> list[str]:
        """A detected field's values, sorted; the answer is `{}` for an unknown field."""
        return sorted(self._decoded(response, _values).values or [])

    def version(self, response: SourceResponse) -> str | None:
        """None where the build does not tell."""
        return self._decoded(response, _buildinfo).version or None

    def _no_metric(self, data: _Streams | _Matrix | _Vector | _Scalar) -> GatewayError:
        if isinstance(data, _Streams):
            return BadInput("this is a log query where a metric query is wanted, such as count_over_time(...)")
        return self._malformed()

    def _reshaped(
        self, reshape: Callable[[S, Interval | None], T], found: list[S], interval: Interval | None
    ) -> list[T]:
        try:
            return [reshape(each, interval) for each in found]
        except (ValueError, OverflowError) as error:
            raise self._malformed() from error

    def _malformed(self) -> SourceMalformed:
        return SourceMalformed(f"{self.source}: the answer is not what Loki promises", source=self.source)

    def _decoded(self, response: SourceResponse, decoder: msgspec.json.Decoder[T]) -> T:
        if response.status != 200:
            raise self.error(response)
        try:
            return decoder.decode(response.body)
        except (msgspec.DecodeError, RecursionError, ValueError) as error:
            raise self._malformed() from error

    def error(self, response: SourceResponse) -> SourceError:
        """What a status other than 200 means. Only a refusal's own text is shown: it is about the expression."""
        status, source = response.status, self.source
        # What a server's settings do not allow is answered with 500, though it is about the expression.
        if status in {400, 422} or (status == 500 and response.body.startswith(b"approx_topk")):
            return SourceRefused(f"{source}: {_refusal(response)}", source=source)
        if status in {401, 403}:
            return SourceUnauthorised(f"{source}: rejects the gateway's credential or tenant", source=source)
        if status in {408, 504}:
            return SourceTimeout(f"{source}: gave up on the query (HTTP {status})", source=source)
        if status == 413:
            return SourceTooLarge(f"{source}: finds the question or its answer too large", source=source)
        if status == 429:
            return SourceUnavailable(f"{source}: has too much to do (HTTP 429)", source=source)
        if status >= 500:
            return SourceUnavailable(f"{source}: HTTP {status}", source=source)
        return SourceMalformed(f"{source}: does not know this endpoint (HTTP {status})", source=source)


def merge(streams: Sequence[_Stream], project: Project, *, forward: bool) -> list[LogEntry]:
    """One list by time. Streams come in no order, and only the lines inside each are sorted."""
    parts = [(LogStream.of(project, found.stream), found.values) for found in streams]
    parts.sort(key=lambda part: part[0].identity, reverse=not forward)
    entries: list[LogEntry] = []
    for stream, values in parts:
        entries += [
            LogEntry(value.timestamp_ns, value.line, stream, value.extra.structured_metadata, value.extra.parsed)
            for value in values
        ]
    # Stable, reversed or not: equal instants keep the order above.
    entries.sort(key=_timestamp, reverse=not forward)
    return entries


def _timestamp(entry: LogEntry) -> int:
    return entry.timestamp_ns


def _columns(found: _MatrixSeries, interval: Interval | None) -> RawSeries:
    """Loki floors the start and ceils the end to the step: points may lie outside of what was asked."""
    values = found.values
    if interval is not None:
        low, high = interval.start_ns / NS_PER_S, interval.end_ns / NS_PER_S
        values = [value for value in values if low <= value[0] <= high]
    return RawSeries(found.metric, [at_s * 1000 for at_s, _ in values], [_number(text) for _, text in values])


def _sample(found: _VectorSample, _: Interval | None) -> VectorSample:
    at_s, text = found.value
    return VectorSample(_labels(found.metric), round(at_s * 1000) * NS_PER_MS, _number(text))


def _scalar(found: _Scalar, _: Interval | None) -> VectorSample:
    at_ms, text = found.result  # in milliseconds, unlike every other instant
    return VectorSample([], round(at_ms) * NS_PER_MS, _number(text))


def _number(text: str) -> float | None:
    value = float(text)
    return value if math.isfinite(value) else None


def _labels(metric: dict[str, str]) -> list[Label]:
    return [Label(*pair) for pair in sorted(metric.items())]


def _by_labels(series: RawSeries) -> list[tuple[str, str]]:
    return sorted(series.labels.items())


def _by_name(found: Iterable[DetectedField]) -> list[DetectedField]:
    return sorted(found, key=lambda field: field.name)


def _pattern(found: _Pattern) -> LogPattern:
    counts = [count for _, count in found.samples]
    timestamps = [float(at_s * 1000) for at_s, _ in found.samples]
    return LogPattern(found.pattern, sum(counts), timestamps, counts, found.level or None)


def _refusal(response: SourceResponse) -> str:
    # A position would be one in the narrowed text, which the person never saw.
    text = _POSITION.sub("", response.text)[:_MESSAGE_LENGTH]
    return text or f"HTTP {response.status}"
