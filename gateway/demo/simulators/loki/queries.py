"""The endpoints query_range, query and format_query."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import Any

from starlette.responses import Response

from gateway.demo.simulators.loki.answers import bare, instant_vector, matrix, query_data, success
from gateway.demo.simulators.loki.go_values import format_float
from gateway.demo.simulators.loki.log_queries import LogWindow, select_lines, streams_result
from gateway.demo.simulators.loki.metric_queries import evaluate
from gateway.demo.simulators.loki.parameters import RangeParameters, check_lines, parse_limit, parse_range, parse_time
from gateway.demo.simulators.loki.parser import parse_query
from gateway.demo.simulators.loki.printer import print_query
from gateway.demo.simulators.loki.refusals import LokiRefusal, ParseRefusal
from gateway.demo.simulators.loki.samples import Samples
from gateway.demo.simulators.loki.statistics import statistics
from gateway.demo.simulators.loki.syntax import LogSelector, MetricExpr, VectorAggregation
from gateway.demo.simulators.loki.vectors import Vector

_MS_NS = 10**6


def query_range(samples: Samples, parameters: Mapping[str, str], *, categorize: bool) -> Response:
    """GET or POST /loki/api/v1/query_range. Raises: LokiRefusal."""
    started = time.monotonic()
    now_ns = samples.store.now_ns()
    asked = parse_range(parameters, now_ns)
    expression = parse_query(asked.query)
    if isinstance(expression, LogSelector):
        data = _lines(samples, expression, asked, categorize=categorize, started=started)
    else:
        data = _points(samples, expression, asked, started=started)
    return success(data)


def _lines(
    samples: Samples, selector: LogSelector, asked: RangeParameters, *, categorize: bool, started: float
) -> dict[str, Any]:
    check_lines(asked.limit)
    window = LogWindow(asked.start_ns, asked.end_ns, asked.limit, asked.backward, asked.interval_ns)
    lines = select_lines(samples.store, selector, window)
    result = streams_result(lines, categorize=categorize)
    stats = statistics(len(lines), time.monotonic() - started)
    return query_data("streams", result, stats, categorize=categorize)


def _points(samples: Samples, expression: MetricExpr, asked: RangeParameters, *, started: float) -> dict[str, Any]:
    """The grid stands on multiples of the step; its first and last instants may lie outside of what was asked."""
    step = asked.step_ns
    first, last = asked.start_ns // step * step, -(-asked.end_ns // step) * step
    grid = range(first, last + 1, step)
    value = evaluate(samples, expression, grid)
    vector: Vector = {(): [value] * len(grid)} if isinstance(value, float) else value
    result = matrix(vector, grid)
    return query_data("matrix", result, statistics(len(result), time.monotonic() - started))


def query(samples: Samples, parameters: Mapping[str, str]) -> Response:
    """GET or POST /loki/api/v1/query. Raises: LokiRefusal."""
    started = time.monotonic()
    at = parse_time(parameters["time"], "time") if parameters.get("time") else samples.store.now_ns()
    parse_limit(parameters)
    expression = parse_query(parameters.get("query", ""))
    if isinstance(expression, LogSelector):
        raise LokiRefusal(
            "log queries are not supported as an instant query type, please change your query to a range query type"
        )
    value = evaluate(samples, expression, range(at, at + 1))
    stats = statistics(1, time.monotonic() - started)
    if isinstance(value, float):
        return success(query_data("scalar", [at // _MS_NS, format_float(value)], stats))
    is_sort = isinstance(expression, VectorAggregation) and expression.op in {"sort", "sort_desc"}
    order = expression.op if is_sort and isinstance(expression, VectorAggregation) else ""
    return success(query_data("vector", instant_vector(value, at, order), stats))


def format_query(parameters: Mapping[str, str]) -> Response:
    """GET or POST /loki/api/v1/format_query: the only endpoint that refuses in JSON."""
    content_type = "application/json; charset=utf-8"
    try:
        text = print_query(parse_query(parameters.get("query", "")))
    except ParseRefusal as error:
        return bare({"status": "invalid-query", "error": error.text}, 400, content_type)
    return bare({"status": "success", "data": text}, 200, content_type)
