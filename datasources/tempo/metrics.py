"""Numbers from traces: Tempo's series to columns. A sample without a value is 0, and an absent one is a gap. Pure."""

from __future__ import annotations

import math
from collections.abc import Iterable

import msgspec
from msgspec import Struct

from ..http import SourceResponse
from ..records.metrics import Matrix, RawSeries, Vector, VectorSample
from ..records.shared import NS_PER_MS, Interval, Label
from ..scope import Scope, Signal
from .attributes import resource_attribute
from .failures import INSIDE_CUTOFF
from .otlp import KeyValue, label_value
from .responses import read_json

TOO_NEW = "the source has not read the last seconds of this range yet"


class _Sample(Struct):
    at_ms: float = msgspec.field(name="timestampMs", default=0)
    value: float = 0.0


class _Series(Struct):
    labels: list[KeyValue] = []
    samples: list[_Sample] = []
    value: float = 0.0


class _Answer(Struct):
    series: list[_Series] = []
    status: str = ""
    message: str = ""


def attribute(label: str) -> str:
    """A scope's label as TraceQL names the attribute."""
    return f"resource.{resource_attribute(label)}"


def decode_matrix(response: SourceResponse, source: str, interval: Interval, scope: Scope) -> Matrix:
    """Series on the multiples of the step within (start, end].

    Tempo's first point covers the step that ends at the start, so it is no part of the interval; its last may lie
    after the end. A range within the last seconds, which Tempo refuses to read, is empty.
    """
    if _is_inside_cutoff(response):
        return Matrix([], [TOO_NEW])
    answer = read_json(response, _Answer, source)
    start_ms, end_ms = interval.start_ns / NS_PER_MS, interval.end_ns / NS_PER_MS
    names = _scope_names(scope)
    return Matrix([_clipped(series, start_ms, end_ms, names) for series in answer.series], _warnings(answer))


def decode_vector(response: SourceResponse, source: str, at_ns: int, scope: Scope) -> Vector:
    """One sample per series; no key at all means none."""
    if _is_inside_cutoff(response):
        return Vector([], [TOO_NEW])
    answer = read_json(response, _Answer, source)
    names = _scope_names(scope)
    samples = [
        VectorSample([Label(*pair) for pair in sorted(_labels(series, names).items())], at_ns, _finite(series.value))
        for series in answer.series
    ]
    return Vector(samples, _warnings(answer))


def join(matrices: Iterable[Matrix]) -> Matrix:
    """Parts of a range, in order, as one."""
    series: dict[tuple[tuple[str, str], ...], RawSeries] = {}
    warnings: dict[str, None] = {}
    for matrix in matrices:
        warnings.update(dict.fromkeys(matrix.warnings))
        for part in matrix.series:
            whole = series.setdefault(tuple(sorted(part.labels.items())), RawSeries(part.labels, [], []))
            whole.timestamps.extend(part.timestamps)
            whole.values.extend(part.values)
    return Matrix(list(series.values()), list(warnings))


def _clipped(series: _Series, start_ms: float, end_ms: float, names: dict[str, str]) -> RawSeries:
    samples = [sample for sample in series.samples if start_ms < sample.at_ms <= end_ms]
    return RawSeries(
        _labels(series, names), [each.at_ms for each in samples], [_finite(each.value) for each in samples]
    )


def _labels(series: _Series, names: dict[str, str]) -> dict[str, str]:
    return {names.get(pair.key, pair.key): label_value(pair.value) for pair in series.labels}


def _scope_names(scope: Scope) -> dict[str, str]:
    """From a scope's attributes to what the scope calls them."""
    return {attribute(rule.label): rule.label for rule in scope.rules_for(Signal.TRACES)}


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _warnings(answer: _Answer) -> list[str]:
    return [answer.message or "the source gave a part of the answer only"] if answer.status == "PARTIAL" else []


def _is_inside_cutoff(response: SourceResponse) -> bool:
    return response.status == 400 and INSIDE_CUTOFF.encode() in response.body
