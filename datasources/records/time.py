"""Durations and instants as text: Prometheus's durations, RFC 3339 with up to nine fractional digits."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

from .shared import NS_PER_S

_UNITS_NS = {
    "y": 365 * 86400 * NS_PER_S,
    "w": 7 * 86400 * NS_PER_S,
    "d": 86400 * NS_PER_S,
    "h": 3600 * NS_PER_S,
    "m": 60 * NS_PER_S,
    "s": NS_PER_S,
    "ms": 1_000_000,
    "us": 1_000,
    "ns": 1,
}
_WRITTEN = ("d", "h", "m", "s", "ms", "us", "ns")
_PART = re.compile(r"(\d+)(ms|us|ns|[ywdhms])")
_DURATION = re.compile(r"(?:\d+y)?(?:\d+w)?(?:\d+d)?(?:\d+h)?(?:\d+m)?(?:\d+s)?(?:\d+ms)?(?:\d+us)?(?:\d+ns)?")
_INSTANT = re.compile(
    r"(\d{4})-(\d\d)-(\d\d)[Tt ](\d\d):(\d\d):(\d\d)(?:\.(\d{1,9})\d*)?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def parse_duration(text: str) -> int:
    """Nanoseconds of `1h30m`, `15s`, `500ms`, `0s`.

    Raises: ValueError for an unknown unit, units out of order, no unit, or more than a hundred years.
    """
    if not text or not text.isascii() or not _DURATION.fullmatch(text):
        raise ValueError(f"{text[:40]!r} is no duration; write it like 30s, 5m, 1h30m or 7d")
    total = sum(int(count) * _UNITS_NS[unit] for count, unit in _PART.findall(text[:60]))
    if len(text) > 60 or total > 100 * _UNITS_NS["y"]:
        raise ValueError("a duration is at most a hundred years")
    return total


def format_duration(duration_ns: int) -> str:
    """The shortest text with whole numbers: 90 s is `1m30s`."""
    if duration_ns <= 0:
        return "0s"
    parts = []
    for unit in _WRITTEN:
        count, duration_ns = divmod(duration_ns, _UNITS_NS[unit])
        if count:
            parts.append(f"{count}{unit}")
    return "".join(parts)


def parse_instant(text: str) -> int:
    """Nanoseconds since 1970 of an RFC 3339 instant, digits past the ninth dropped.

    Raises: ValueError for anything else, also for an instant without a zone.
    """
    found = _INSTANT.fullmatch(text)
    if not found:
        raise ValueError(f"{text[:40]!r} is no RFC 3339 instant with a zone, such as 2026-01-31T12:00:00Z")
    *parts, fraction, zone = found.groups()
    at = datetime(*(int(part) for part in parts), tzinfo=UTC)  # type: ignore[misc,arg-type]
    if zone not in "Zz":
        hours, minutes = int(zone[1:3]), int(zone[4:6])
        if hours > 23 or minutes > 59:
            raise ValueError(f"{zone!r} is no offset from UTC")
        at -= timedelta(hours=hours, minutes=minutes) * (-1 if zone[0] == "-" else 1)
    return datetime_to_ns(at) + int((fraction or "").ljust(9, "0") or 0)


def format_instant(at: int | datetime) -> str:
    """RFC 3339 in UTC with as many fractional digits as needed (0, 3, 6 or 9)."""
    at_ns = at if isinstance(at, int) else datetime_to_ns(at)
    seconds, fraction = divmod(at_ns, NS_PER_S)
    whole = (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S")
    if not fraction:
        return f"{whole}Z"
    digits = f"{fraction:09d}"
    while digits.endswith("000"):
        digits = digits[:-3]
    return f"{whole}.{digits}Z"


def datetime_to_ns(at: datetime) -> int:
    """Nanoseconds since 1970 of an aware datetime, exactly."""
    delta = at - _EPOCH
    return ((delta.days * 86400 + delta.seconds) * 1_000_000 + delta.microseconds) * 1_000


def ns_to_datetime(at_ns: int) -> datetime:
    """The aware UTC datetime, cut to microseconds."""
    return _EPOCH + timedelta(microseconds=at_ns // 1_000)
