from __future__ import annotations

import pytest

from gateway.demo.simulators.loki.log_queries import streams_result
from gateway.demo.simulators.loki.store import RETENTION_NS
from tests.gateway.demo.simulators.loki.tiny_scenario import NOW_NS, line, select, store_of

ALL = '{service_namespace="shop"}'
SECOND = 10**9


def _texts(*lines: object, **window: object) -> list[str]:
    return [state.line for state in select(store_of(*lines), ALL, **window)]


def test_lines_of_one_instant_come_in_order_of_arrival_or_reversed() -> None:
    lines = [line(f"part={number}", -5) for number in range(3)]
    assert _texts(*lines) == ["part=2", "part=1", "part=0"]
    assert _texts(*lines, backward=False) == ["part=0", "part=1", "part=2"]


@pytest.mark.parametrize("backward, kept", [(True, ["part=2", "part=1"]), (False, ["part=0", "part=1"])])
def test_limit_cuts_in_the_middle_of_an_instant(backward: bool, kept: list[str]) -> None:
    lines = [line(f"part={number}", -5) for number in range(3)]
    assert _texts(*lines, backward=backward, limit=2) == kept


def test_limit_is_one_for_all_streams() -> None:
    lines = [line(f"{service} {number}", -number, service) for service in ("cart", "payment") for number in range(1, 5)]
    assert _texts(*lines, limit=3) == ["payment 1", "cart 1", "payment 2"]


def test_start_belongs_to_the_window_and_end_does_not() -> None:
    lines = [line("start", -20), line("end", -10)]
    assert _texts(*lines, start_ns=NOW_NS - 20, end_ns=NOW_NS - 10) == ["start"]


def test_what_has_not_been_written_yet_is_not_found() -> None:
    assert _texts(line("past", 0), line("future", 1), end_ns=NOW_NS + 100) == ["past"]


def test_what_is_past_retention_is_gone() -> None:
    lines = [line("kept", -RETENTION_NS), line("gone", -RETENTION_NS - 1)]
    assert _texts(*lines, start_ns=0) == ["kept"]


def test_interval_thins_what_the_limit_let_through() -> None:
    lines = [line(str(number), -number * 10 * SECOND) for number in range(10)]
    assert _texts(*lines, interval_ns=30 * SECOND, limit=7) == ["0", "3", "6"]


def test_walk_crosses_minutes_in_order() -> None:
    lines = [line(str(number), -number * 17 * SECOND) for number in range(30)]
    assert _texts(*lines) == [str(number) for number in range(30)]


def test_categorised_entry_holds_metadata_and_parsed_labels_apart() -> None:
    lines = select(store_of(line("a=1", -5, trace_id="t1")), f"{ALL} | logfmt")
    (stream,) = streams_result(lines, categorize=True)
    assert stream["stream"] == {"service_name": "cart", "service_namespace": "shop"}
    assert stream["values"] == [
        [str(NOW_NS - 5), "a=1", {"structuredMetadata": {"trace_id": "t1"}, "parsed": {"a": "1"}}]
    ]


def test_plain_answer_has_a_stream_per_set_of_labels() -> None:
    lines = select(
        store_of(line("a", -5, trace_id="t1"), line("b", -4, trace_id="t2"), line("c", -3, trace_id="t2")), ALL
    )
    streams = {stream["stream"]["trace_id"]: stream["values"] for stream in streams_result(lines, categorize=False)}
    assert streams == {
        "t1": [[str(NOW_NS - 5), "a"]],
        "t2": [[str(NOW_NS - 3), "c"], [str(NOW_NS - 4), "b"]],
    }
