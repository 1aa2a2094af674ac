"""Log lines that belong to no request: every service says something of itself a few times a minute."""

from __future__ import annotations

import json
from collections.abc import Iterator

from gateway.demo.scenario.hashing import keyed, unit
from gateway.demo.scenario.lines import SEVERITY_NUMBERS
from gateway.demo.scenario.outages import SECOND, outages_between
from gateway.demo.scenario.signals import LogData
from gateway.demo.scenario.topology import SERVICES, ServiceSpec

_EVERY_NS = 20 * SECOND
_WORDS = (
    ("debug", "metrics flushed"),
    ("debug", "health check passed"),
    ("debug", "cache refreshed"),
    ("info", "connection pool"),
)


def background_logs(seed: int, namespace: str, start_ns: int, end_ns: int) -> list[LogData]:
    """Lines in [start, end), ascending."""
    lines = [line for spec in SERVICES[namespace] for line in _lines(seed, spec, start_ns, end_ns)]
    return sorted(lines, key=lambda line: line.timestamp_ns)


def _lines(seed: int, spec: ServiceSpec, start_ns: int, end_ns: int) -> Iterator[LogData]:
    stream = spec.stream()
    for slot in range(start_ns // _EVERY_NS, -(-end_ns // _EVERY_NS)):
        word = keyed(seed, spec.instance, slot)
        at = slot * _EVERY_NS + int(unit(word) * _EVERY_NS)
        if start_ns <= at < end_ns:
            yield _line(seed, spec, stream, at, word)


def _line(seed: int, spec: ServiceSpec, stream: dict[str, str], at: int, word: int) -> LogData:
    level, message = _WORDS[word % len(_WORDS)]
    in_use = 1 + (word >> 8) % 6
    if any(outage.service == spec.name for outage in outages_between(seed, spec.namespace, at, at + 1)):
        level, message, in_use = "warn", "connection pool nearly exhausted", 9 + (word >> 8) % 2
    metadata = {
        "detected_level": level,
        "observed_timestamp": str(at + 1_000_000),
        "scope_name": f"{spec.namespace}.{spec.name}.runtime",
        "service_version": spec.version,
        "severity_number": SEVERITY_NUMBERS[level],
        "severity_text": level.upper(),
        "telemetry_sdk_language": spec.language,
    }
    if spec.log_format == "json":
        line = json.dumps({"level": level, "msg": message, "pool": {"in_use": in_use, "size": 10}})
    else:
        line = f'level={level} msg="{message}" in_use={in_use} size=10'
    return LogData(spec.namespace, spec.name, stream, at, level, line, metadata)
