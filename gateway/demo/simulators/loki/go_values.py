"""Durations, sizes and numbers as Go reads and prints them."""

from __future__ import annotations

import json
import math
import re
from decimal import Decimal

_PROMETHEUS_DURATION = re.compile(
    r"(?:(\d+)y)?(?:(\d+)w)?(?:(\d+)d)?(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?(?:(\d+)ms)?", re.ASCII
)
_PROMETHEUS_UNITS_NS = (
    365 * 86_400 * 10**9,
    7 * 86_400 * 10**9,
    86_400 * 10**9,
    3600 * 10**9,
    60 * 10**9,
    10**9,
    10**6,
)
_GO_DURATION = re.compile(r"([+-]?)((?:(?:\d+\.?\d*|\.\d+)(?:ns|us|µs|μs|ms|s|m|h))+)", re.ASCII)
_GO_PART = re.compile(r"(\d+\.?\d*|\.\d+)(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_GO_UNITS_NS = {
    "ns": 1,
    "us": 10**3,
    "µs": 10**3,
    "μs": 10**3,
    "ms": 10**6,
    "s": 10**9,
    "m": 60 * 10**9,
    "h": 3600 * 10**9,
}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*([A-Za-z]+)?", re.ASCII)
_SIZE_UNITS = {
    "": 1,
    "b": 1,
    **{f"{letter}{end}": 1000**power for power, letter in enumerate("kmgtp", 1) for end in ("", "b")},
    **{f"{letter}i{end}": 1024**power for power, letter in enumerate("kmgtp", 1) for end in ("", "b")},
}


def parse_prometheus_duration(text: str) -> int:
    """Nanoseconds of `1h30m` and the like.

    Raises: ValueError with the real server's words.
    """
    if text == "0":
        return 0
    if not text:
        raise ValueError("empty duration string")
    found = _PROMETHEUS_DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f'not a valid duration string: "{text}"')
    return sum(int(part) * unit for part, unit in zip(found.groups(), _PROMETHEUS_UNITS_NS, strict=True) if part)


def parse_go_duration(text: str) -> int:
    """Nanoseconds of `1.5s`, `-2m30s` and the like.

    Raises: ValueError.
    """
    found = _GO_DURATION.fullmatch(text)
    if found is None:
        raise ValueError(f'time: invalid duration "{text}"')
    total = sum(Decimal(number) * _GO_UNITS_NS[unit] for number, unit in _GO_PART.findall(found[2]))
    return int(-total if found[1] == "-" else total)


def parse_duration(text: str) -> int:
    """Nanoseconds of a duration in either style.

    Raises: ValueError.
    """
    try:
        return parse_prometheus_duration(text)
    except ValueError:
        return parse_go_duration(text)


def parse_size(text: str) -> int:
    """Bytes of `5KB`, `1.5MiB` and the like.

    Raises: ValueError.
    """
    found = _SIZE.fullmatch(text.strip())
    if found is None or (found[2] or "").lower() not in _SIZE_UNITS:
        raise ValueError(f"unhandled size name: {text}")
    return int(Decimal(found[1]) * _SIZE_UNITS[(found[2] or "").lower()])


def format_go_duration(nanoseconds: int) -> str:
    """`744h0m0s`, `1m30.5s`, `250ms`, as Go's Duration prints itself."""
    if abs(nanoseconds) < 10**9:
        for unit, size in (("ms", 10**6), ("µs", 10**3), ("ns", 1)):
            if abs(nanoseconds) >= size:
                return f"{format_float(nanoseconds / size)}{unit}"
        return "0s"
    sign, rest = ("-", -nanoseconds) if nanoseconds < 0 else ("", nanoseconds)
    hours, rest = divmod(rest, 3600 * 10**9)
    minutes, rest = divmod(rest, 60 * 10**9)
    seconds = format_float(rest / 10**9) + "s"
    return sign + (f"{hours}h{minutes}m" if hours else f"{minutes}m" if minutes else "") + seconds


def format_prometheus_duration(nanoseconds: int) -> str:
    """`5m`, `1h30m`, as a range prints itself in a query."""
    if nanoseconds == 0:
        return "0s"
    parts, rest = "", abs(nanoseconds)
    for unit, size in zip(("d", "h", "m", "s", "ms"), _PROMETHEUS_UNITS_NS[2:], strict=True):
        count, rest = divmod(rest, size)
        parts += f"{count}{unit}" if count else ""
    return ("-" if nanoseconds < 0 else "") + parts


def format_float(value: float) -> str:
    """The shortest text that reads back as the value, without an exponent; NaN, +Inf and -Inf by name."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    if value == int(value) and abs(value) < 1e21:
        return str(int(value))
    text = repr(value)
    return format(Decimal(text), "f") if "e" in text else text


def quote(text: str) -> str:
    """A Go string literal in double quotes."""
    return json.dumps(text, ensure_ascii=False)
