from __future__ import annotations

import math
from typing import Any

import pytest

from gateway.demo.simulators.loki.metric_queries import evaluate
from gateway.demo.simulators.loki.parser import parse_query
from gateway.demo.simulators.loki.refusals import LokiRefusal
from gateway.demo.simulators.loki.samples import Samples
from tests.gateway.demo.simulators.loki.tiny_scenario import NOW_NS, line, samples_of

SECOND = 10**9
MINUTE = 60 * SECOND
S = '{service_namespace="shop"}'
LINES = [
    line("took=1s n=4 size=1KB", -10 * SECOND, level="info"),
    line("took=3s n=8 size=3KB", -20 * SECOND, level="info"),
    line("took=500ms n=1 size=2KB", -70 * SECOND, level="error"),
    line("n=2", -30 * SECOND, "payment", level="error"),
]


def _at_now(query: str, *lines: Any) -> dict[tuple[str, ...], float]:
    value = evaluate(samples_of(*(lines or LINES)), parse_query(query), range(NOW_NS, NOW_NS + 1))
    assert isinstance(value, dict)
    return {tuple(text for _, text in key): point for key, (point,) in value.items() if point is not None}


CART = '{service_name="cart"} | logfmt'
VALUES = [
    (f"sum(count_over_time({S}[1m]))", {(): 3}),
    (f"sum by (service_name) (count_over_time({S}[2m]))", {("cart",): 3, ("payment",): 1}),
    (f"sum by (level) (count_over_time({S}[2m]))", {("info",): 2, ("error",): 2}),
    (f"sum by (nothing) (count_over_time({S}[2m]))", {(): 4}),
    (f"sum without (level, service_name) (count_over_time({S}[2m]))", {("shop",): 4}),
    (f"sum(rate({S}[1m]))", {(): 3 / 60}),
    (f"sum(bytes_over_time({S}[20s]))", {(): 20}),
    (f"sum(bytes_rate({S}[20s]))", {(): 1}),
    (f'sum(count_over_time({S} | level="error" [1m]))', {(): 1}),
    (f'sum(count_over_time({S} |= "took" [2m]))', {(): 3}),
    (f"sum(count_over_time({S}[1m] offset 1m))", {(): 1}),
    (f"sum_over_time({CART} | keep n, service_name | unwrap n [1m])", {("cart",): 12}),
    (f"avg_over_time({CART} | unwrap n [1m]) by (service_name)", {("cart",): 6}),
    (f"max_over_time({CART} | unwrap duration(took) [2m]) by ()", {(): 3}),
    (f"min_over_time({CART} | unwrap duration_seconds(took) [2m]) by ()", {(): 0.5}),
    (f"max_over_time({CART} | unwrap bytes(size) [2m]) by ()", {(): 3000}),
    (f"first_over_time({CART} | unwrap n [2m]) by ()", {(): 1}),
    (f"last_over_time({CART} | unwrap n [2m]) by ()", {(): 4}),
    (f"quantile_over_time(0.5, {CART} | unwrap n [2m]) by ()", {(): 4}),
    (f"quantile_over_time(0.75, {CART} | unwrap n [2m]) by ()", {(): 6}),
    (f"stddev_over_time({CART} | unwrap n [1m]) by ()", {(): 2}),
    (f"rate({CART} | keep n, service_name | unwrap n [1m])", {("cart",): 0.2}),
    (f"max(sum by (service_name) (count_over_time({S}[2m])))", {(): 3}),
    (f"min(sum by (service_name) (count_over_time({S}[2m])))", {(): 1}),
    (f"avg(sum by (service_name) (count_over_time({S}[2m])))", {(): 2}),
    (f"count(sum by (service_name) (count_over_time({S}[2m])))", {(): 2}),
    (f"topk(1, sum by (service_name) (count_over_time({S}[2m])))", {("cart",): 3}),
    (f"bottomk(1, sum by (service_name) (count_over_time({S}[2m])))", {("payment",): 1}),
    (f"sum(count_over_time({S}[2m])) * 2 + 1", {(): 9}),
    (f"10 - sum(count_over_time({S}[2m]))", {(): 6}),
    (f"sum by (service_name) (count_over_time({S}[2m])) > 2", {("cart",): 3}),
    (f"2 < sum by (service_name) (count_over_time({S}[2m]))", {("cart",): 3}),
    (f"sum by (service_name) (count_over_time({S}[2m])) > bool 2", {("cart",): 1, ("payment",): 0}),
    (
        f'sum by (service_name) (count_over_time({S} | level="info" [2m])) / sum by (service_name) (count_over_time({S}[2m]))',
        {("cart",): 2 / 3},
    ),
    (f"sum by (service_name) (count_over_time({S}[2m])) / ignoring (service_name) group_left sum(count_over_time({S}[2m]))",
     {("cart",): 0.75, ("payment",): 0.25}),
    ('sum(count_over_time({service_name="lost"}[2m])) or vector(0)', {(): 0}),
    (f'sum(count_over_time({S}[2m])) unless vector(1)', {}),
    (f'sum(count_over_time({S}[2m])) and vector(1)', {(): 4}),
    ('absent_over_time({service_name="lost", x=~"y"}[2m])', {("lost",): 1}),
    (f"absent_over_time({S}[2m])", {}),
    ('label_replace(sum by (service_name) (count_over_time({service_name="cart"}[2m])), "x", "<${1}>", "service_name", "c(.*)")',
     {("cart", "<art>"): 3}),
    ("sum(count_over_time({service_name=\"lost\"}[1m]))", {}),
]  # fmt: skip


@pytest.mark.parametrize("query, expected", VALUES, ids=[query for query, _ in VALUES])
def test_query_has_the_value_that_one_can_count(query: str, expected: dict[tuple[str, ...], float]) -> None:
    assert _at_now(query) == pytest.approx(expected)


def test_window_is_open_on_the_left_and_closed_on_the_right() -> None:
    lines = [line("a", -MINUTE), line("b", -MINUTE + 1), line("c", 0)]
    assert _at_now(f"sum(count_over_time({S}[1m]))", *lines) == {(): 2}


def test_instants_without_lines_are_gaps() -> None:
    grid = range(NOW_NS - 2 * MINUTE, NOW_NS + 1, MINUTE)
    value = evaluate(samples_of(line("a", -90 * SECOND)), parse_query(f"sum(rate({S}[1m]))"), grid)
    assert value == {(): [None, 1 / 60, None]}


def test_window_behind_now_counts_what_there_is() -> None:
    grid = range(NOW_NS + MINUTE, NOW_NS + MINUTE + 1)
    value = evaluate(samples_of(line("a", 0), line("b", SECOND)), parse_query(f"sum(count_over_time({S}[2m]))"), grid)
    assert value == {(): [1.0]}


def test_division_by_nought_is_not_a_number() -> None:
    assert math.isnan(_at_now(f"sum(count_over_time({S}[2m])) / 0")[()])


@pytest.mark.parametrize(
    "query, words",
    [
        (f"sum(count_over_time({S} | json [1m]))", "pipeline error: 'JSONParserErr' for series: "),
        (f"max_over_time({CART} | unwrap took [1m])", "pipeline error: 'SampleExtractionErr' for series: "),
    ],
    ids=["parser", "unwrap"],
)
def test_marked_line_fails_a_metric_query(query: str, words: str) -> None:
    with pytest.raises(LokiRefusal, match=words):
        _at_now(query)


def test_filter_behind_unwrap_lets_marked_lines_go() -> None:
    assert _at_now(f'max_over_time({CART} | unwrap took | __error__="" [1m])') == {}


def test_too_many_series_are_refused() -> None:
    lines = [line("x", -number, trace_id=str(number)) for number in range(1, 502)]
    with pytest.raises(LokiRefusal, match=r"maximum number of series \(500\) reached"):
        _at_now(f"topk(2, sum by (trace_id) (count_over_time({S}[1m])))", *lines)
    assert len(_at_now(f"sum by (trace_id) (count_over_time({S}[1m]))", *lines[:500])) == 500


@pytest.mark.parametrize("stage", ["", '| detected_level="error"', "| http_response_status_code >= 500"])
def test_counting_by_shape_equals_counting_by_line(demo: Samples, stage: str) -> None:
    """An empty line filter keeps every line, and has each of them looked at."""
    now = demo.store.now_ns()
    grid = range(now // MINUTE * MINUTE - 10 * MINUTE, now + MINUTE, MINUTE)
    selector = '{service_namespace=~".+"}'
    by_shape, by_line = (
        evaluate(demo, parse_query(f"sum by (service_name, detected_level) (count_over_time({one}[90s]))"), grid)
        for one in (f"{selector} {stage}", f'{selector} |= "" {stage}')
    )
    assert isinstance(by_shape, dict)
    assert len(by_shape) >= 6
    assert by_shape == by_line


def test_count_is_the_number_of_lines_that_the_scenario_wrote(demo: Samples) -> None:
    now, scenario = demo.store.now_ns(), demo.store.scenario
    start = now - 5 * MINUTE
    logs = [log for request in scenario.requests("shop", start - MINUTE, now + 1) for log in request.logs]
    logs += scenario.background_logs("shop", start, now + 1)
    errors = sum(1 for log in logs if start < log.timestamp_ns <= now and log.level == "error")
    query = f'sum(count_over_time({S} | detected_level="error" [5m]))'
    assert evaluate(demo, parse_query(query), range(now, now + 1)) == {(): [float(errors)]}
