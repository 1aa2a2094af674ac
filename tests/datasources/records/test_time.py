"""Durations and instants as text."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from datasources.records.time import (
    datetime_to_ns,
    format_duration,
    format_instant,
    ns_to_datetime,
    parse_duration,
    parse_instant,
)


@pytest.mark.parametrize(
    ("text", "duration_ns"),
    [
        ("0s", 0),
        ("15s", 15 * 10**9),
        ("1h30m", 5400 * 10**9),
        ("7d", 7 * 86400 * 10**9),
        ("500ms", 5 * 10**8),
        ("1w", 604800 * 10**9),
    ],
)
def test_a_duration_is_read_as_prometheus_writes_it(text: str, duration_ns: int) -> None:
    assert parse_duration(text) == duration_ns


@pytest.mark.parametrize(
    "text", ["", "15", "s", "1.5h", "30m1h", "1h 30m", "-5m", "5 m", "١٥s", "99999y", "5x", "1" * 61 + "s"]
)
def test_any_other_duration_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="duration"):
        parse_duration(text)


@pytest.mark.parametrize("text", ["0s", "1m30s", "7d", "1d12h", "500ms", "1us", "1ns"])
def test_a_duration_is_written_as_short_as_it_was_read(text: str) -> None:
    assert format_duration(parse_duration(text)) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("2026-01-31T12:00:00Z", "2026-01-31T12:00:00Z"),
        ("2026-01-31T12:00:00.5+02:00", "2026-01-31T10:00:00.500Z"),
        ("2026-01-31t12:00:00.123456789z", "2026-01-31T12:00:00.123456789Z"),
        ("2026-01-31T12:00:00.1234567899Z", "2026-01-31T12:00:00.123456789Z"),
        ("1969-12-31T23:59:59.25Z", "1969-12-31T23:59:59.250Z"),
    ],
)
def test_an_instant_keeps_its_nanoseconds(text: str, written: str) -> None:
    assert format_instant(parse_instant(text)) == written


@pytest.mark.parametrize(
    "text", ["", "now", "2026-01-31", "2026-01-31T12:00:00", "2026-02-30T12:00:00Z", "2026-01-31T12:00:00+25:00"]
)
def test_any_other_instant_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"instant|offset|day"):
        parse_instant(text)


def test_a_datetime_of_another_zone_is_the_same_instant() -> None:
    at = datetime(2026, 1, 31, 14, 0, 0, 1, tzinfo=timezone(timedelta(hours=2)))
    assert ns_to_datetime(datetime_to_ns(at)) == at.astimezone(UTC)
    assert format_instant(at) == "2026-01-31T12:00:00.000001Z"
