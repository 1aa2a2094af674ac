"""The endpoints that answer from the index: labels, values, series, stats, volumes, detected labels."""

from __future__ import annotations

from collections import Counter
from typing import Any

from starlette.responses import Response

from gateway.demo.simulators.loki.answers import bare, query_data, seconds, success, success_list
from gateway.demo.simulators.loki.form import Parameters
from gateway.demo.simulators.loki.parameters import default_step, parse_bounds, parse_limit, parse_step
from gateway.demo.simulators.loki.parser import parse_matchers
from gateway.demo.simulators.loki.refusals import LokiRefusal
from gateway.demo.simulators.loki.statistics import statistics
from gateway.demo.simulators.loki.store import LogStore, Stream
from gateway.demo.simulators.loki.volumes import Volumes

_MS_NS = 10**6
_CHUNK_LINES = 1500


def _selected(store: LogStore, parameters: Parameters, query: str) -> list[Stream]:
    """The streams of a selector that have lines in the time asked for; all of them for an empty one."""
    start, end = store.clip(*parse_bounds(parameters, store.now_ns()))
    streams = store.select(parse_matchers(query)) if query else list(store.streams)
    return streams if start < end else []


def labels(store: LogStore, parameters: Parameters) -> Response:
    """/loki/api/v1/labels."""
    streams = _selected(store, parameters, parameters.get("query", ""))
    return success_list(sorted({name for stream in streams for name in stream.labels}))


def label_values(store: LogStore, parameters: Parameters, name: str) -> Response:
    """/loki/api/v1/label/{name}/values."""
    streams = _selected(store, parameters, parameters.get("query", ""))
    return success_list(sorted({stream.labels[name] for stream in streams if name in stream.labels}))


def series(store: LogStore, parameters: Parameters) -> Response:
    """/loki/api/v1/series: several selectors are joined by `or`, none means all."""
    found: dict[int, Stream] = {}
    for query in parameters.all("match[]") or [""]:
        found |= {stream.number: stream for stream in _selected(store, parameters, query)}
    return success([stream.labels for stream in found.values()])


def detected_labels(store: LogStore, parameters: Parameters) -> Response:
    """/loki/api/v1/detected_labels."""
    values: dict[str, set[str]] = {}
    for stream in _selected(store, parameters, parameters.get("query", "")):
        for name, value in stream.labels.items():
            values.setdefault(name, set()).add(value)
    found = [{"label": name, "cardinality": len(seen)} for name, seen in values.items()]
    return bare({"detectedLabels": found} if found else {})


def index_stats(store: LogStore, volumes: Volumes, parameters: Parameters) -> Response:
    """/loki/api/v1/index/stats."""
    streams = store.select(parse_matchers(parameters.get("query", "")))
    lines, size = volumes.between(streams, *parse_bounds(parameters, store.now_ns()))
    chunks = sum(-(-count // _CHUNK_LINES) for count in lines.values())
    return bare({"streams": len(lines), "chunks": chunks, "bytes": size.total(), "entries": lines.total()})


def index_volume(store: LogStore, volumes: Volumes, parameters: Parameters) -> Response:
    """/loki/api/v1/index/volume: largest first; stamped with the end of the range."""
    start, end = parse_bounds(parameters, store.now_ns())
    found = _volume(store, volumes, parameters, start, end)
    result = [{"metric": dict(key), "value": [seconds(end), str(size)]} for key, size in found]
    return success(query_data("vector", result, statistics(len(result), 0)))


def index_volume_range(store: LogStore, volumes: Volumes, parameters: Parameters) -> Response:
    """/loki/api/v1/index/volume_range: each point is stamped with the last millisecond of its step, the last with the end."""
    start, end = parse_bounds(parameters, store.now_ns())
    step = parse_step(parameters["step"]) if parameters.get("step") else default_step(start, end)
    if step <= 0:
        raise LokiRefusal("zero or negative query resolution step widths are not accepted. Try a positive integer")
    points: dict[tuple[tuple[str, str], ...], list[list[Any]]] = {}
    begin = start
    while begin < end:
        stop = min((begin // step + 1) * step, end)
        stamp = seconds(stop if stop == end else stop - _MS_NS)
        for key, size in _volume(store, volumes, parameters, begin, stop):
            points.setdefault(key, []).append([stamp, str(size)])
        begin = stop
    result = [{"metric": dict(key), "values": values} for key, values in points.items()]
    return success(query_data("matrix", result, statistics(len(result), 0)))


def _volume(
    store: LogStore, volumes: Volumes, parameters: Parameters, start: int, end: int
) -> list[tuple[tuple[tuple[str, str], ...], int]]:
    """Groups by `targetLabels`, or else by the labels that the matchers name; or by the mere names of labels."""
    matchers = parse_matchers(parameters.get("query", ""))
    by_labels = _by_labels(parameters)
    targets = [name for name in parameters.get("targetLabels", "").split(",") if name]
    names = sorted(targets or {matcher.name for matcher in matchers})
    _, size = volumes.between(store.select(matchers), start, end)
    groups: Counter[tuple[tuple[str, str], ...]] = Counter()
    for stream, count in size.items():
        if by_labels:
            groups.update({((name, ""),): count for name in stream.labels if not targets or name in targets})
        else:
            groups[tuple((name, stream.labels[name]) for name in names if name in stream.labels)] += count
    return groups.most_common(parse_limit(parameters))


def _by_labels(parameters: Parameters) -> bool:
    aggregate_by = parameters.get("aggregateBy") or "series"
    if aggregate_by not in {"series", "labels"}:
        raise LokiRefusal("invalid aggregation option")
    return aggregate_by == "labels"
