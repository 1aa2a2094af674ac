"""Query parameters, read and refused as Tempo does it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from urllib.parse import unquote

from gateway.demo.simulators.tempo.durations import go_duration, prometheus_duration
from gateway.demo.simulators.tempo.history import SECOND
from gateway.demo.simulators.tempo.traceql.values import format_duration

MAX_QUERY_BYTES = 131_072
_DIGITS = re.compile(r"[0-9]+")
_INTEGER = re.compile(r"[+-]?[0-9]+")
_FLOAT = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?")
_UINT32 = 1 << 32
_LONGEST_TEXT = 40


class BadRequest(Exception):
    """Answered with 400 and the message as plain text."""


def unsigned(params: Mapping[str, str], name: str) -> int:
    """0 where it is not given. Raises: BadRequest."""
    text = params.get(name, "")
    if not text:
        return 0
    if not _DIGITS.fullmatch(text):
        raise BadRequest(f"invalid {name}: strconv.ParseUint: parsing {_quoted(text)}: invalid syntax")
    if len(text) > _LONGEST_TEXT or int(text) >= _UINT32:
        raise BadRequest(f"invalid {name}: strconv.ParseUint: parsing {_quoted(text)}: value out of range")
    return int(text)


def second_range(params: Mapping[str, str]) -> tuple[int, int]:
    """`start` and `end` in seconds; both 0 where neither is given. Raises: BadRequest."""
    start, end = unsigned(params, "start"), unsigned(params, "end")
    if (start or end) and end <= start:
        raise BadRequest(f"http parameter start must be before end. received start={start} end={end}")
    return start, end


def check_query_size(params: Mapping[str, str]) -> None:
    if any(len(params.get(name, "").encode()) > MAX_QUERY_BYTES for name in ("q", "query")):
        raise BadRequest(
            f"TraceQL expression exceeds the configured maximum size of {MAX_QUERY_BYTES} bytes, "
            "reduce the query expression size or contact your system administrator"
        )


def metrics_range(params: Mapping[str, str], now_ns: int) -> tuple[int, int]:
    """`start`, `end` and `since` in nanoseconds. Raises: BadRequest."""
    since = _since(params.get("since", ""))
    end = _timestamp(params.get("end", ""), "end", now_ns)
    return _timestamp(params.get("start", ""), "start", min(end, now_ns) - since), end


def _since(text: str) -> int:
    if not text:
        return 3600 * SECOND
    ns = prometheus_duration(text)
    if ns is None:
        raise _rpc(f"could not parse 'since' parameter: not a valid duration string: {_quoted(text)}")
    return ns


def _timestamp(text: str, name: str, default_ns: int) -> int:
    if not text:
        return default_ns
    if len(text) <= _LONGEST_TEXT:
        if "." in text and _FLOAT.fullmatch(text):
            return round(float(text) * 1000) * 1_000_000
        if _INTEGER.fullmatch(text):
            return int(text) * SECOND if len(text) <= 10 else int(text)
        if (instant := _rfc3339(text)) is not None:
            return instant
    raise _rpc(f"could not parse '{name}' parameter: strconv.ParseInt: parsing {_quoted(text)}: invalid syntax")


def _rfc3339(text: str) -> int | None:
    match = re.fullmatch(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)", text, re.ASCII)
    if match is None:
        return None
    try:
        whole = datetime.fromisoformat(match[1] + match[3].replace("Z", "+00:00"))
    except ValueError:
        return None
    return round(whole.timestamp()) * SECOND + int((match[2] or "0").ljust(9, "0"))


def metrics_step(params: Mapping[str, str], start_ns: int, end_ns: int) -> int:
    """Nanoseconds. Raises: BadRequest."""
    text = params.get("step", "")
    if not text:
        return default_step(end_ns - start_ns)
    if _FLOAT.fullmatch(text):
        seconds = float(text)
        if abs(seconds) * SECOND > (1 << 63):
            raise _rpc(f"cannot parse {_quoted(text)} to a valid duration. It overflows int64")
        step = int(seconds * SECOND)
    else:
        parsed = go_duration(text)
        if parsed is None:
            raise _rpc(f"cannot parse {_quoted(text)} to a valid duration")
        step = parsed
    if step < 0:
        raise _rpc(f"cannot parse {_quoted(text)}: step must be positive")
    return step


def default_step(range_ns: int) -> int:
    """About 240 points, on round steps."""
    baseline = range_ns // 240
    if range_ns < 60 * SECOND:
        return max(baseline // 50_000_000, 1) * 50_000_000
    for granularity in (3600, 300, 60, 15, 5, 1):
        if baseline > granularity * SECOND:
            return baseline // (granularity * SECOND) * granularity * SECOND
    return SECOND


def trace_id(path: str) -> str:
    """32 hex digits. Raises: BadRequest."""
    text = unquote(path)
    if len(text) > 32 and text.strip("0123456789abcdefABCDEF") == "":
        raise BadRequest("trace IDs can't be larger than 128 bits")
    for position, character in enumerate(text, 1):
        if character not in "0123456789abcdefABCDEF":
            shown = f"invalid character '{character}' at position {position}"
            raise BadRequest(f"trace IDs can only contain hex characters: {shown}")
    return text.lower().rjust(32, "0")


def go_duration_parameter(params: Mapping[str, str], name: str) -> int:
    """Nanoseconds, 0 where it is not given. Raises: BadRequest."""
    text = params.get(name, "")
    ns = go_duration(text) if text else 0
    if ns is None:
        raise BadRequest(f"invalid {name}: time: invalid duration {_quoted(text)}")
    return ns


def check_metrics_window(start_ns: int, end_ns: int, longest_ns: int) -> None:
    """Raises: BadRequest."""
    if start_ns >= end_ns:
        raise BadRequest("end must be greater than start")
    if end_ns - start_ns > longest_ns:
        raise BadRequest(
            f"metrics query time range exceeds the maximum allowed duration of {format_duration(longest_ns)}"
        )


def _rpc(message: str) -> BadRequest:
    return BadRequest(f"rpc error: code = Code(400) desc = {message}")


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
