"""The endpoints that evaluate an expression, and the one that looks for exemplars."""

from __future__ import annotations

import math
import time
from typing import Any

from starlette.responses import Response

from gateway.demo.simulators.prometheus.answers import (
    failure,
    matrix_result,
    remarks,
    success,
    truncated,
    vector_result,
    window_result,
)
from gateway.demo.simulators.prometheus.engine import Column, EvaluationTimeout, Evaluator, ExecutionFault, Notes
from gateway.demo.simulators.prometheus.engine.evaluator import LOOKBACK_MS
from gateway.demo.simulators.prometheus.parameters import BadData, Parameters, invalid
from gateway.demo.simulators.prometheus.promql.nodes import Aggregation, Call, Node, Paren, String, selectors_of
from gateway.demo.simulators.prometheus.promql.printer import printed
from gateway.demo.simulators.prometheus.promql.types import type_of
from gateway.demo.simulators.prometheus.storage.exemplars import exemplars
from gateway.demo.simulators.prometheus.storage.scenario import ScenarioStorage
from gateway.demo.simulators.prometheus.values import format_instant, format_value

_DEFAULT_TIMEOUT_S = 120.0


def query(storage: ScenarioStorage, parameters: Parameters, now_ms: int) -> Response:
    """Source: GET, POST /api/v1/query."""
    limit, instant = parameters.limit(), parameters.instant_or("time", now_ms)
    timeout_s = _timeout_s(parameters)
    node = parameters.expression()
    if timeout_s == 0:
        return failure(422, "execution", "context deadline exceeded")
    notes = Notes()
    evaluator = _evaluator(storage, parameters, [instant], notes, timeout_s)
    try:
        kind, result = _instant_result(evaluator, node, instant)
    except ExecutionFault as fault:
        return failure(422, "execution", str(fault))
    except EvaluationTimeout:
        return failure(503, "timeout", "query timed out in expression evaluation")
    said = remarks(notes, parameters.text("query"))
    if kind in ("vector", "matrix"):
        result, cut = truncated(result, limit)
        said["warnings"] += cut
    return success({"resultType": kind, "result": result, **_statistics(parameters, result)}, **said)


def query_range(storage: ScenarioStorage, parameters: Parameters) -> Response:
    """Source: GET, POST /api/v1/query_range."""
    limit, instants = parameters.limit(), list(parameters.grid())
    timeout_s = _timeout_s(parameters)
    node = parameters.expression()
    kind = type_of(node)
    if kind not in ("scalar", "instant vector"):
        raise invalid("query", f'invalid expression type "{kind}" for range query, must be Scalar or instant Vector')
    if timeout_s == 0:
        return failure(422, "execution", "context deadline exceeded")
    notes = Notes()
    evaluator = _evaluator(storage, parameters, instants, notes, timeout_s)
    try:
        columns = [Column({}, [*evaluator.scalar(node)])] if kind == "scalar" else evaluator.vector(node)
    except ExecutionFault as fault:
        return failure(422, "execution", str(fault))
    except EvaluationTimeout:
        return failure(503, "timeout", "query timed out in expression evaluation")
    said = remarks(notes, parameters.text("query"))
    result, cut = truncated(matrix_result(columns, instants), limit)
    said["warnings"] += cut
    return success({"resultType": "matrix", "result": result, **_statistics(parameters, result)}, **said)


def query_exemplars(storage: ScenarioStorage, parameters: Parameters, now_ms: int) -> Response:
    """Source: GET, POST /api/v1/query_exemplars."""
    start, end = parameters.instant_or("start", now_ms - 3_600_000), parameters.instant_or("end", now_ms)
    if end < start:
        raise invalid("end", "end timestamp must not be before start timestamp")
    try:
        node = parameters.expression()
    except BadData as fault:
        raise BadData(str(fault).removeprefix('invalid parameter "query": ')) from fault
    matchers = [selector.all_matchers for selector in selectors_of(node)]
    return success(exemplars(storage, matchers, start, end))


def format_query(parameters: Parameters) -> Response:
    """Source: GET, POST /api/v1/format_query. Long expressions are not broken into lines here."""
    return success(printed(parameters.expression()))


def _instant_result(evaluator: Evaluator, node: Node, instant: int) -> tuple[str, list[Any]]:
    kind, at = type_of(node), format_instant(instant)
    if kind == "scalar":
        return "scalar", [at, format_value(evaluator.scalar(node)[0])]
    if kind == "string":
        return "string", [at, evaluator.text(node)]
    if kind == "range vector":
        return "matrix", window_result(evaluator.ranges(node))
    return "vector", vector_result(evaluator.vector(node), instant, ordered=_is_ordered(node))


def _is_ordered(node: Node) -> bool:
    while isinstance(node, Paren):
        node = node.expression
    if isinstance(node, Call):
        return node.name in ("sort", "sort_desc")
    return isinstance(node, Aggregation) and node.op in ("topk", "bottomk") and not isinstance(node, String)


def _timeout_s(parameters: Parameters) -> float:
    if not parameters.text("timeout"):
        return _DEFAULT_TIMEOUT_S
    return min(parameters.duration("timeout") / 1000, _DEFAULT_TIMEOUT_S)


def _evaluator(
    storage: ScenarioStorage, parameters: Parameters, instants: list[int], notes: Notes, timeout_s: float
) -> Evaluator:
    lookback = parameters.duration("lookback_delta") if parameters.text("lookback_delta") else LOOKBACK_MS
    deadline = time.monotonic() + timeout_s if math.isfinite(timeout_s) else math.inf
    return Evaluator(storage, instants, notes=notes, lookback_ms=lookback, deadline=deadline)


def _statistics(parameters: Parameters, result: list[Any]) -> dict[str, Any]:
    if not parameters.text("stats"):
        return {}
    timings = (
        "evalTotalTime",
        "resultSortTime",
        "queryPreparationTime",
        "innerEvalTime",
        "execQueueTime",
        "execTotalTime",
    )
    samples = sum(len(series.get("values", [1])) for series in result if isinstance(series, dict))
    counts = {"totalQueryableSamples": samples, "samplesRead": samples, "peakSamples": samples}
    return {"stats": {"timings": dict.fromkeys(timings, 0.0001), "samples": counts}}
