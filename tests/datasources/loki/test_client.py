"""Loki's client on a scripted transport: what goes over the wire, and what is refused before."""

from __future__ import annotations

import httpx
import pytest

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import BadInput, SourceMalformed, SourceRefused
from datasources.loki import requests
from datasources.records.shared import NS_PER_S, Interval
from datasources.records.sources import SourceKind
from datasources.scope import Rule, Scope
from tests.resolvers.logs.things import PROJECT, Loki, matrix, streams

HOUR = Interval(1_795_331_415 * NS_PER_S, 1_795_335_015 * NS_PER_S)


def call() -> Call:
    return Call(Deadline.after(10), Ledger())


def loki_with(answer: object) -> Loki:
    return Loki(lambda path, params: answer)


async def test_log_query_asks_for_nanoseconds_and_categories():
    loki = loki_with(streams())
    expression = loki.source.narrow('{app="x"}', PROJECT.scope)
    await loki.source.logs(expression, HOUR, project=PROJECT, limit=7, forward=True, call=call())
    path, params = loki.requests[0]
    assert path == "query_range"
    assert params == {
        "query": '{service_namespace="shop", app="x"}',
        "start": "1795331415000000000",
        "end": "1795335015000000000",
        "limit": "7",
        "direction": "forward",
    }


async def test_long_query_is_posted_as_a_form_with_the_tenant_and_the_header():
    scope = Scope(PROJECT.scope.projects, (Rule("ns", ("shop",)),), "team-a")
    expression = loki_with({}).source.narrow('{app="x"} |= "' + "y" * 5_000 + '"', scope)
    request = requests.logs(expression, HOUR, limit=1, forward=False)
    assert (request.method, request.params, request.tenant) == ("POST", (), "team-a")
    assert dict(request.form or ())["query"] == expression.text
    assert dict(request.headers) == {"X-Loki-Response-Encoding-Flags": "categorize-labels"}


async def test_metric_query_over_a_range_gives_columns():
    loki = loki_with(matrix(({"a": "2"}, [[1_795_331_460, "3"]]), ({"a": "1"}, [[1_795_331_460, "NaN"]])))
    stepped = Interval(HOUR.start_ns, HOUR.end_ns, 60 * NS_PER_S)
    expression = loki.source.narrow("sum by (a) (count_over_time({}[1m]))", PROJECT.scope)
    found = await loki.source.query_range(expression, stepped, call=call())
    assert [(series.labels, series.timestamps, series.values) for series in found.series] == [
        ({"a": "1"}, [1_795_331_460_000.0], [None]),
        ({"a": "2"}, [1_795_331_460_000.0], [3.0]),
    ]
    assert loki.requests[0][1]["step"] == "60"


@pytest.mark.parametrize(
    "step_ns, text", [(60 * NS_PER_S, "60"), (NS_PER_S // 2, "0.5"), (10**6, "0.001"), (3600 * NS_PER_S, "3600")]
)
def test_step_is_written_in_seconds(step_ns, text):
    assert requests.seconds(step_ns) == text


async def test_more_lines_than_loki_gives_are_refused_before_it_is_asked():
    loki = loki_with(streams())
    expression = loki.source.narrow("{}", PROJECT.scope)
    with pytest.raises(BadInput, match="at most 5000"):
        await loki.source.logs(expression, HOUR, project=PROJECT, limit=5_001, forward=False, call=call())
    assert loki.requests == []


async def test_longer_range_than_loki_takes_is_refused_before_it_is_asked():
    loki = loki_with(streams())
    expression = loki.source.narrow("{}", PROJECT.scope)
    long = Interval(0, 31 * 24 * 3600 * NS_PER_S)
    with pytest.raises(BadInput, match="30 days"):
        await loki.source.logs(expression, long, project=PROJECT, limit=1, forward=False, call=call())
    with pytest.raises(BadInput, match="30 days"):
        await loki.source.patterns(expression, long, call=call())
    assert loki.requests == []


async def test_more_points_than_loki_gives_are_refused_before_it_is_asked():
    loki = loki_with(matrix())
    expression = loki.source.narrow("sum(count_over_time({}[1s]))", PROJECT.scope)
    with pytest.raises(BadInput, match="longer step"):
        await loki.source.query_range(expression, Interval(0, 11_001 * NS_PER_S, NS_PER_S), call=call())
    assert loki.requests == []


async def test_pattern_step_is_at_least_ten_seconds():
    loki = loki_with({"status": "success"})
    selector = loki.source.narrow_selector("", PROJECT.scope)
    await loki.source.patterns(selector, Interval(0, 60 * NS_PER_S, NS_PER_S), call=call())
    assert loki.requests[0][1]["step"] == "10"


async def test_names_in_a_path_are_quoted():
    loki = loki_with({"status": "success", "data": ["a"]})
    selector = loki.source.narrow_selector("", PROJECT.scope)
    await loki.source.label_values("../../config", selector, HOUR, call=call())
    assert loki.requests[0][0] == "label/../../config/values"
    assert requests.label_values("a/b?c", selector, HOUR).path == "/loki/api/v1/label/a%2Fb%3Fc/values"


@pytest.mark.parametrize("by, expected", [((), None), (("a", "b"), "a,b")])
async def test_index_volume_groups_by_labels(by, expected):
    loki = loki_with({"data": {"resultType": "vector", "result": [{"metric": {"a": "x"}, "value": [1, "5"]}]}})
    selector = loki.source.narrow_selector("", PROJECT.scope)
    found = await loki.source.index_volume(selector, HOUR, by=by, call=call())
    assert found.samples[0].value == 5
    assert loki.requests[0][1].get("targetLabels") == expected


async def test_metadata_requests_carry_the_scope_and_the_range():
    loki = loki_with({"status": "success"})
    source = loki.source
    selector = source.narrow_selector("", PROJECT.scope)
    await source.labels(selector, HOUR, call=call())
    await source.detected_labels(selector, HOUR, call=call())
    await source.detected_fields(selector, HOUR, call=call())
    await source.detected_field_values("x", selector, HOUR, limit=5, call=call())
    await source.index_stats(selector, HOUR, call=call())
    await source.series(selector, HOUR, call=call())
    assert len(loki.requests) == 6
    for _, params in loki.requests:
        assert (params.get("query") or params["match[]"]) == '{service_namespace="shop"}'
        assert {"start", "end"} <= params.keys()


async def test_metadata_is_asked_for_once_in_a_while():
    loki = loki_with({"status": "success", "data": ["a"]})
    selector = loki.source.narrow_selector("", PROJECT.scope)
    for _ in range(3):
        assert await loki.source.labels(selector, HOUR, call=call()) == ["a"]
    assert len(loki.requests) == 1


async def test_check_tells_the_version_and_the_status_repeats_it():
    loki = loki_with({"version": "3.8.1"})
    assert await loki.source.check(call()) == "3.8.1"
    status = loki.source.status()
    assert (status.name, status.kind, status.version) == ("loki", SourceKind.LOKI, "3.8.1")
    await loki.source.close()


async def test_refusal_is_the_sources_own_words():
    loki = loki_with(httpx.Response(400, text="parse error at line 1, col 5: syntax error: unexpected |"))
    expression = loki.source.narrow("{} | |", PROJECT.scope)
    with pytest.raises(SourceRefused, match="parse error: syntax error: unexpected"):
        await loki.source.logs(expression, HOUR, project=PROJECT, limit=1, forward=False, call=call())


async def test_nonsense_is_malformed_and_names_the_source():
    loki = loki_with(httpx.Response(200, text="<html>"))
    expression = loki.source.narrow("{}", PROJECT.scope)
    with pytest.raises(SourceMalformed) as caught:
        await loki.source.logs(expression, HOUR, project=PROJECT, limit=1, forward=False, call=call())
    assert caught.value.source == "loki"
