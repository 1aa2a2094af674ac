from __future__ import annotations

import math

import pytest

from gateway.demo.simulators.loki.go_values import (
    format_float,
    format_go_duration,
    parse_duration,
    parse_prometheus_duration,
    parse_size,
)
from gateway.demo.simulators.loki.parameters import default_step, parse_range, parse_step, parse_time
from gateway.demo.simulators.loki.refusals import LokiRefusal

SECOND = 10**9
NOW = 1_795_335_000 * SECOND


@pytest.mark.parametrize(
    "text, expected",
    [
        ("1795335000", NOW),
        ("1795335000000000001", NOW + 1),
        ("1795335000.25", NOW + SECOND // 4),
        ("1795335000000", 1_795_335_000_000),
        ("2026-11-22T08:10:00Z", NOW),
        ("2026-11-22T08:10:00.000000001Z", NOW + 1),
        ("2026-11-22T10:10:00+02:00", NOW),
    ],
    ids=["seconds", "nanoseconds", "fraction", "milliseconds are read as nanoseconds", "date", "exact date", "zone"],
)
def test_time_is_read_in_every_spelling(text: str, expected: int) -> None:
    assert parse_time(text, "start") == expected


@pytest.mark.parametrize("text", ["now-1h", "1.2.3", "2026-11-22", ""])
def test_what_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(LokiRefusal, match="could not parse 'start' parameter"):
        parse_time(text, "start")


def test_range_defaults_to_the_last_hour_newest_hundred_first() -> None:
    asked = parse_range({"query": "x"}, NOW)
    assert (asked.start_ns, asked.end_ns) == (NOW - 3600 * SECOND, NOW)
    assert (asked.limit, asked.backward, asked.step_ns) == (100, True, 14 * SECOND)


def test_eleven_thousand_points_are_the_most() -> None:
    given = {"start": "1795324000", "end": "1795335000", "step": "1"}
    assert parse_range(given, NOW).step_ns == SECOND
    with pytest.raises(LokiRefusal, match="11,000 points"):
        parse_range(given | {"start": "1795323999"}, NOW)


@pytest.mark.parametrize("text, expected", [("15", 15 * SECOND), ("0.5", SECOND // 2), ("1m", 60 * SECOND)])
def test_step_is_seconds_or_a_duration(text: str, expected: int) -> None:
    assert parse_step(text) == expected


def test_step_that_is_neither_is_refused() -> None:
    with pytest.raises(LokiRefusal, match='cannot parse "x" to a valid duration'):
        parse_step("x")


def test_shortest_default_step_is_a_second() -> None:
    assert default_step(NOW, NOW + 5 * SECOND) == SECOND


@pytest.mark.parametrize(
    "text, expected",
    [("1h30m", 5400 * SECOND), ("1.5s", 1_500_000_000), ("-2m", -120 * SECOND), ("250ms", 250_000_000)],
)
def test_duration_is_read_in_both_styles(text: str, expected: int) -> None:
    assert parse_duration(text) == expected


@pytest.mark.parametrize("text", ["", "5", "1s1h", "5minutes", "1.5h"])
def test_prometheus_takes_whole_units_in_order(text: str) -> None:
    with pytest.raises(ValueError):
        parse_prometheus_duration(text)


@pytest.mark.parametrize("text, expected", [("5B", 5), ("1KB", 1000), ("1KiB", 1024), ("1.5MB", 1_500_000)])
def test_size_is_read(text: str, expected: int) -> None:
    assert parse_size(text) == expected


@pytest.mark.parametrize(
    "value, text",
    [(1.0, "1"), (0.1, "0.1"), (1e-7, "0.0000001"), (math.nan, "NaN"), (math.inf, "+Inf"), (-math.inf, "-Inf")],
)
def test_number_is_written_without_exponent(value: float, text: str) -> None:
    assert format_float(value) == text


@pytest.mark.parametrize(
    "nanoseconds, text",
    [(744 * 3600 * SECOND, "744h0m0s"), (90 * SECOND, "1m30s"), (250_000_000, "250ms"), (0, "0s"), (1500, "1.5µs")],
)
def test_duration_is_written_as_go_does(nanoseconds: int, text: str) -> None:
    assert format_go_duration(nanoseconds) == text
