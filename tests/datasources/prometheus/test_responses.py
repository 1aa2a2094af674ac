"""Every recorded answer of a real Prometheus is decoded, or becomes the error that it means."""

from __future__ import annotations

import json
import math
from collections.abc import Callable

import pytest

from datasources.exceptions import (
    SourceError,
    SourceMalformed,
    SourceRefused,
    SourceTimeout,
    SourceUnauthorised,
    SourceUnavailable,
)
from datasources.http import SourceResponse
from datasources.prometheus import catalog, responses, rules
from datasources.prometheus.failures import without_places
from datasources.records.shared import NS_PER_S, Interval
from datasources.scope import Refused, Rule
from tests.datasources.prometheus.recordings import NAMES, recorded_response, recording

SHOP = (Rule("service_namespace", ("shop",)),)
INTERVAL = Interval(0, 60 * NS_PER_S, 60 * NS_PER_S)
Decoder = Callable[[SourceResponse], object]
DECODERS: dict[str, Decoder] = {
    "/api/v1/query": lambda answer: responses.decode_vector(answer, "prometheus"),
    "/api/v1/query_range": lambda answer: responses.decode_matrix(answer, "prometheus", INTERVAL),
    "/api/v1/query_exemplars": lambda answer: responses.decode_exemplars(answer, "prometheus"),
    "/api/v1/labels": lambda answer: catalog.decode_names(answer, "prometheus"),
    "/api/v1/label": lambda answer: catalog.decode_names(answer, "prometheus"),
    "/api/v1/series": lambda answer: catalog.decode_label_sets(answer, "prometheus"),
    "/api/v1/metadata": lambda answer: catalog.decode_metadata(answer, "prometheus", ["go_goroutines"]),
    "/api/v1/rules": lambda answer: rules.decode_rules(answer, "prometheus", SHOP),
    "/api/v1/alerts": lambda answer: rules.decode_alerts(answer, "prometheus", SHOP),
    "/api/v1/status/buildinfo": lambda answer: catalog.decode_version(answer, "prometheus"),
}


def decoder_for(name: str) -> Decoder | None:
    path = recording(name)["request"]["path"]
    return DECODERS["/api/v1/label"] if path.startswith("/api/v1/label/") else DECODERS.get(path)


OURS = [name for name in NAMES if decoder_for(name) and recording(name)["request"]["method"] in ("GET", "POST")]
GOOD = [name for name in OURS if recorded_response(name).status == 200]
BAD = [name for name in OURS if recorded_response(name).status != 200]
NOT_FOR_AN_INSTANT = {"query_matrix_range_selector", "query_string"}


def test_recordings_are_whole() -> None:
    assert len(GOOD) >= 60
    assert len(BAD) >= 18


@pytest.mark.parametrize("name", GOOD)
def test_recorded_answer_is_decoded(name: str) -> None:
    decode = decoder_for(name)
    assert decode is not None
    if name in NOT_FOR_AN_INSTANT:
        with pytest.raises(Refused):
            decode(recorded_response(name))
    else:
        assert decode(recorded_response(name)) is not None


@pytest.mark.parametrize("name", BAD)
def test_recorded_failure_becomes_an_error_without_misleading_places(name: str) -> None:
    decode = decoder_for(name)
    assert decode is not None
    with pytest.raises(SourceError) as caught:
        decode(recorded_response(name))
    message = caught.value.message
    assert "1:" not in message
    status = recorded_response(name).status
    assert isinstance(caught.value, SourceRefused if status in (400, 422) else SourceTimeout | SourceMalformed)


@pytest.mark.parametrize("name", [name for name in GOOD if recording(name)["request"]["path"].endswith("/query_range")])
def test_columns_hold_exactly_the_recorded_samples(name: str) -> None:
    found = responses.decode_matrix(recorded_response(name), "prometheus", INTERVAL).series
    raw = [item for item in recording(name)["response"]["body"]["data"]["result"] if item.get("values")]
    assert [series.labels for series in found] == [item["metric"] for item in raw]
    for series, item in zip(found, raw, strict=True):
        assert series.timestamps == [round(at * 1000) for at, _ in item["values"]]
        expected = [float(text) for _, text in item["values"]]
        assert series.values == [value if math.isfinite(value) else None for value in expected]


def test_series_without_a_gap_share_their_timestamps() -> None:
    parameters = recording("query_range_by_namespace")["request"]["params"]
    start, end, step = (int(float(parameters[name])) * NS_PER_S for name in ("start", "end", "step"))
    answer = recorded_response("query_range_by_namespace")
    found = responses.decode_matrix(answer, "prometheus", Interval(start, end, step)).series
    assert len({id(series.timestamps) for series in found}) == 1


@pytest.mark.parametrize(
    "body, kind",
    [
        (b"", SourceMalformed),
        (b"<html>", SourceMalformed),
        (b'{"status":"success"}', SourceMalformed),
        (b'{"data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"x"]]}]}}', SourceMalformed),
        (b'{"data":{"resultType":"matrix","result":[{"metric":{"a":1},"values":[]}]}}', SourceMalformed),
        (b'{"data":{"resultType":"matrix","result":[{"metric":{},"values":[[1,"2"]', SourceMalformed),
    ],
)
def test_nonsense_is_malformed(body: bytes, kind: type[SourceError]) -> None:
    with pytest.raises(kind):
        responses.decode_matrix(SourceResponse(200, "application/json", body), "prometheus", INTERVAL)


def test_value_of_an_instant_that_is_no_number_is_malformed() -> None:
    body = b'{"data":{"resultType":"scalar","result":[1,"x"]}}'
    with pytest.raises(SourceMalformed):
        responses.decode_vector(SourceResponse(200, "application/json", body), "prometheus")


def test_infinities_and_not_a_number_are_null() -> None:
    values = [[1, "1.5"], [2, "NaN"], [3, "+Inf"], [4, "-Inf"], [5.25, "1e3"]]
    body = json.dumps({"data": {"resultType": "matrix", "result": [{"metric": {}, "values": values}]}}).encode()
    [series] = responses.decode_matrix(SourceResponse(200, "", body), "prometheus", INTERVAL).series
    assert series.values == [1.5, None, None, None, 1000.0]
    assert series.timestamps == [1000.0, 2000.0, 3000.0, 4000.0, 5250.0]


def test_limit_is_kept_also_where_the_server_ignores_it() -> None:
    answer = recorded_response("query_limit_ignored_v2_42")
    whole = responses.decode_vector(answer, "prometheus")
    cut = responses.decode_vector(answer, "prometheus", limit=1)
    assert (len(cut.samples), cut.truncated, whole.truncated) == (1, True, False)
    assert not responses.decode_vector(answer, "prometheus", limit=len(whole.samples)).truncated


def test_native_histograms_are_left_out_with_a_word() -> None:
    instant = responses.decode_vector(recorded_response("query_native_histogram"), "prometheus")
    ranged = responses.decode_matrix(recorded_response("query_range_native_histogram"), "prometheus", INTERVAL)
    assert instant.warnings == ranged.warnings == [responses.HISTOGRAMS]
    assert not instant.samples
    assert not ranged.series


def test_warnings_and_infos_come_without_places() -> None:
    warned = responses.decode_vector(recorded_response("query_warnings"), "prometheus")
    informed = responses.decode_vector(recorded_response("query_infos"), "prometheus")
    assert warned.warnings == ["PromQL warning: quantile value should be between 0 and 1, got 1.5"]
    assert "might not be a counter" in informed.warnings[0]


@pytest.mark.parametrize(
    "message, plain",
    [
        ('invalid parameter "query": 1:4: parse error: unexpected end', "unexpected end"),
        ("unknown position: parse error: no expression", "no expression"),
        ("found duplicate series for the match group", "found duplicate series for the match group"),
        ('invalid parameter "step": zero or negative', 'invalid parameter "step": zero or negative'),
    ],
)
def test_places_are_cut_from_messages(message: str, plain: str) -> None:
    assert without_places(message) == plain


@pytest.mark.parametrize(
    "status, body, kind",
    [
        (401, b"", SourceUnauthorised),
        (403, b"no org id", SourceUnauthorised),
        (404, b"404 page not found", SourceMalformed),
        (400, b"proxy error", SourceMalformed),
        (302, b"", SourceMalformed),
        (429, b"", SourceUnavailable),
        (500, b'{"status":"error","errorType":"internal","error":"secret path"}', SourceUnavailable),
        (503, b"Service Unavailable", SourceUnavailable),
        (503, b'{"status":"error","errorType":"timeout","error":"query timed out"}', SourceTimeout),
    ],
)
def test_status_decides_the_kind_of_error(status: int, body: bytes, kind: type[SourceError]) -> None:
    with pytest.raises(kind) as caught:
        responses.decode_vector(SourceResponse(status, "", body), "prometheus")
    assert "secret" not in caught.value.message
    assert caught.value.source == "prometheus"


def test_rules_and_alerts_of_others_are_left_out() -> None:
    alerts = rules.decode_alerts(recorded_response("alerts"), "prometheus", SHOP)
    assert alerts
    assert {alert.labels["service_namespace"] for alert in alerts} == {"shop"}
    [rule] = [rule for rule in rules.decode_rules(recorded_response("rules"), "prometheus", SHOP) if rule.alerts]
    assert (rule.expression, rule.last_error, rule.annotations, rule.state) == (None, None, {}, "firing")
    assert {alert.labels["service_namespace"] for alert in rule.alerts} == {"shop"}


def test_own_rule_is_shown_with_its_expression() -> None:
    severity = (Rule("severity", ("warning",)),)
    [rule] = rules.decode_rules(recorded_response("rules_alert_filtered"), "prometheus", severity)
    assert rule.expression


def test_metadata_is_given_for_the_asked_names_only() -> None:
    answer = recorded_response("metadata_metric")
    name = "http_server_request_duration_seconds_bucket"
    found = catalog.decode_metadata(answer, "prometheus", [name, "other"])
    assert (found[name].kind, found[name].unit, set(found)) == ("histogram", "seconds", {name})
    assert catalog.decode_metadata(answer, "prometheus", []) == {}


def test_version_is_told_where_there_is_one() -> None:
    assert catalog.decode_version(recorded_response("status_buildinfo"), "prometheus") == "3.14.0"
    assert catalog.decode_version(SourceResponse(404, "text/plain", b"no"), "prometheus") is None


def test_exemplars_keep_their_labels_and_instants() -> None:
    [series, *_] = responses.decode_exemplars(recorded_response("exemplars_bucket"), "prometheus")
    first = series.exemplars[0]
    assert series.labels["service_name"] == "payment"
    assert (first.labels["trace_id"], first.timestamp) == ("c05def2e7f46cf1813cd7c3e99ed40c9", 1795332077164.0)
