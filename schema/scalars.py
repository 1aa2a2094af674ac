"""The contract's scalars. In Python an instant is nanoseconds (telemetry) or an aware datetime (the store), a duration nanoseconds."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, NewType

import strawberry
from graphql import GraphQLError
from strawberry.types.scalar import ScalarDefinition

from datasources.records.time import format_duration, format_instant, parse_duration, parse_instant

DateTime = NewType("DateTime", int)
Duration = NewType("Duration", int)
Long = NewType("Long", int)
JSON = NewType("JSON", object)


def _text(value: object, parse: Any, scalar: str) -> int:
    if not isinstance(value, str):
        raise GraphQLError(f"{scalar} is written as text")
    try:
        return int(parse(value))
    except (ValueError, OverflowError) as error:
        raise GraphQLError(str(error)) from None


def _parse_instant(value: object) -> int:
    return _text(value, parse_instant, "DateTime")


def _parse_duration(value: object) -> int:
    return _text(value, parse_duration, "Duration")


def _long(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value) or value != int(value):
        raise GraphQLError("Long is a whole number")
    if not -(2**63) <= value < 2**63:
        raise GraphQLError("Long has 64 bits")
    return int(value)


def _instant(value: int | datetime) -> str:
    return format_instant(value)


SCALARS: dict[object, ScalarDefinition] = {
    DateTime: strawberry.scalar(
        name="DateTime",
        description="An instant in UTC, RFC 3339, with as many fractional digits as the source recorded (nanoseconds for logs and spans).",
        serialize=_instant,
        parse_value=_parse_instant,
        specified_by_url="https://www.rfc-editor.org/rfc/rfc3339",
    ),
    Duration: strawberry.scalar(
        name="Duration",
        description="A span of time the way Prometheus writes it: 30s, 5m, 1h30m, 7d.",
        serialize=format_duration,
        parse_value=_parse_duration,
    ),
    Long: strawberry.scalar(
        name="Long",
        description="A 64-bit whole number, sent as a JSON number.",
        serialize=_long,
        parse_value=_long,
    ),
    JSON: strawberry.scalar(
        name="JSON",
        description="Any JSON value.",
        serialize=lambda value: value,
        parse_value=lambda value: value,
    ),
}
