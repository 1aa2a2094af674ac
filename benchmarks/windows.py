"""The time that the benchmark's questions speak of: every request asks for another hour, as a page that is reloaded does."""

from __future__ import annotations

from datetime import UTC, datetime

BASE_S = 1_795_348_800
SHIFT_S = 60
COUNT = 48
"""More than there are clients, so that no two questions under way are the same one."""
HOUR_S = 3_600
END_S = BASE_S + SHIFT_S * COUNT + HOUR_S
NEWEST_S = BASE_S + HOUR_S - 60
"""When the newest line and trace began: within all of the hours."""


def window(number: int) -> tuple[int, int]:
    """(start, end) of one of the hours, in seconds; on the grid of every step that is asked for."""
    start_s = BASE_S + SHIFT_S * (number % COUNT)
    return start_s, start_s + HOUR_S


def time_range(number: int) -> dict[str, str]:
    """The same as the schema's TimeRange."""
    start_s, end_s = window(number)
    return {"from": instant(start_s), "to": instant(end_s)}


def trace_id(number: int, spans: int) -> str:
    """The id of a trace with so many spans."""
    return f"{0xBE7C0000 + number % COUNT:016x}{spans:016x}"


def instant(at_s: int) -> str:
    """RFC 3339."""
    return datetime.fromtimestamp(at_s, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
