from __future__ import annotations

import pytest

from gateway.demo.simulators.tempo.durations import go_duration, prometheus_duration
from gateway.demo.simulators.tempo.traceql.values import format_duration, plain


@pytest.mark.parametrize(
    ("ns", "text"),
    [
        (0, "0s"),
        (1, "1ns"),
        (1_500, "1.5µs"),
        (152_894_680, "152.89468ms"),
        (1_000_000_000, "1s"),
        (90_500_000_000, "1m30.5s"),
        (86_400_000_000_000, "24h0m0s"),
        (-20_900_000, "-20.9ms"),
    ],
)
def test_duration_prints_as_in_go(ns: int, text: str) -> None:
    assert format_duration(ns) == text


@pytest.mark.parametrize(
    ("text", "ns"),
    [
        ("0", 0),
        ("1.5s", 1_500_000_000),
        ("-2ms", -2_000_000),
        ("1h2m", 3_720_000_000_000),
        ("3µs", 3_000),
        (".5s", 500_000_000),
    ],
)
def test_go_duration_is_read(text: str, ns: int) -> None:
    assert go_duration(text) == ns


@pytest.mark.parametrize("text", ["", "1", "s", "1d", "1s ", "1.2.3s", "９s", "99999999999999h"])
def test_what_go_refuses_is_no_duration(text: str) -> None:
    assert go_duration(text) is None


@pytest.mark.parametrize(
    ("text", "ns"), [("1d12h", 129_600_000_000_000), ("15m", 900_000_000_000), ("1s5ms", 1_005_000_000)]
)
def test_prometheus_duration_is_read(text: str, ns: int) -> None:
    assert prometheus_duration(text) == ns


@pytest.mark.parametrize("text", ["", "1.5s", "-1s", "5m1h", "9999999y"])
def test_what_prometheus_refuses_is_no_duration(text: str) -> None:
    assert prometheus_duration(text) is None


@pytest.mark.parametrize(
    ("value", "text"), [(None, "nil"), (True, "true"), (1.0, "1.0"), (0.1, "0.1"), (["a", "b"], "[`a`, `b`]")]
)
def test_value_prints_as_in_tempo(value: object, text: str) -> None:
    assert plain(value) == text  # type: ignore[arg-type]
