"""GET /api/metrics/query_range and /api/metrics/query: numbers made of spans."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from gateway.demo.simulators.tempo.aggregation import Aggregation, Exemplar, Series
from gateway.demo.simulators.tempo.exemplars import MAX_EXEMPLARS, attach_exemplars
from gateway.demo.simulators.tempo.grid import Grid, instant_grid, range_grid
from gateway.demo.simulators.tempo.history import CUTOFF_NS, SECOND, History, inspected
from gateway.demo.simulators.tempo.matching import RequestMatcher
from gateway.demo.simulators.tempo.parameters import (
    BadRequest,
    check_metrics_window,
    check_query_size,
    metrics_range,
    metrics_step,
)
from gateway.demo.simulators.tempo.queries import CompiledQuery, Queries
from gateway.demo.simulators.tempo.stages import apply_stages, combine
from gateway.demo.simulators.tempo.traceql.errors import InvalidQuery, ParseError
from gateway.demo.simulators.tempo.traceql.nodes import Metrics as MetricsNode
from gateway.demo.simulators.tempo.traceql.nodes import MetricsQuery, Pipeline
from gateway.demo.simulators.tempo.traceql.values import Value, format_duration
from gateway.demo.simulators.tempo.wire import Json, any_value, number

MAX_RANGE_NS = 24 * 3600 * SECOND
MAX_INTERVALS = 10_000
_INSIDE_CUTOFF = "query window falls entirely within query_end_cutoff"


class Metrics:
    """Answers metrics queries over what is older than the cutoff."""

    def __init__(self, history: History, queries: Queries, clock: Callable[[], int]) -> None:
        self._history = history
        self._queries = queries
        self._clock = clock

    def query_range(self, params: Mapping[str, str]) -> Json:
        """Raises: BadRequest."""
        check_query_size(params)
        now = self._clock()
        start, end = metrics_range(params, now)
        step = metrics_step(params, start, end)
        if start >= end:
            raise BadRequest("end must be greater than start")
        end = min(end, now - CUTOFF_NS)
        if start >= end:
            raise BadRequest(_INSIDE_CUTOFF)
        check_metrics_window(start, end, MAX_RANGE_NS)
        if step == 0 or (end - start) // step > MAX_INTERVALS:
            least = format_duration((end - start) // MAX_INTERVALS)
            raise BadRequest(f"step of {format_duration(step)} is too small, minimum step for given range is {least}")
        compiled = self._compile(params)
        grid = range_grid(start, end, step, now)
        exemplars = _exemplar_limit(compiled.hints.get("exemplars"), params.get("exemplars", ""))
        series, spans = self._run(compiled, grid, exemplars)
        return {"series": [_range_series(one, grid) for one in series], "metrics": _statistics(spans, grid, now)}

    def query(self, params: Mapping[str, str]) -> Json:
        """One number per series over the whole window. Raises: BadRequest."""
        check_query_size(params)
        now = self._clock()
        start, end = metrics_range(params, now)
        if end <= start:
            raise BadRequest("end must be greater than start")
        if end > now - CUTOFF_NS:
            end -= -(-(end - now + CUTOFF_NS) // SECOND) * SECOND
        if end <= start:
            raise BadRequest(_INSIDE_CUTOFF)
        check_metrics_window(start, end, MAX_RANGE_NS)
        grid = instant_grid(start, end)
        series, spans = self._run(self._compile(params), grid, 0)
        shown = [_instant_series(one) for one in series]
        return {**({"series": shown} if shown else {}), "metrics": _statistics(spans, grid, now)}

    def _compile(self, params: Mapping[str, str]) -> CompiledQuery:
        try:
            compiled = self._queries.compile(params.get("q") or params.get("query", ""))
        except ParseError as error:
            raise BadRequest(str(error)) from error
        except InvalidQuery as error:
            raise BadRequest(f"compiling query: {error}") from error
        if isinstance(compiled.query.expression, Pipeline):
            raise BadRequest("not a metrics query")
        return compiled

    def _run(self, compiled: CompiledQuery, grid: Grid, exemplars: int) -> tuple[list[Series], int]:
        expression = compiled.query.expression
        assert not isinstance(expression, Pipeline)
        return self._evaluate(expression, grid, exemplars)

    def _evaluate(self, node: MetricsNode, grid: Grid, exemplars: int) -> tuple[list[Series], int]:
        if isinstance(node, MetricsQuery):
            return self._aggregate(node, grid, exemplars)
        sides: list[list[Series] | float] = []
        spans = 0
        for side in (node.left, node.right):
            if isinstance(side, float):
                sides.append(side)
            else:
                series, counted = self._evaluate(side, grid, 0)
                sides.append(series)
                spans += counted
        return apply_stages(combine(node.operator, sides[0], sides[1]), node.stages), spans

    def _aggregate(self, node: MetricsQuery, grid: Grid, exemplars: int) -> tuple[list[Series], int]:
        matcher = RequestMatcher(node.pipeline, self._history.templates)
        aggregation = Aggregation(node.aggregate, matcher, self._history)
        requests = aggregation.requests(grid)
        series = apply_stages(aggregation.series(requests, grid), node.stages)
        if exemplars:
            attach_exemplars(series, aggregation, node.aggregate, requests, grid, exemplars)
        return series, aggregation.spans


def _exemplar_limit(hint: Value, parameter: str) -> int:
    """The hint goes before the parameter; nought asks for the default, `false` for none."""
    if hint is False:
        return 0
    if type(hint) is int:
        return min(max(hint, 0), MAX_EXEMPLARS)
    wanted = int(parameter) if parameter.isascii() and parameter.isdecimal() and len(parameter) < 10 else 0
    return min(wanted or MAX_EXEMPLARS, MAX_EXEMPLARS)


def _range_series(series: Series, grid: Grid) -> Json:
    shown: Json = {
        "labels": _labels(series.labels),
        "samples": [
            {"timestampMs": str(grid.timestamp_ms(position)), **_value(sample)}
            for position, sample in enumerate(series.samples)
            if sample is not None
        ],
    }
    if series.exemplars:
        shown["exemplars"] = [_exemplar(exemplar) for exemplar in series.exemplars]
    return shown


def _exemplar(exemplar: Exemplar) -> Json:
    labels = [*_labels(exemplar.labels), {"key": "trace:id", "value": {"stringValue": exemplar.trace_id}}]
    return {"labels": labels, **_value(exemplar.value), "timestampMs": str(exemplar.timestamp_ms)}


def _instant_series(series: Series) -> Json:
    return {"labels": _labels(series.labels), **_value(series.samples[0] or 0.0)}


def _labels(labels: tuple[tuple[str, Value], ...]) -> list[Json]:
    return [{"key": name, "value": any_value(value)} for name, value in labels]


def _value(value: float) -> Json:
    """Nought is left out."""
    return {"value": number(float(value))} if value else {}


def _statistics(spans: int, grid: Grid, now_ns: int) -> Json:
    """`spans` is how many were counted; nought is left out."""
    shown = inspected(grid.start_ns, now_ns, 300_000 + 20 * spans, jobs=2)
    return {**shown, "inspectedSpans": str(spans)} if spans else {**shown}
