"""Prometheus's answers to questions about samples, as columns. Pure, and the hot path of every chart."""

from __future__ import annotations

import math

import msgspec

from ..http import SourceResponse
from ..records.metrics import Matrix, RawExemplar, RawSeries, SeriesExemplars, Vector, VectorSample
from ..records.shared import NS_PER_MS, Interval, Label
from ..scope import Refused
from .decoding import decode, decode_part, malformed
from .failures import without_places

HISTOGRAMS = (
    "native histograms have no single value and are left out: ask for histogram_quantile, _count or _sum of them"
)


class _Series(msgspec.Struct):
    metric: dict[str, str]
    values: list[tuple[float, float]] = []


class _WordySeries(msgspec.Struct):
    metric: dict[str, str]
    values: list[tuple[float, str]] = []


class _Sample(msgspec.Struct):
    metric: dict[str, str]
    value: tuple[float, str] | None = None


class _MatrixData(msgspec.Struct):
    result: list[_Series]


class _WordyMatrixData(msgspec.Struct):
    result: list[_WordySeries]


class _AnyData(msgspec.Struct):
    result_type: str = msgspec.field(name="resultType")
    result: msgspec.Raw


class _Notes(msgspec.Struct):
    warnings: list[str] = []
    infos: list[str] = []


class _MatrixAnswer(_Notes, kw_only=True):
    data: _MatrixData


class _WordyMatrixAnswer(_Notes, kw_only=True):
    data: _WordyMatrixData


class _AnyAnswer(_Notes, kw_only=True):
    data: _AnyData


class _Exemplar(msgspec.Struct):
    labels: dict[str, str]
    value: str
    timestamp: float


class _SeriesExemplars(msgspec.Struct):
    series_labels: dict[str, str] = msgspec.field(name="seriesLabels")
    exemplars: list[_Exemplar]


class _ExemplarAnswer(msgspec.Struct):
    data: list[_SeriesExemplars]


# Not strict: the text of a number becomes a float in C. It takes NaN and -Inf, and not +Inf: those answers are read again.
_MATRIX = msgspec.json.Decoder(_MatrixAnswer, strict=False)
_WORDY_MATRIX = msgspec.json.Decoder(_WordyMatrixAnswer)
_ANY = msgspec.json.Decoder(_AnyAnswer)
_VECTOR = msgspec.json.Decoder(list[_Sample])
_SCALAR = msgspec.json.Decoder(tuple[float, str])
_EXEMPLARS = msgspec.json.Decoder(_ExemplarAnswer)


def decode_matrix(response: SourceResponse, source: str, interval: Interval, *, limit: int | None = None) -> Matrix:
    """Shape: series in the source's order, at most `limit`; timestamps in ms, ascending, gaps left out.

    Series without a gap share one list of timestamps.
    """
    answer = _decode_matrix(response, source)
    grid = _Grid(interval)
    found, warnings = answer.data.result, _notes(answer)
    filled = [item for item in found if item.values]
    if len(filled) < len(found):
        warnings.append(HISTOGRAMS)
    cut = filled if limit is None else filled[:limit]
    series = [_columns(item, grid) for item in cut]
    return Matrix(series, warnings, len(filled) > len(cut))


def decode_vector(response: SourceResponse, source: str, *, limit: int | None = None) -> Vector:
    """Shape: samples in the source's order (which `sort` and `topk` decide), a scalar as one without labels.

    Raises: Refused for a range of samples or a text, which an instant has no use for.
    """
    answer = decode(_ANY, response, source)
    warnings, kind = _notes(answer), answer.data.result_type
    if kind == "scalar":
        at, text = decode_part(_SCALAR, answer.data.result, source)
        return Vector([VectorSample([], _ns(at), _number(text, source))], warnings)
    if kind != "vector":
        raise Refused(f"this gives a {kind}, not a number or a vector at an instant")
    found = decode_part(_VECTOR, answer.data.result, source)
    samples = [_sample(item.metric, item.value, source) for item in found if item.value is not None]
    if len(samples) < len(found):
        warnings.append(HISTOGRAMS)
    cut = samples if limit is None else samples[:limit]
    return Vector(cut, warnings, len(samples) > len(cut))


def decode_exemplars(response: SourceResponse, source: str) -> list[SeriesExemplars]:
    """Shape: per series, in no order; an empty list also where the feature is off."""
    answer = decode(_EXEMPLARS, response, source)
    return [
        SeriesExemplars(
            series.series_labels,
            [RawExemplar(item.labels, _ms(item.timestamp), _number(item.value, source)) for item in series.exemplars],
        )
        for series in answer.data
    ]


class _Grid:
    """The instants that a range query without gaps answers with."""

    def __init__(self, interval: Interval) -> None:
        step_ms = (interval.step_ns or 0) / NS_PER_MS
        points = int(interval.range_ns // interval.step_ns) + 1 if interval.step_ns else 0
        start_ms = interval.start_ns // NS_PER_MS
        self.timestamps = [float(start_ms + k * step_ms) for k in range(points)]

    def matches(self, first_s: float, last_s: float, count: int) -> bool:
        """Whether these are all of its instants."""
        known = self.timestamps
        return count == len(known) and _ms(first_s) == known[0] and _ms(last_s) == known[-1]


def _columns(series: _Series, grid: _Grid) -> RawSeries:
    instants, numbers = zip(*series.values, strict=True)
    is_whole = grid.matches(instants[0], instants[-1], len(instants))
    timestamps = grid.timestamps if is_whole else [_ms(at) for at in instants]
    if math.isfinite(sum(numbers)):
        return RawSeries(series.metric, timestamps, list(numbers))
    finite = math.isfinite
    return RawSeries(series.metric, timestamps, [value if finite(value) else None for value in numbers])


def _decode_matrix(response: SourceResponse, source: str) -> _MatrixAnswer:
    if response.status == 200:
        try:
            return _MATRIX.decode(response.body)
        except msgspec.DecodeError:
            pass  # an infinity, or nonsense: the next reading tells
    wordy = decode(_WORDY_MATRIX, response, source)
    try:
        series = [_Series(item.metric, [(at, float(text)) for at, text in item.values]) for item in wordy.data.result]
    except ValueError as error:
        raise malformed(source) from error
    return _MatrixAnswer(data=_MatrixData(series), warnings=wordy.warnings, infos=wordy.infos)


def _sample(labels: dict[str, str], value: tuple[float, str], source: str) -> VectorSample:
    return VectorSample([Label(*pair) for pair in labels.items()], _ns(value[0]), _number(value[1], source))


def _notes(answer: _Notes) -> list[str]:
    return [without_places(text) for text in (*answer.warnings, *answer.infos)]


def _number(text: str, source: str) -> float | None:
    try:
        value = float(text)
    except ValueError as error:
        raise malformed(source) from error
    return value if math.isfinite(value) else None


def _ms(at_s: float) -> float:
    return float(round(at_s * 1000))


def _ns(at_s: float) -> int:
    return round(at_s * 1000) * NS_PER_MS
