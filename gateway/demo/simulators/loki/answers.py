"""The bodies of answers: the envelope, text for refusals, numbers as the real server writes them."""

from __future__ import annotations

from random import Random
from typing import Any

import orjson
from starlette.responses import Response

from gateway.demo.simulators.loki.go_values import format_float
from gateway.demo.simulators.loki.samples import Key
from gateway.demo.simulators.loki.store import SECOND_NS
from gateway.demo.simulators.loki.vectors import Vector

JSON_TYPE = "application/json; charset=UTF-8"


def bare(content: object, status: int = 200, content_type: str = JSON_TYPE) -> Response:
    """JSON without an envelope."""
    return Response(orjson.dumps(content), status, media_type=None, headers={"content-type": content_type})


def success(data: object) -> Response:
    """`{"status": "success", "data": ...}`."""
    return bare({"status": "success", "data": data})


def success_list(items: list[str]) -> Response:
    """The answer of labels and label values, which has no `data` when there are none."""
    return success(items) if items else bare({"status": "success"})


def plain(text: str, status: int = 200) -> Response:
    """Plain text, as refusals are given."""
    headers = {"content-type": "text/plain; charset=utf-8", "x-content-type-options": "nosniff"}
    return Response(text, status, headers=headers)


def query_data(result_type: str, result: object, stats: dict[str, Any], *, categorize: bool = False) -> dict[str, Any]:
    """The `data` of a query's answer."""
    flags = {"encodingFlags": ["categorize-labels"]} if categorize else {}
    return {"resultType": result_type, **flags, "result": result, "stats": stats}


def seconds(timestamp_ns: int) -> float | int:
    """A timestamp of metrics: a number of seconds, with milliseconds where there are some."""
    whole, rest = divmod(timestamp_ns, SECOND_NS)
    return whole if rest < 500_000 else round(timestamp_ns / SECOND_NS, 3)


def matrix(vector: Vector, grid: range) -> list[dict[str, Any]]:
    """Shape: series in no order; points by time, gaps left out."""
    instants = [seconds(instant) for instant in grid]
    series = [
        {
            "metric": dict(key),
            "values": [[at, format_float(p)] for at, p in zip(instants, points, strict=True) if p is not None],
        }
        for key, points in vector.items()
    ]
    return _shuffled([one for one in series if one["values"]])


def instant_vector(vector: Vector, instant_ns: int, order: str = "") -> list[dict[str, Any]]:
    """Shape: series in no order, unless the query sorts them by value ("sort" or "sort_desc")."""
    found: list[tuple[Key, float]] = [(key, point) for key, (point,) in vector.items() if point is not None]
    if order:
        found.sort(key=lambda item: item[1], reverse=order == "sort_desc")
    at = seconds(instant_ns)
    series = [{"metric": dict(key), "value": [at, format_float(point)]} for key, point in found]
    return series if order else _shuffled(series)


def _shuffled(series: list[dict[str, Any]]) -> list[dict[str, Any]]:
    Random(len(series)).shuffle(series)
    return series
