"""The simulated samples count the scenario's own requests, neither more nor fewer."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest

from gateway.demo.scenario import Scenario
from gateway.demo.simulators.prometheus.engine import Evaluator
from gateway.demo.simulators.prometheus.promql import parse, parse_matchers
from gateway.demo.simulators.prometheus.storage.exemplars import exemplars
from gateway.demo.simulators.prometheus.storage.protocol import Series
from gateway.demo.simulators.prometheus.storage.scenario import ScenarioStorage

SECOND = 1_000_000_000
HOUR_S = 3600
NOW_S = 1_795_335_015
DEPLOY_S = NOW_S // (6 * HOUR_S) * 6 * HOUR_S


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario()


@pytest.fixture(scope="module")
def storage(scenario: Scenario) -> ScenarioStorage:
    return ScenarioStorage(scenario, lambda: NOW_S * SECOND)


def select(storage: ScenarioStorage, selector: str, start_s: int, end_s: int) -> list[Series]:
    return storage.select(parse_matchers(selector), start_s * 1000, end_s * 1000)


def served(scenario: Scenario, namespace: str, start_s: int, end_s: int) -> Counter[tuple[str, str, str, str]]:
    """SERVER spans that ended in (start, end], by service, method, route and status."""
    found: Counter[tuple[str, str, str, str]] = Counter()
    for request in scenario.requests(namespace, (start_s - 30) * SECOND, end_s * SECOND):
        for span in request.spans:
            if span.kind == "SERVER" and start_s * SECOND < span.start_ns + span.duration_ns <= end_s * SECOND:
                keys = ("http.request.method", "http.route", "http.response.status_code")
                found[(span.service, *(str(span.attributes[key]) for key in keys))] += 1
    return found


@pytest.mark.parametrize("namespace", ["shop", "bank"])
def test_counters_grow_by_the_requests_that_were_served(
    scenario: Scenario, storage: ScenarioStorage, namespace: str
) -> None:
    name = f'http_server_request_duration_seconds_count{{service_namespace="{namespace}"}}'
    for start, end in ((NOW_S - 900, NOW_S), (DEPLOY_S + HOUR_S - 60, DEPLOY_S + HOUR_S + 60)):
        grown = {}
        for series in select(storage, name, start - 15, end):
            keys = ("service_name", "http_request_method", "http_route", "http_response_status_code")
            assert series.values[0] is not None
            assert series.values[-1] is not None
            grown[tuple(series.labels[key] for key in keys)] = series.values[-1] - series.values[0]
        assert {key: count for key, count in grown.items() if count} == served(scenario, namespace, start, end)


def test_counters_never_fall_but_behind_a_deploy(storage: ScenarioStorage) -> None:
    falls = set()
    for metric in ("count", "sum", "bucket"):
        for series in select(
            storage, f"http_server_request_duration_seconds_{metric}", DEPLOY_S - 2 * HOUR_S, DEPLOY_S + 2 * HOUR_S
        ):
            for at, (before, after) in zip(series.times, pairwise(series.values), strict=False):
                assert before is not None
                assert after is not None
                if after < before:
                    falls.add(at)
    assert falls == {DEPLOY_S * 1000}


def test_increase_over_a_deploy_loses_nothing(scenario: Scenario, storage: ScenarioStorage) -> None:
    query = 'sum(increase(http_server_request_duration_seconds_count{service_namespace="shop",http_response_status_code="200"}[10m]))'
    [column] = Evaluator(storage, [(DEPLOY_S + 300) * 1000]).vector(parse(query))
    counted = sum(
        count for key, count in served(scenario, "shop", DEPLOY_S - 285, DEPLOY_S + 300).items() if key[3] == "200"
    )
    assert column.values == [pytest.approx(counted * 600 / 585)]


def test_answer_does_not_depend_on_the_range_it_is_read_with(scenario: Scenario) -> None:
    name = 'http_server_request_duration_seconds_sum{service_name="payment"}'
    fresh = [ScenarioStorage(scenario, lambda: NOW_S * SECOND) for _ in range(2)]
    long = select(fresh[0], name, NOW_S - 5 * HOUR_S, NOW_S)
    short = select(fresh[1], name, NOW_S - 60, NOW_S)
    assert [series.values[-4:] for series in long] == [series.values for series in short]


def test_buckets_are_cumulative_and_end_in_the_count(storage: ScenarioStorage) -> None:
    labels = '{service_name="checkout",http_response_status_code="201"}'
    buckets = select(storage, f"http_server_request_duration_seconds_bucket{labels}", NOW_S - 60, NOW_S)
    [count] = select(storage, f"http_server_request_duration_seconds_count{labels}", NOW_S - 60, NOW_S)
    assert [series.labels["le"] for series in buckets][:3] == ["0.005", "0.01", "0.025"]
    assert all(
        low <= high
        for one, next_one in pairwise(buckets)
        for low, high in zip(one.values, next_one.values, strict=True)
    )  # type: ignore[operator]
    assert buckets[-1].labels["le"] == "+Inf"
    assert buckets[-1].values == count.values


def test_span_metrics_count_the_same_requests(storage: ScenarioStorage) -> None:
    def rate(query: str) -> float | None:
        [column] = Evaluator(storage, [NOW_S * 1000]).vector(parse(query))
        return column.values[0]

    by_service = 'sum(rate(http_server_request_duration_seconds_count{service_name="payment"}[5m]))'
    by_span = 'sum(rate(traces_spanmetrics_calls_total{service="payment",span_kind="SPAN_KIND_SERVER"}[5m]))'
    by_edge = 'sum(rate(traces_service_graph_request_total{server="payment"}[5m]))'
    assert rate(by_service) == pytest.approx(rate(by_span), rel=0.05)
    assert rate(by_service) == pytest.approx(rate(by_edge), rel=0.05)


def test_service_graph_names_the_namespace_of_sides_that_send_spans(storage: ScenarioStorage) -> None:
    edges = {
        (labels["client"], labels["server"]): labels
        for labels in storage.labels([parse_matchers("traces_service_graph_request_total")], 0, NOW_S * 1000)
    }
    assert edges["checkout", "payment"]["server_service_namespace"] == "shop"
    assert "server_service_namespace" not in edges["payment", "psp"]
    assert "server_service_namespace" not in edges["payment", "pg.internal"]
    assert "client_service_namespace" not in edges["user", "gateway"]


def test_nothing_is_told_of_the_future_or_of_last_week(storage: ScenarioStorage) -> None:
    assert select(storage, "up", NOW_S, NOW_S + 3600) == []
    assert select(storage, "up", NOW_S - 8 * 86_400, NOW_S - 7 * 86_400) == []
    assert storage.labels([], (NOW_S + 10) * 1000, (NOW_S + 3600) * 1000) == []
    [series, *_] = select(storage, "up", NOW_S - 30, NOW_S + 3600)
    assert series.times == [(NOW_S - 15) * 1000, NOW_S * 1000]


def test_exemplars_are_requests_in_their_bucket(scenario: Scenario, storage: ScenarioStorage) -> None:
    selector = parse_matchers(
        'http_server_request_duration_seconds_bucket{service_name="payment",http_response_status_code="502"}'
    )
    found = exemplars(storage, [selector], (NOW_S - HOUR_S) * 1000, NOW_S * 1000)
    assert found
    for series in found:
        for exemplar in series["exemplars"]:
            request = scenario.request(exemplar["labels"]["trace_id"])
            assert request is not None
            span = next(span for span in request.spans if span.span_id == exemplar["labels"]["span_id"])
            assert float(exemplar["value"]) == span.duration_ns / 1e9 <= float(series["seriesLabels"]["le"])
            assert span.attributes["http.response.status_code"] == 502
