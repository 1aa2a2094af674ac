"""The endpoints that say what there is: series, labels, values, and what metrics mean."""

from __future__ import annotations

import re

from starlette.responses import Response

from gateway.demo.simulators.prometheus.answers import shuffled, success, truncated
from gateway.demo.simulators.prometheus.parameters import Parameters, invalid
from gateway.demo.simulators.prometheus.storage.scenario import ScenarioStorage

_ALWAYS_MS = 1 << 60
FAMILIES: dict[str, tuple[str, str, str]] = {
    "http_server_request_duration_seconds": ("histogram", "Duration of HTTP server requests.", "seconds"),
    "process_cpu_seconds": ("counter", "Total user and system CPU time spent in seconds.", "seconds"),
    "process_resident_memory_bytes": ("gauge", "Resident memory size in bytes.", "bytes"),
    "process_open_fds": ("gauge", "Number of open file descriptors.", ""),
    "process_start_time_seconds": ("gauge", "Start time of the process since unix epoch in seconds.", "seconds"),
    "db_client_connections_usage": ("gauge", "Connections in the pool by state.", ""),
    "cache_hit_ratio": ("gauge", "Share of cache reads that found their key, of the last minute.", ""),
    "messaging_queue_lag": ("gauge", "Messages that wait for the consumer.", ""),
    "target_info": ("gauge", "Target metadata.", ""),
}
"""Kind, help and unit of the metrics that are scraped; those of Tempo are written remotely, and have none."""


def series(storage: ScenarioStorage, parameters: Parameters) -> Response:
    """Source: GET, POST /api/v1/series."""
    limit = parameters.limit()
    found = storage.labels(parameters.matchers(required=True), *_interval(parameters))
    data, warnings = truncated(shuffled(list(found)), limit)
    return success(data, warnings=warnings)


def label_names(storage: ScenarioStorage, parameters: Parameters) -> Response:
    """Source: GET, POST /api/v1/labels."""
    limit = parameters.limit()
    found = storage.labels(parameters.matchers(required=False), *_interval(parameters))
    data, warnings = truncated(sorted({name for labels in found for name in labels}), limit)
    return success(data, warnings=warnings)


def label_values(storage: ScenarioStorage, name: str, parameters: Parameters) -> Response:
    """Source: GET /api/v1/label/<name>/values."""
    limit, name = parameters.limit(), _unescaped(name)
    found = storage.labels(parameters.matchers(required=False), *_interval(parameters))
    data, warnings = truncated(sorted({labels[name] for labels in found if name in labels}), limit)
    return success(data, warnings=warnings)


def metadata(parameters: Parameters) -> Response:
    """Source: GET /api/v1/metadata."""
    limit, metric = parameters.limit(), parameters.text("metric")
    if parameters.text("limit_per_metric") and not re.fullmatch(r"-?\d+", parameters.text("limit_per_metric")):
        raise invalid("limit_per_metric", "limit_per_metric must be a number")
    names = [name for name in FAMILIES if not metric or name == metric]
    kept = shuffled(names)[: limit or None]
    return success({name: [dict(zip(("type", "help", "unit"), FAMILIES[name], strict=True))] for name in kept})


def _interval(parameters: Parameters) -> tuple[int, int]:
    start, end = parameters.instant_or("start", -_ALWAYS_MS), parameters.instant_or("end", _ALWAYS_MS)
    if end < start:
        raise invalid("end", "end timestamp must not be before start timestamp")
    return start, end


def _unescaped(name: str) -> str:
    """Names that are no identifiers come as U__service_2e_name."""
    if not name.startswith("U__"):
        return name
    return re.sub(r"__|_([0-9a-fA-F]+)_", lambda match: "_" if match[1] is None else chr(int(match[1], 16)), name[3:])
