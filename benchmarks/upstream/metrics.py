"""Prometheus's answers: the value of a series at an instant is a function of both, so that windows agree where they overlap."""

from __future__ import annotations

import math
import re
import zlib
from functools import lru_cache

from ..windows import BASE_S, END_S

SERVICES = ("frontend", "catalog", "cart", "checkout", "payment")
ROUTES = tuple(f"/api/v1/resource-{number}/{{id}}" for number in range(20))
VALUES = {"service_name": SERVICES, "http_route": ROUTES}
_BY = re.compile(r"by \(([^)]*)\)")
_NAMESPACES = re.compile(r'service_namespace=~?"([^"]*)"')
_WIDTH = 1024


def query_range(form: dict[str, str]) -> bytes:
    """The answer to a range query of the golden signals."""
    return _matrix(form["query"], int(form["start"]), int(form["end"]), int(form["step"]))


@lru_cache(_WIDTH)
def _matrix(promql: str, start_s: int, end_s: int, step_s: int) -> bytes:
    found = []
    for labels in _label_sets(promql):
        points = _points(_signal(promql), _owner(promql, labels), step_s)
        first = (start_s - BASE_S) // step_s
        values = b",".join(points[first : first + (end_s - start_s) // step_s + 1])
        metric = ",".join(f'"{name}":"{value}"' for name, value in labels)
        found.append(b'{"metric":{%s},"values":[%s]}' % (metric.encode(), values))
    return b'{"status":"success","data":{"resultType":"matrix","result":[%s]}}' % b",".join(found)


@lru_cache(_WIDTH)
def _points(signal: str, owner: tuple[str, ...], step_s: int) -> list[bytes]:
    seed = zlib.crc32(repr((signal, owner)).encode())
    level, phase = 1 + seed % 97, seed % 628 / 100
    return [
        b'[%d,"%s"]' % (at_s, repr(level * (1.5 + math.sin(at_s / 900 + phase))).encode())
        for at_s in range(BASE_S, END_S + step_s, step_s)
    ]


def _owner(promql: str, labels: tuple[tuple[str, str], ...]) -> tuple[str, ...]:
    """Whose values these are, the same whether a project is asked for alone or among others."""
    found = _NAMESPACES.search(promql)
    values = tuple(value for _, value in labels)
    if found is None or any(name == "service_namespace" for name, _ in labels):
        return values
    return (found[1], *values)


def _signal(promql: str) -> str:
    if "histogram_quantile" in promql:
        return promql.partition("(")[2].partition(",")[0]
    return "ratio" if " / " in promql else "failures" if " or " in promql else "requests"


def _label_sets(promql: str) -> list[tuple[tuple[str, str], ...]]:
    grouped = _BY.search(promql)
    names = [name for name in (grouped[1].split(", ") if grouped else []) if name != "le"]
    if not names:
        return [()]
    namespaces = _NAMESPACES.search(promql)
    known = VALUES | {"service_namespace": tuple(namespaces[1].split("|") if namespaces else ())}
    return [((names[0], value),) for value in known[names[0]]]
