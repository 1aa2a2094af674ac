"""Loki's answers: the newest lines of a dozen streams, and counts by level."""

from __future__ import annotations

import json
import re
from collections import defaultdict
from functools import lru_cache
from typing import Any

from ..windows import NEWEST_S
from .metrics import SERVICES

LINES = 1_100
LEVELS = ("info", "info", "info", "debug", "warn", "error")
_BY = re.compile(r"by \(([^)]*)\)")
_NAMESPACES = re.compile(r'service_namespace=~?"([^"]*)"')


def query_range(given: dict[str, str]) -> bytes:
    """Lines, or counts where the query is one for numbers."""
    if "count_over_time" in given["query"]:
        start_s, end_s = int(given["start"]) // 10**9, int(given["end"]) // 10**9
        return _counts(given["query"], start_s, end_s, int(given["step"]))
    return _lines(int(given["limit"]))


@lru_cache
def _lines(limit: int) -> bytes:
    streams: dict[int, list[Any]] = defaultdict(list)
    for number in range(min(limit, LINES)):
        streams[number * 7 % 12].append(_line(number))
    result = [{"stream": _stream(place), "values": lines} for place, lines in sorted(streams.items())]
    summary = {"totalBytesProcessed": 1_240_014, "totalLinesProcessed": 7_670, "execTime": 0.023619}
    return json.dumps(
        {
            "status": "success",
            "data": {
                "resultType": "streams",
                "encodingFlags": ["categorize-labels"],
                "result": result,
                "stats": {"summary": summary},
            },
        }
    ).encode()


def _line(number: int) -> list[Any]:
    level, trace_id = LEVELS[number % len(LEVELS)], f"{number * 2_654_435_761 + 1:032x}"
    told = f'method=GET path="/cart/{number}" status=200 duration_ms={number % 90} user=user-{number % 250}'
    text = f'level={level} msg="request handled" {told}'
    metadata = {"detected_level": level, "trace_id": trace_id, "span_id": trace_id[16:], "severity_text": level}
    return [str(NEWEST_S * 10**9 - number * 1_234_567_891), text, {"structuredMetadata": metadata}]


def _stream(place: int) -> dict[str, str]:
    service = SERVICES[place % len(SERVICES)]
    return {
        "service_name": service,
        "service_namespace": "shop",
        "deployment_environment_name": "production",
        "service_instance_id": f"{service}-{place}",
        "k8s_namespace_name": "shop",
        "k8s_pod_name": f"{service}-7d9f-{place}",
    }


@lru_cache(1024)
def _counts(logql: str, start_s: int, end_s: int, step_s: int) -> bytes:
    grouped = _BY.search(logql)
    by_project = grouped is not None and "service_namespace" in grouped[1]
    namespaces = _NAMESPACES.search(logql)
    projects = namespaces[1].split("|") if namespaces and by_project else [""]
    result = [_series(project, level, start_s, end_s, step_s) for project in projects for level in ("info", "error")]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}}).encode()


def _series(project: str, level: str, start_s: int, end_s: int, step_s: int) -> dict[str, Any]:
    metric = {"detected_level": level} | ({"service_namespace": project} if project else {})
    values = [[at_s, str(at_s // step_s % 40 + len(level))] for at_s in range(start_s, end_s + 1, step_s)]
    return {"metric": metric, "values": values}
