"""Every recorded answer of a real Tempo is decoded, or becomes the error that it means."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from datasources.exceptions import (
    SourceError,
    SourceMalformed,
    SourceRefused,
    SourceTimeout,
    SourceTooLarge,
    SourceUnauthorised,
    SourceUnavailable,
)
from datasources.http import SourceResponse
from datasources.records.shared import NS_PER_S, Interval, Label
from datasources.records.traces import Attribute, AttributeName, RecordedTrace, SpanKind, SpanStatus
from datasources.scope import Rule, Scope
from datasources.tempo import metrics, responses
from datasources.tempo.failures import raise_failure, without_places
from datasources.tempo.otlp import id_from_base64, id_from_hex, plain_value
from datasources.tempo.traces import decode_trace
from tests.datasources.tempo.recordings import HOUR, NAMES, json_response, recorded_response, recording

SHOP = (Rule("service_namespace", ("shop",)),)
BANK = (Rule("service_namespace", ("bank",)),)
ANY = (Rule("service_namespace", pattern=".+"),)
SCOPE = Scope(frozenset({"p"}), (Rule("team", ("x",)),))
DECODERS: dict[str, Callable[[SourceResponse], object]] = {
    "/api/traces/": lambda answer: decode_trace(answer, "tempo", "0" * 32, [SHOP]),
    "/api/v2/traces/": lambda answer: decode_trace(answer, "tempo", "0" * 32, [SHOP]),
    "/api/search/tag": lambda answer: responses.decode_tag_values(answer, "tempo"),
    "/api/search": lambda answer: responses.decode_search(answer, "tempo", [ANY], limit=20),
    "/api/v2/search/tags": lambda answer: responses.decode_tags(answer, "tempo"),
    "/api/v2/search/tag/": lambda answer: responses.decode_tag_values(answer, "tempo"),
    "/api/metrics/query_range": lambda answer: metrics.decode_matrix(answer, "tempo", HOUR, SCOPE),
    "/api/metrics/query": lambda answer: metrics.decode_vector(answer, "tempo", HOUR.end_ns, SCOPE),
    "/api/status/buildinfo": lambda answer: responses.decode_version(answer, "tempo"),
}
NEVER_ASKED = {"tags_v1", "tag_values_v1", "trace_v1_protobuf", "trace_v2_protobuf", "trace_v2_llm"}
"""Other versions of an endpoint, and other media types: the gateway asks for neither."""


def decoder_for(name: str) -> Callable[[SourceResponse], object] | None:
    path = recording(name)["request"]["path"]
    return next((DECODERS[prefix] for prefix in sorted(DECODERS, reverse=True) if path.startswith(prefix)), None)


OURS = [name for name in NAMES if decoder_for(name)]
GOOD = [name for name in OURS if recorded_response(name).status == 200 and name not in NEVER_ASKED]
BAD = [name for name in OURS if recorded_response(name).status != 200]


def test_recordings_are_whole() -> None:
    assert len(GOOD) >= 70
    assert len(BAD) >= 25
    assert len(NAMES) - len(GOOD) - len(BAD) <= 12


@pytest.mark.parametrize("name", GOOD)
def test_recorded_answer_is_decoded(name: str) -> None:
    decode = decoder_for(name)
    assert decode is not None
    found = decode(recorded_response(name))
    assert found is not None or name == "buildinfo"


@pytest.mark.parametrize("name", BAD)
def test_recorded_failure_becomes_an_error_without_misleading_places(name: str) -> None:
    decode = decoder_for(name)
    assert decode is not None
    if name == "trace_v1_not_found":
        assert decode(recorded_response(name)) == [None]
        return
    if name == "metrics_range_error_inside_cutoff":
        assert decode(recorded_response(name)) == metrics.Matrix([], [metrics.TOO_NEW])
        return
    with pytest.raises(SourceError) as caught:
        decode(recorded_response(name))
    assert " col " not in caught.value.message
    expected = SourceUnauthorised if name.startswith("tenant_") else SourceRefused
    assert isinstance(caught.value, expected)


@pytest.mark.parametrize("name", ["trace_v1_protobuf", "trace_v2_protobuf", "trace_v2_llm"])
def test_media_type_that_was_not_asked_for_is_malformed(name: str) -> None:
    with pytest.raises(SourceMalformed):
        decode_trace(recorded_response(name), "tempo", "0" * 32, [SHOP])


@pytest.mark.parametrize(
    "name, message",
    [
        ("search_error_parse", "invalid TraceQL query: parse error: syntax error: unexpected $end"),
        ("search_error_unknown_identifier", "invalid TraceQL query: parse error: unknown identifier: foo"),
        ("metrics_range_error_not_metrics", "not a metrics query"),
    ],
)
def test_refusal_keeps_the_words_that_help_the_writer(name: str, message: str) -> None:
    with pytest.raises(SourceRefused) as caught:
        raise_failure(recorded_response(name), "tempo")
    assert caught.value.message == message


@pytest.mark.parametrize(
    "status, text, kind",
    [
        (401, "no org id", SourceUnauthorised),
        (403, "", SourceUnauthorised),
        (422, "trace exceeds max size (max bytes: 5000000)", SourceTooLarge),
        (404, "404 page not found", SourceMalformed),
        (405, "", SourceMalformed),
        (429, "job queue full", SourceUnavailable),
        (500, "error querying live-stores in Querier.SearchRecent: empty ring", SourceUnavailable),
        (503, "Some services are not Running", SourceUnavailable),
        (504, "", SourceTimeout),
    ],
)
def test_status_says_whose_fault_it_is(status: int, text: str, kind: type[SourceError]) -> None:
    with pytest.raises(kind) as caught:
        raise_failure(SourceResponse(status, "text/plain", text.encode()), "tempo")
    assert caught.value.source == "tempo"
    assert not text or text not in caught.value.message


BLOCK = "error querying live-stores in Querier.SearchRecent: rpc error: code = Unknown desc = Search: processing block (x): "


@pytest.mark.parametrize(
    "words",
    [
        "expression (!.canary) expected a boolean, but got TypeString",
        "expression (-.canary) expected a numeric, but got TypeString",
        "division by zero",
        "modulo by zero",
        "math expressions not supported",
    ],
)
def test_question_that_cannot_be_evaluated_is_its_writers_to_mend(words: str) -> None:
    response = SourceResponse(500, "text/plain", f"{BLOCK}{words}".encode())
    with pytest.raises(SourceRefused) as caught:
        raise_failure(response, "tempo")
    assert caught.value.message == f"invalid TraceQL query: {words}"


def test_places_in_the_text_that_was_sent_are_not_shown() -> None:
    assert without_places("parse error at line 1, col 2: syntax error") == "parse error: syntax error"


@pytest.mark.parametrize(
    "body, content_type",
    [(b"{", "application/json"), (b"[]", "application/json"), (b'{"traces":[{}]}', "application/json")]
    + [(b'{"traces":[{"traceID":"xyz"}]}', "application/json"), (b"{}", "text/html")],
    ids=["cut off", "another shape", "no id", "no hex", "no JSON"],
)
def test_nonsense_is_malformed(body: bytes, content_type: str) -> None:
    with pytest.raises(SourceMalformed):
        responses.decode_search(SourceResponse(200, content_type, body), "tempo", [ANY], limit=20)[0]


def trace_of(name: str, rules: tuple[Rule, ...]) -> RecordedTrace | None:
    return decode_trace(recorded_response(name), "tempo", "f" * 32, [rules])[0]


def test_whole_trace_is_read_with_its_defaults() -> None:
    trace = trace_of("trace_v2_error_trace", SHOP)
    assert trace is not None
    assert Counter(span.service for span in trace.spans) == {"checkout": 5, "frontend": 4, "inventory": 3, "payment": 3}
    assert not trace.partial
    assert trace.redacted_spans == 0
    root = next(span for span in trace.spans if span.parent_id is None)
    assert (root.kind, root.name, root.status) == (SpanKind.SERVER, "POST /checkout", SpanStatus.ERROR)
    assert all(len(span.id) == 16 and span.start_ns < span.end_ns for span in trace.spans)
    ids = {span.id for span in trace.spans}
    assert all(span.parent_id is None or span.parent_id in ids for span in trace.spans)
    failed = next(span for span in trace.spans if span.events)
    names = [attribute.name for attribute in failed.events[0].attributes]
    assert failed.events[0].name == "exception"
    assert "exception.type" in names


def test_attribute_values_keep_their_types() -> None:
    trace = trace_of("trace_v2_error_trace", SHOP)
    assert trace is not None
    values = {each.name: each.value for span in trace.spans for each in span.attributes}
    assert values["http.response.status_code"] in (200, 500, 502, 503, 504)
    assert {type(value) for value in values.values()} >= {str, int}


def test_links_are_read() -> None:
    trace = trace_of("trace_v2_bank_with_links", BANK)
    assert trace is not None
    links = [link for span in trace.spans for link in span.links]
    assert [(len(link.trace_id), len(link.span_id)) for link in links] == [(32, 16)]


def test_padded_and_trimmed_ids_give_the_same_trace() -> None:
    for digits in ("31digits", "64bit"):
        padded = trace_of(f"trace_v2_leading_zeros_{digits}_padded", SHOP)
        assert padded is not None
        assert trace_of(f"trace_v2_leading_zeros_{digits}_trimmed", SHOP) == padded


def test_partial_trace_says_so() -> None:
    trace = trace_of("trace_v2_filtered_partial", SHOP)
    assert trace is not None
    assert trace.partial


@pytest.mark.parametrize("name", ["trace_v2_not_found", "trace_v1_not_found"])
def test_unknown_trace_is_none_both_ways(name: str) -> None:
    assert trace_of(name, SHOP) is None


def test_trace_of_others_looks_like_an_unknown_one() -> None:
    assert trace_of("trace_v2_error_trace", BANK) is None


def test_spans_of_others_are_counted_and_nothing_else_of_them_is_left() -> None:
    shop = recording("trace_v2_error_trace")["response"]["body"]["trace"]["resourceSpans"]
    bank = recording("trace_v2_bank_with_links")["response"]["body"]["trace"]["resourceSpans"]
    mixed = json_response({"trace": {"resourceSpans": [*bank, *shop, {"scopeSpans": shop[0]["scopeSpans"]}]}})
    own, foreign = decode_trace(mixed, "tempo", "f" * 32, [SHOP, BANK])
    assert own is not None
    assert foreign is not None
    without_resource = len(shop[0]["scopeSpans"][0]["spans"])
    assert own.spans == getattr(trace_of("trace_v2_error_trace", SHOP), "spans", None)
    assert own.redacted_spans == len(foreign.spans) + without_resource
    assert "bank" not in repr(own)


def test_spans_of_a_search_that_do_not_show_the_scope_are_dropped() -> None:
    response = recorded_response("search_merged_namespaces")
    shop = responses.decode_search(response, "tempo", [SHOP], limit=20)[0]
    bank = responses.decode_search(response, "tempo", [BANK], limit=20)[0]
    both = responses.decode_search(response, "tempo", [ANY], limit=20)[0]
    assert {trace.id for trace in shop.traces}.isdisjoint(trace.id for trace in bank.traces)
    assert len(shop.traces) + len(bank.traces) == len(both.traces) == 20
    assert not both.exhausted
    values = {label.value for trace in shop.traces for span in trace.spans for label in span.attributes}
    assert "bank" not in values


def test_search_without_the_scope_in_its_answer_gives_nothing() -> None:
    assert responses.decode_search(recorded_response("search_by_avg"), "tempo", [SHOP], limit=20)[0].traces == []


def test_search_results_are_newest_first_with_padded_ids() -> None:
    found = responses.decode_search(recorded_response("search_by_namespace"), "tempo", [BANK], limit=10)[0].traces
    assert [trace.order_ns for trace in found] == sorted((trace.order_ns for trace in found), reverse=True)
    assert {len(trace.id) for trace in found} == {32}
    assert any(trace.id.startswith("0") for trace in found)
    assert all(trace.matched >= len(trace.spans) > 0 for trace in found)


def test_selected_fields_come_with_a_search() -> None:
    response = recorded_response("search_select_all_intrinsics")
    spans = (
        responses.decode_search(response, "tempo", [(Rule("service_name", pattern=".+"),)], limit=20)[0].traces[0].spans
    )
    assert [(span.name, span.service, span.is_root, span.is_error) for span in spans] == [
        ("POST /checkout", "frontend", True, True),
        ("POST", "frontend", False, True),
        ("POST /orders", "checkout", False, True),
    ]
    assert Label("kind", "server") in spans[0].attributes
    assert "nestedSetParent" not in {label.name for label in spans[0].attributes}


def test_attribute_that_comes_twice_with_two_values_shows_nothing() -> None:
    twice = [{"key": "service.namespace", "value": {"stringValue": value}} for value in ("shop", "bank")]
    span = {"spanID": "1", "attributes": twice}
    answer = json_response({"traces": [{"traceID": "1", "spanSets": [{"spans": [span]}]}]})
    assert responses.decode_search(answer, "tempo", [SHOP], limit=20)[0].traces == []


def test_tags_come_with_their_scope_and_without_those_of_foreign_roots() -> None:
    found = responses.decode_tags(recorded_response("tags_v2"), "tempo")
    assert AttributeName("service.name", "resource") in found
    assert AttributeName("exception.type", "event") in found
    assert not [each for each in found if each.name.lower().startswith(("root", "trace:root"))]


@pytest.mark.parametrize(
    "name, values",
    [
        ("tag_values_v2_bool", {"true", "false"}),
        ("tag_values_v2_unknown", set()),
        ("tag_values_v2_status", {"unset", "ok", "error"}),
        ("tag_values_v2_kind", {"client", "producer", "internal", "server", "consumer", "unspecified"}),
        ("tag_values_v2_namespace", {"shop", "bank"}),
    ],
)
def test_tag_values_are_text_and_keywords_without_their_numbers(name: str, values: set[str]) -> None:
    assert set(responses.decode_tag_values(recorded_response(name), "tempo")) == values


def test_absent_value_is_zero() -> None:
    found = metrics.decode_matrix(recorded_response("metrics_range_empty_ungrouped_zero"), "tempo", HOUR, SCOPE)
    assert set(found.series[0].values) == {0.0}


def test_leading_point_covers_the_time_before_the_range_and_is_dropped() -> None:
    asked = Interval(1795334008 * NS_PER_S, 1795334908 * NS_PER_S, 60 * NS_PER_S)
    raw = recording("metrics_range_alignment")["response"]["body"]["series"][0]["samples"]
    found = metrics.decode_matrix(recorded_response("metrics_range_alignment"), "tempo", asked, SCOPE).series[0]
    assert found.timestamps[0] == 1795334040000
    assert found.timestamps[-1] == 1795334880000
    assert len(found.timestamps) == len(raw) - 2


def test_missing_intervals_of_a_maximum_are_gaps() -> None:
    found = metrics.decode_matrix(recorded_response("metrics_range_max_sparse"), "tempo", HOUR, SCOPE)
    series = next(each for each in found.series if each.labels == {"resource.service.name": "checkout"})
    assert 1795334280000 not in series.timestamps
    assert all(value and value > 0 for value in series.values)


def test_labels_keep_what_they_say_as_text() -> None:
    found = metrics.decode_matrix(recorded_response("metrics_range_by_typed_labels"), "tempo", HOUR, SCOPE)
    labels = {value for series in found.series for value in series.labels.items()}
    assert {("span.http.response.status_code", "200"), ("span.cache.hit", "true"), ("kind", "client")} <= labels
    quantiles = metrics.decode_matrix(recorded_response("metrics_range_quantiles"), "tempo", HOUR, SCOPE)
    assert {series.labels["p"] for series in quantiles.series} == {"0.5", "0.95", "0.99"}


@pytest.mark.parametrize(
    "name, samples",
    [
        ("metrics_instant_by_namespace", [("bank", 21274.0), ("shop", 49293.0)]),
        ("metrics_instant_rate", [("rate", 19.67298578199052)]),
        ("metrics_instant_empty", []),
        ("tenant_unknown_metrics_no_series_key", []),
    ],
)
def test_instant_numbers_become_a_vector(name: str, samples: list[tuple[str, float]]) -> None:
    found = metrics.decode_vector(recorded_response(name), "tempo", 5, SCOPE)
    assert [(sample.labels[0].value, sample.value) for sample in found.samples] == samples
    assert {sample.at_ns for sample in found.samples} <= {5}


def test_partial_numbers_come_with_a_warning() -> None:
    answer = json_response({"series": [], "status": "PARTIAL", "message": "max_response_series reached"})
    assert metrics.decode_matrix(answer, "tempo", HOUR, SCOPE).warnings == ["max_response_series reached"]


def test_numbers_that_are_none_become_none() -> None:
    samples = [{"timestampMs": str(HOUR.end_ns // 1_000_000), "value": "NaN"}]
    found = metrics.decode_matrix(json_response({"series": [{"samples": samples}]}), "tempo", HOUR, SCOPE)
    assert found.series[0].values == [None]


@pytest.mark.parametrize(
    "text, size, expected",
    [
        ("BmVFjVWF/43FF4XBZmyQvQ==", 16, "0665458d5585ff8dc51785c1666c90bd"),
        ("9jmhb/bcwuU=", 8, "f639a16ff6dcc2e5"),
        ("F639A16FF6DCC2E5", 8, "f639a16ff6dcc2e5"),
        ("AQ==", 8, "0000000000000001"),
    ],
)
def test_ids_of_bodies_are_base64(text: str, size: int, expected: str) -> None:
    assert id_from_base64(text, size) == expected


@pytest.mark.parametrize("text", ["!!!!", "AAAAAAAAAAAAAAAA AAAA", "A" * 40], ids=["no base64", "space", "too long"])
def test_what_is_no_id_is_an_error(text: str) -> None:
    with pytest.raises(ValueError):
        id_from_base64(text, 8)


def test_ids_of_searches_are_hex_without_leading_zeros() -> None:
    assert id_from_hex("abc", 8) == "0000000000000abc"


@pytest.mark.parametrize(
    "value, expected",
    [
        ({}, None),
        ({"stringValue": "x"}, "x"),
        ({"intValue": "9007199254740993"}, 9007199254740993),
        ({"boolValue": False}, False),
        ({"doubleValue": 0.5}, 0.5),
        ({"bytesValue": "AQ=="}, "AQ=="),
        ({"arrayValue": {}}, []),
        ({"arrayValue": {"values": [{"intValue": "1"}, {"stringValue": "a"}]}}, [1, "a"]),
        ({"kvlistValue": {"values": [{"key": "k", "value": {"boolValue": True}}]}}, {"k": True}),
    ],
)
def test_values_become_plain_json(value: dict[str, object], expected: object) -> None:
    assert plain_value(value) == expected


def test_values_nested_absurdly_deep_end() -> None:
    value: dict[str, object] = {"stringValue": "x"}
    for _ in range(100):
        value = {"arrayValue": {"values": [value]}}
    assert str(plain_value(value)).count("[") == 20


def test_names_of_kinds_and_statuses_may_be_numbers() -> None:
    resource = {"attributes": [{"key": "service.namespace", "value": {"stringValue": "shop"}}]}
    span = {"spanId": "9jmhb/bcwuU=", "kind": 2, "status": {"code": 2}}
    body = {"trace": {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]}}
    trace = decode_trace(json_response(body), "tempo", "f" * 32, [SHOP])[0]
    assert trace is not None
    assert (trace.spans[0].kind, trace.spans[0].status) == (SpanKind.SERVER, SpanStatus.ERROR)
    assert trace.spans[0].service == "unknown_service"
    assert trace.spans[0].resource == [Attribute("service.namespace", "shop")]
