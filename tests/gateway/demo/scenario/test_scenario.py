"""The scenario is a function of seed and time, and its signals agree with one another."""

from __future__ import annotations

import json
import time

import pytest

from gateway.demo.scenario import Request, Scenario

SECOND = 1_000_000_000
NOW = 1_795_335_015 * SECOND
HOUR = 3600 * SECOND


@pytest.fixture(scope="module")
def scenario() -> Scenario:
    return Scenario()


@pytest.fixture(scope="module", params=["shop", "bank"])
def requests(request: pytest.FixtureRequest, scenario: Scenario) -> list[Request]:
    return list(scenario.requests(request.param, NOW - HOUR, NOW))


def test_same_seed_tells_the_same_story(scenario: Scenario) -> None:
    again = Scenario().requests("shop", NOW - 60 * SECOND, NOW)
    assert [request.spans for request in again] == [
        request.spans for request in scenario.requests("shop", NOW - 60 * SECOND, NOW)
    ]


def test_another_seed_tells_another_story(scenario: Scenario) -> None:
    other = {request.trace_id for request in Scenario(2).requests("shop", NOW - HOUR, NOW)}
    assert other.isdisjoint(request.trace_id for request in scenario.requests("shop", NOW - HOUR, NOW))


def test_requests_ascend_and_start_inside_the_range(requests: list[Request]) -> None:
    starts = [request.start_ns for request in requests]
    assert starts == sorted(starts)
    assert starts[0] >= NOW - HOUR
    assert starts[-1] < NOW


def test_ranges_side_by_side_hold_each_request_once(scenario: Scenario, requests: list[Request]) -> None:
    cut = requests[len(requests) // 2].start_ns
    halves = [scenario.requests(requests[0].namespace, *ends) for ends in ((NOW - HOUR, cut), (cut, NOW))]
    assert [*halves[0], *halves[1]] == requests


def test_empty_range_holds_nothing(scenario: Scenario) -> None:
    assert list(scenario.requests("shop", NOW, NOW)) == []


def test_about_a_request_a_second(requests: list[Request]) -> None:
    assert 2200 < len(requests) < 5000


def test_trace_id_leads_back_to_its_request(scenario: Scenario, requests: list[Request]) -> None:
    for request in requests[::50]:
        assert scenario.request(request.trace_id) == request
        assert scenario.request(request.trace_id.lstrip("0").upper()) == request


def test_trace_ids_are_unique_and_some_begin_with_zeros(requests: list[Request]) -> None:
    ids = {request.trace_id for request in requests}
    assert len(ids) == len(requests)
    assert {len(trace_id) for trace_id in ids} == {32}
    assert any(trace_id.startswith("0" * 16) for trace_id in ids)
    assert any(trace_id[0] == "0" and trace_id[1] != "0" for trace_id in ids)


@pytest.mark.parametrize("trace_id", ["", "xyz", "0" * 32, "1" * 32, "f" * 40, "12ab"])
def test_foreign_trace_id_has_no_request(scenario: Scenario, trace_id: str) -> None:
    assert scenario.request(trace_id) is None


def test_every_shape_has_five_to_forty_spans(scenario: Scenario) -> None:
    for namespace in scenario.namespaces:
        assert all(5 <= len(variant.spans) <= 40 for variant in scenario.variants(namespace))


def test_children_start_within_their_parents(requests: list[Request]) -> None:
    for request in requests[::40]:
        spans = {span.span_id: span for span in request.spans}
        assert len(spans) == len(request.spans)
        assert request.spans[0].parent_id is None
        for span in request.spans[1:]:
            assert span.parent_id is not None
            parent = spans[span.parent_id]
            assert span.start_ns >= parent.start_ns
            if span.kind != "CONSUMER":
                assert span.start_ns + span.duration_ns <= parent.start_ns + parent.duration_ns


def test_each_server_span_has_one_access_log_line(requests: list[Request]) -> None:
    for request in requests[::20]:
        served = sorted(
            (span.span_id, span.attributes["http.route"], str(span.attributes["http.response.status_code"]))
            for span in request.spans
            if span.kind == "SERVER"
        )
        logged = sorted(
            (log.metadata["span_id"], log.metadata["http_route"], log.metadata["http_response_status_code"])
            for log in request.logs
            if "http_route" in log.metadata
        )
        assert served == logged


def test_errors_are_the_exceptions_of_failing_requests_and_messages(requests: list[Request]) -> None:
    failing = [request for request in requests if request.errors]
    assert len(failing) > 5
    for request in failing:
        spans = {span.span_id: span for span in request.spans}
        for error in request.errors:
            span = spans[error.span_id]
            assert span.status == "ERROR"
            assert error.trace_id == span.trace_id
            assert span.events[0].attributes["exception.message"] == error.value
            assert span.start_ns <= error.timestamp_ns <= span.start_ns + span.duration_ns


def test_failed_requests_have_a_failed_root(requests: list[Request]) -> None:
    for request in requests:
        status = request.variant.spans[0].attributes["http.response.status_code"]
        assert request.failed == (status >= 500)


def test_lines_are_json_or_logfmt_by_service(requests: list[Request]) -> None:
    formats: dict[str, set[bool]] = {}
    for request in requests[:300]:
        for log in request.logs:
            assert "\n" not in log.line
            assert log.metadata["trace_id"] == request.trace_id
            formats.setdefault(log.service, set()).add(log.line.startswith("{"))
            if log.line.startswith("{"):
                assert json.loads(log.line)["level"] == log.level
            else:
                assert log.line.startswith(f"level={log.level} msg=")
    assert {len(seen) for seen in formats.values()} == {1}
    assert {True, False} == set.union(*formats.values())


def test_four_levels_and_every_service_appear(scenario: Scenario, requests: list[Request]) -> None:
    namespace = requests[0].namespace
    logs = [log for request in requests for log in request.logs]
    assert {log.level for log in logs} == {"debug", "info", "warn", "error"}
    assert {log.service for log in logs} == set(scenario.services(namespace))


def test_kinds_links_and_typed_attributes_appear(requests: list[Request]) -> None:
    spans = [span for request in requests[:400] for span in request.spans]
    assert {span.kind for span in spans} == {"SERVER", "CLIENT", "INTERNAL", "PRODUCER", "CONSUMER"}
    assert {type(value) for span in spans for value in span.attributes.values()} >= {str, int, float, bool}
    assert any(span.links for span in spans)


def test_link_to_the_previous_request_leads_to_it(scenario: Scenario) -> None:
    links = [
        link
        for request in scenario.requests("bank", NOW - HOUR, NOW)
        for span in request.spans[:1]
        for link in span.links
    ]
    target = scenario.request(links[0].trace_id)
    assert target is not None
    assert target.spans[0].span_id == links[0].span_id


def test_shop_checkout_fails_for_a_third_of_every_hundred_seconds(scenario: Scenario) -> None:
    outages = scenario.outages("shop", NOW - HOUR, NOW)
    assert len(outages) in (36, 37)
    assert all(33 <= (outage.end_ns - outage.start_ns) / SECOND <= 37 for outage in outages)


def test_bank_has_an_outage_of_a_minute_every_quarter_of_an_hour(scenario: Scenario) -> None:
    outages = scenario.outages("bank", NOW - 3 * HOUR, NOW)
    assert 11 <= len(outages) <= 13
    assert {outage.end_ns - outage.start_ns for outage in outages} == {60 * SECOND}


@pytest.mark.parametrize("namespace, route", [("shop", "POST /checkout"), ("bank", "POST /transfers")])
def test_outages_fail_two_in_five_and_other_times_one_in_a_hundred(
    scenario: Scenario, namespace: str, route: str
) -> None:
    start = NOW - 6 * HOUR
    outages = scenario.outages(namespace, start, NOW)
    inside, outside = [], []
    for request in scenario.requests(namespace, start, NOW):
        if request.route == route and any(outage.start_ns <= request.start_ns < outage.end_ns for outage in outages):
            inside.append(request.failed)
        else:
            outside.append(request.failed)
    assert 0.3 < sum(inside) / len(inside) < 0.55
    assert sum(outside) / len(outside) < 0.03


def test_background_lines_belong_to_no_request(scenario: Scenario) -> None:
    lines = scenario.background_logs("shop", NOW - HOUR, NOW)
    assert 1070 < len(lines) < 1090
    assert all("trace_id" not in line.metadata for line in lines)
    assert [line.timestamp_ns for line in lines] == sorted(line.timestamp_ns for line in lines)


def test_a_day_is_listed_and_traces_are_made_fast() -> None:
    """Aims are 0.5 s and 50 ms; the limits leave room for a busy machine."""
    fresh, started = Scenario(), time.process_time()
    day = fresh.requests("shop", NOW - 24 * HOUR, NOW)
    listed = time.process_time() - started
    assert len(day) > 80_000
    assert listed < 1.5
    started = time.process_time()
    assert sum(len(request.spans) for request in day[:100]) > 500
    assert time.process_time() - started < 0.2
