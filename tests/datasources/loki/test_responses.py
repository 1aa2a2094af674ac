"""Every recorded answer of a real Loki is decoded, or becomes the error that it means."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest

from datasources.exceptions import (
    BadInput,
    SourceMalformed,
    SourceRefused,
    SourceTimeout,
    SourceTooLarge,
    SourceUnauthorised,
    SourceUnavailable,
)
from datasources.http import SourceResponse
from datasources.loki.responses import LokiResponses
from datasources.records.logs import LogFieldKind, LogLevel
from datasources.records.shared import NS_PER_S, Interval, Label
from tests.datasources.loki.recordings import NAMES, recorded_response, recording
from tests.resolvers.logs.things import PROJECT

LOKI = LokiResponses("loki")
NOT_READ = {
    "error_404": "no endpoint of Loki's",
    "error_405": "a method that is never used",
    "format_query": "not asked for",
    "format_query_error": "not asked for",
    "prometheus_rules_empty": "rules belong to the alerts",
    "ready": "buildinfo serves as check",
    "services": "not asked for",
}


def lines(response: SourceResponse, *, forward: bool = False):
    return LOKI.lines(response, project=PROJECT, forward=forward, limit=100)


DECODERS: dict[str, Callable[[SourceResponse], object]] = {
    "query": LOKI.vector,
    "labels": LOKI.names,
    "label": LOKI.names,
    "series": LOKI.label_sets,
    "index/stats": LOKI.index_stats,
    "index/volume": LOKI.vector,
    "index/volume_range": LOKI.matrix,
    "patterns": LOKI.patterns,
    "detected_labels": LOKI.detected_labels,
    "detected_fields": LOKI.detected_fields,
    "detected_field": LOKI.values,
    "status/buildinfo": LOKI.version,
}


def decoder_for(name: str) -> Callable[[SourceResponse], object]:
    request = recording(name)["request"]
    path = request["path"].removeprefix("/loki/api/v1/")
    if path.endswith("/values"):
        path = path.partition("/")[0]
    if path == "query_range":
        query = {**request.get("params", {}), **(request.get("form") or {})}.get("query", "")
        return lines if query.startswith("{") else LOKI.matrix
    return DECODERS[path]


def reads(name: str) -> bool:
    path = recording(name)["request"]["path"]
    return name not in NOT_READ and not path.endswith(("/tail", "/push", "/v1/logs"))


GOOD = [name for name in NAMES if reads(name) and recorded_response(name).status == 200]
BAD = [name for name in NAMES if reads(name) and recorded_response(name).status != 200]


def test_recordings_are_whole():
    assert len(GOOD) >= 65
    assert len(BAD) >= 20
    assert set(NOT_READ) <= set(NAMES)


@pytest.mark.parametrize("name", GOOD)
def test_recorded_answer_is_decoded(name):
    found = decoder_for(name)(recorded_response(name))
    held = next(
        (getattr(found, part) for part in ("entries", "series", "samples", "streams") if hasattr(found, part)), found
    )
    assert bool(held) is not any(
        word in name for word in ("empty", "unknown", "no_data", "end_is_exclusive", "buildinfo")
    )


@pytest.mark.parametrize("name", BAD)
def test_recorded_refusal_becomes_the_error_that_it_means(name):
    response = recorded_response(name)
    expected = SourceUnauthorised if response.status == 401 else SourceRefused
    with pytest.raises(expected) as caught:
        decoder_for(name)(response)
    assert caught.value.source == "loki"
    assert "line 1, col" not in caught.value.message


@pytest.mark.parametrize("name", [name for name in GOOD if decoder_for(name) is lines])
def test_lines_of_a_recording_are_all_there_and_in_order(name):
    response = recorded_response(name)
    streams = json.loads(response.body)["data"]["result"]
    forward = recording(name)["request"].get("params", {}).get("direction") == "forward"
    found = lines(response, forward=forward).entries
    given = [(int(value[0]), value[1]) for stream in streams for value in stream["values"]]
    assert sorted((entry.timestamp_ns, entry.line) for entry in found) == sorted(given)
    times = [entry.timestamp_ns for entry in found]
    assert times == sorted(times, reverse=not forward)


def test_categorised_line_tells_level_service_trace_and_fields():
    entry = lines(recorded_response("query_range_streams_categorized")).entries[0]
    assert (entry.level, entry.service) == (LogLevel.INFO, "payment")
    assert (entry.trace_id, entry.span_id) == ("256d37b2dff4a70be12a9c3d999730dd", "9ffa92b177c2dcc9")
    fields = {field.name: field.value for field in entry.fields}
    assert fields["http_route"] == "/charge"
    assert fields["http_bytes"] == "3856"
    assert Label("service_namespace", "shop") in entry.labels


def test_answer_without_categories_tells_the_same():
    told = [
        [(entry.timestamp_ns, entry.line, entry.level, entry.service, entry.trace_id) for entry in entries]
        for entries in (
            sorted(lines(recorded_response(name)).entries, key=lambda entry: (entry.timestamp_ns, entry.line))
            for name in ("query_range_streams_default", "query_range_streams_categorized")
        )
    ]
    assert told[0] == told[1]


def test_lines_of_one_stream_share_their_labels():
    entries = lines(recorded_response("query_range_streams_categorized")).entries
    assert len(entries) == 20
    assert len({id(entry.labels) for entry in entries}) == 1


def test_equal_nanoseconds_keep_the_order_of_arrival_and_its_reverse():
    backward = lines(recorded_response("query_range_equal_ns_all")).entries
    assert [entry.line[-1] for entry in backward] == ["2", "1", "0"]


def test_order_of_streams_is_no_part_of_the_answer():
    body = json.loads(recorded_response("query_range_streams_two_namespaces").body)
    one = lines(_answer(body)).entries
    body["data"]["result"].reverse()
    assert [entry.mark for entry in lines(_answer(body)).entries] == [entry.mark for entry in one]


@pytest.mark.parametrize(
    "third",
    [[], [{}], [{"structuredMetadata": {"a": "b"}}], [{"parsed": {"a": "b"}}]],
    ids=["none", "{}", "meta", "parsed"],
)
def test_third_element_may_hold_anything_or_be_absent(third):
    values = [["1795335009568397812", "level=info a=b", *third]]
    body = {"data": {"resultType": "streams", "result": [{"stream": {"x": "y"}, "values": values}]}}
    (entry,) = lines(_answer(body)).entries
    assert entry.timestamp_ns == 1_795_335_009_568_397_812
    assert Label("a", "b") in entry.fields


def test_parser_errors_are_no_fields():
    entries = lines(recorded_response("query_range_parser_error_label")).entries
    assert not [field for entry in entries for field in entry.fields if field.name.startswith("__error")]


def test_full_answer_says_that_there_may_be_more():
    response = recorded_response("query_range_streams_categorized")
    assert LOKI.lines(response, project=PROJECT, forward=False, limit=20).full
    assert not LOKI.lines(response, project=PROJECT, forward=False, limit=21).full


def test_stats_are_of_the_whole_query():
    stats = lines(recorded_response("query_range_streams_categorized")).stats
    assert (stats.bytes_processed, stats.lines_processed) == (428_560, 1_076)
    assert stats.took_ms == pytest.approx(28.818)


def test_aligned_points_outside_of_the_range_are_cut_away():
    request = recording("query_range_metric_step_alignment")["request"]["params"]
    interval = Interval(request["start"] * NS_PER_S, request["end"] * NS_PER_S, 300 * NS_PER_S)
    (series,) = LOKI.matrix(recorded_response("query_range_metric_step_alignment"), interval=interval).series
    given = json.loads(recorded_response("query_range_metric_step_alignment").body)["data"]["result"][0]["values"]
    kept = [at * 1000 for at, _ in given if request["start"] <= at <= request["end"]]
    assert series.timestamps == kept
    assert len(kept) < len(given)


def test_scalar_in_milliseconds_is_the_instant_that_was_meant():
    (sample,) = LOKI.vector(recorded_response("query_scalar_ms_timestamp")).samples
    assert (sample.at_ns, sample.value) == (1_795_335_015_000_000_000, 2.0)


def test_nan_is_null():
    assert {sample.value for sample in LOKI.vector(recorded_response("query_nan")).samples} == {None}


@pytest.mark.parametrize("text", ["+Inf", "-Inf", "NaN"])
def test_what_json_cannot_carry_is_null(text):
    body = {"data": {"resultType": "matrix", "result": [{"metric": {}, "values": [[1, text], [2, "3.5"]]}]}}
    (series,) = LOKI.matrix(_answer(body)).series
    assert series.values == [None, 3.5]


@pytest.mark.parametrize(
    "name",
    ["label_values_unknown", "labels_out_of_range_no_data_key", "tenant_unknown"],
)
def test_missing_data_key_is_an_empty_list(name):
    assert LOKI.names(recorded_response(name)) == []


def test_fields_without_a_parser_are_metadata():
    kinds = {field.name: field.kind for field in LOKI.detected_fields(recorded_response("detected_fields"))}
    assert kinds["trace_id"] is LogFieldKind.METADATA
    assert kinds["http_bytes"] is LogFieldKind.PARSED


def test_patterns_come_most_frequent_first():
    found = LOKI.patterns(recorded_response("patterns"))
    assert found[0].total == max(pattern.total for pattern in found) == sum(found[0].counts)
    assert "<_>" in found[0].pattern
    assert found[0].timestamps[0] == 1_795_334_100_000


@pytest.mark.parametrize("name", ["detected_fields_empty", "detected_labels_empty", "detected_field_values_unknown"])
def test_empty_object_is_an_empty_list(name):
    assert decoder_for(name)(recorded_response(name)) == []


@pytest.mark.parametrize(
    "status, expected",
    [
        (403, SourceUnauthorised),
        (404, SourceMalformed),
        (413, SourceTooLarge),
        (429, SourceUnavailable),
        (500, SourceUnavailable),
        (503, SourceUnavailable),
        (504, SourceTimeout),
    ],
)
def test_status_becomes_a_kind_of_error(status, expected):
    with pytest.raises(expected) as caught:
        LOKI.names(SourceResponse(status, "text/plain", b"inner words of the source"))
    assert "inner words" not in caught.value.message


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>sign in</html>",
        b'{"data":{"resultType":"streams","result":[{"stream":{},"values":[["12',
        b'{"data":{"resultType":"streams","result":[{"stream":{},"values":[["soon","line"]]}]}}',
        b'{"data":{"resultType":"histogram","result":[]}}',
        b'{"data":{"resultType":"streams","result":[{"stream":{"a":1},"values":[]}]}}',
        b'{"x":' + b"[" * 100_000,
        b'{"data":{"resultType":"streams","result":"\xff"}}',
    ],
    ids=["empty", "html", "cut", "no number", "other kind", "no text", "deep", "no utf-8"],
)
def test_nonsense_is_malformed(body):
    with pytest.raises(SourceMalformed):
        lines(SourceResponse(200, "application/json", body))


def test_sample_that_is_no_number_is_malformed():
    body = {"data": {"resultType": "vector", "result": [{"metric": {}, "value": [1, "many"]}]}}
    with pytest.raises(SourceMalformed):
        LOKI.vector(_answer(body))


def test_metric_query_where_lines_are_wanted_is_the_writers_mistake():
    with pytest.raises(BadInput, match="metric query"):
        lines(recorded_response("query_range_metric_topk"))


def test_log_query_where_a_metric_is_wanted_is_the_writers_mistake():
    with pytest.raises(BadInput, match="log query"):
        LOKI.matrix(recorded_response("query_range_streams_categorized"))


def test_function_that_is_switched_off_is_a_refusal_whatever_the_status():
    with pytest.raises(SourceRefused, match="not enabled"):
        LOKI.vector(SourceResponse(500, "text/plain", b"approx_topk is not enabled. See -limits.shard_aggregations"))


def test_refusal_keeps_the_words_and_drops_the_place_in_a_text_that_nobody_wrote():
    with pytest.raises(SourceRefused, match="parse error: syntax error"):
        lines(recorded_response("query_range_error_parse"))


def _answer(body: object) -> SourceResponse:
    return SourceResponse(200, "application/json", json.dumps(body).encode())
