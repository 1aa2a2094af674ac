"""Values and ids as Tempo's JSON carries them: protojson, which leaves out what has its default."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, TypeAlias

from gateway.demo.simulators.tempo.traceql.values import Duration, Value, plain

Json: TypeAlias = dict[str, Any]


def any_value(value: Value) -> Json:
    """64-bit integers travel as text; durations, statuses and kinds as the text that TraceQL has for them."""
    if isinstance(value, bool):
        return {"boolValue": value}
    if isinstance(value, int) and not isinstance(value, Duration):
        return {"intValue": str(value)}
    if isinstance(value, float):
        return {"doubleValue": number(value)}
    if isinstance(value, list):
        return {"arrayValue": {"values": [any_value(item) for item in value]}}
    return {"stringValue": plain(value)}


def key_values(values: Mapping[str, Any]) -> list[Json]:
    return [{"key": key, "value": any_value(value)} for key, value in values.items()]


def number(value: float) -> int | float:
    """Go writes a whole float without a fraction."""
    return int(value) if value.is_integer() and abs(value) < 1e21 else value


def base64_id(hex_id: str) -> str:
    return base64.b64encode(bytes.fromhex(hex_id)).decode()
