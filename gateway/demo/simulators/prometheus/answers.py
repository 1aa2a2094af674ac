"""Prometheus's JSON: the envelope around every answer, and the four kinds of results."""

from __future__ import annotations

import random
from collections.abc import Iterable
from typing import Any

import orjson
from starlette.responses import Response

from gateway.demo.simulators.prometheus.engine import Column, Notes
from gateway.demo.simulators.prometheus.engine.columns import RangeVector
from gateway.demo.simulators.prometheus.engine.windows import WindowTable
from gateway.demo.simulators.prometheus.promql.faults import place
from gateway.demo.simulators.prometheus.values import format_instant, format_value

TRUNCATED = "results truncated due to limit"


def success(data: Any, *, warnings: Iterable[str] = (), infos: Iterable[str] = ()) -> Response:
    body: dict[str, Any] = {"status": "success", "data": data}
    if found := list(warnings):
        body["warnings"] = found
    if found := list(infos):
        body["infos"] = found
    return Response(orjson.dumps(body), media_type="application/json")


def failure(status: int, kind: str, message: str) -> Response:
    body = orjson.dumps({"status": "error", "errorType": kind, "error": message})
    return Response(body, status, media_type="application/json")


def truncated(items: list[Any], limit: int) -> tuple[list[Any], list[str]]:
    """The first `limit` items (all, if it is 0), and the warning that goes with it."""
    return (items[:limit], [TRUNCATED]) if 0 < limit < len(items) else (items, [])


def remarks(notes: Notes, query: str) -> dict[str, list[str]]:
    return {
        "warnings": [f"PromQL warning: {text} ({place(query, position)})" for text, position in notes.warnings],
        "infos": [f"PromQL info: {text} ({place(query, position)})" for text, position in notes.infos],
    }


def vector_result(columns: list[Column], instant: int, *, ordered: bool) -> list[dict[str, Any]]:
    at = format_instant(instant)
    found = [
        {"metric": column.labels, "value": [at, format_value(column.values[0])]}
        for column in columns
        if column.values[0] is not None
    ]
    return found if ordered else shuffled(found)


def matrix_result(columns: list[Column], instants: list[int]) -> list[dict[str, Any]]:
    times = [format_instant(instant) for instant in instants]
    found = []
    for column in columns:
        values = [
            [at, format_value(value)] for at, value in zip(times, column.values, strict=True) if value is not None
        ]
        if values:
            found.append({"metric": column.labels, "values": values})
    return shuffled(found)


def window_result(vector: RangeVector) -> list[dict[str, Any]]:
    """The samples of a range selector at one instant."""
    table, found = WindowTable(vector), []
    for column in vector.columns:
        low, high = table.bounds(column.times)[0]
        values = [[format_instant(column.times[at]), format_value(column.values[at])] for at in range(low, high)]
        if values:
            found.append({"metric": column.labels, "values": values})
    return shuffled(found)


def shuffled(items: list[Any]) -> list[Any]:
    """Prometheus 3 promises no order, and keeps none."""
    random.shuffle(items)
    return items
