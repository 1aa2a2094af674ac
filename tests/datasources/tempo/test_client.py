"""The client: what it sends, and that limits of the source are met before or by asking in parts."""

from __future__ import annotations

from itertools import pairwise
from urllib.parse import unquote

import httpx
import pytest

from datasources.exceptions import BadInput, SourceMalformed, SourceRefused, SourceUnavailable
from datasources.http import SourceResponse
from datasources.records.shared import NS_PER_S, Interval
from datasources.records.sources import CircuitState, SourceKind, SourceState
from datasources.records.traces import AttributeName, FoundTraces, TraceFilter
from datasources.scope import Rule, Scope
from datasources.tempo.client import TempoSource
from datasources.tempo.requests import MAX_SEARCH_RANGE_S
from tests.datasources.tempo.recordings import BANK, BOTH, HOUR, SHOP, Upstream, call, json_response

ALL = TraceFilter()
TRACE_ID = "0893253efca22962af9eda2eabb9d371"


def minutes(count: int, step_s: int = 60) -> Interval:
    start_ns = 1795332000 * NS_PER_S
    return Interval(start_ns, start_ns + count * 60 * NS_PER_S, step_s * NS_PER_S)


async def search(source: TempoSource, interval: Interval, scope: Scope, *, limit: int = 1) -> list[FoundTraces]:
    expression = source.narrow_search("", ALL, scope)
    return await source.search(expression, interval, scopes=[scope], limit=limit, spans_per_trace=3, call=call())


async def test_search_sends_both_ends_in_whole_seconds() -> None:
    upstream = Upstream("search_by_namespace")
    source = upstream.source()
    interval = Interval(1_500_000_000, 2_500_000_001)
    found = (await search(source, interval, BANK, limit=10))[0]
    sent = upstream.params[0]
    assert (sent["start"], sent["end"], sent["limit"], sent["spss"]) == ("1", "3", "10", "3")
    assert sent["q"].startswith('{ (resource.service.namespace = "bank") } | select')
    assert len(found.traces) == 10
    assert not found.exhausted


async def test_search_of_a_week_is_not_refused_for_its_rounding() -> None:
    upstream = Upstream("search_empty")
    source = upstream.source()
    end_ns = 1795335015 * NS_PER_S + 1
    interval = Interval(end_ns - MAX_SEARCH_RANGE_S * NS_PER_S, end_ns)
    await search(source, interval, SHOP)
    sent = upstream.params[0]
    assert int(sent["end"]) - int(sent["start"]) == MAX_SEARCH_RANGE_S


async def test_search_over_more_than_a_week_is_refused_before_anything_is_sent() -> None:
    upstream = Upstream("search_empty")
    source = upstream.source()
    interval = Interval(0, (MAX_SEARCH_RANGE_S + 1) * NS_PER_S)
    with pytest.raises(BadInput, match="168h") as caught:
        await search(source, interval, SHOP)
    assert caught.value.argument == "range"
    assert upstream.requests == []


async def test_trace_is_asked_for_once_for_several_scopes() -> None:
    upstream = Upstream("trace_v2_leading_zeros_31digits_trimmed")
    shop, bank = await upstream.source().trace(TRACE_ID, [SHOP, BANK], call=call())
    assert upstream.paths == [f"/api/v2/traces/{TRACE_ID}"]
    assert shop is not None
    assert shop.id == TRACE_ID
    assert bank is None


@pytest.mark.parametrize("name", ["trace_v2_not_found", "trace_v1_not_found"])
async def test_unknown_trace_is_none(name: str) -> None:
    assert await Upstream(name).source().trace(TRACE_ID, [SHOP], call=call()) == [None]


async def test_outlines_of_many_traces_are_one_request() -> None:
    upstream = Upstream("search_merged_namespaces")
    ids = [f"{number:032x}" for number in range(1, 101)]
    shop, bank = await upstream.source().outlines(ids, HOUR, within=BOTH, scopes=[SHOP, BANK], call=call())
    assert len(upstream.requests) == 1
    assert upstream.params[0]["spss"] == "100"
    assert upstream.params[0]["q"].count("trace:id") == 100
    assert shop.keys().isdisjoint(bank)
    assert len(shop) + len(bank) == 20
    assert min(len(shop), len(bank)) > 0


async def test_outlines_of_very_many_traces_are_asked_for_in_parts() -> None:
    upstream = Upstream("search_empty")
    ids = [f"{number:032x}" for number in range(1, 502)]
    await upstream.source().outlines(ids, HOUR, within=BOTH, scopes=[BOTH], call=call())
    assert [params["q"].count("trace:id") for params in upstream.params] == [250, 250, 1]
    assert max(len(str(request.url)) for request in upstream.requests) < 60_000


async def test_tenant_of_the_scope_is_sent_and_no_other_header_of_a_person() -> None:
    upstream = Upstream("tenant_one")
    source = upstream.source()
    scope = Scope(SHOP.projects, SHOP.rules, tenant="proj01")
    await search(source, HOUR, scope)
    assert upstream.requests[0].headers["x-scope-orgid"] == "proj01"


def recorded_points(request: httpx.Request) -> SourceResponse:
    """A point at each multiple of the step, the one at the start included, as Tempo gives them."""
    start, end = int(request.url.params["start"]), int(request.url.params["end"])
    step = int(request.url.params["step"].removesuffix("s"))
    samples = [{"timestampMs": str(at * 1000), "value": at} for at in range(start, end + 1, step)]
    return json_response(
        {"series": [{"labels": [{"key": "__name__", "value": {"stringValue": "rate"}}], "samples": samples}]}
    )


async def test_numbers_of_a_short_range_are_one_request() -> None:
    upstream = Upstream(recorded_points)
    source = upstream.source()
    interval = minutes(60)
    found = await source.query_range(source.narrow_rate("", ALL, SHOP), interval, call=call())
    assert upstream.params[0]["step"] == "60s"
    assert len(upstream.requests) == 1
    assert len(found.series[0].timestamps) == 60
    assert found.series[0].timestamps[0] == (interval.start_ns + 60 * NS_PER_S) / 1e6


async def test_numbers_of_a_week_are_asked_for_in_days_and_joined_without_a_seam() -> None:
    upstream = Upstream(recorded_points)
    source = upstream.source()
    found = await source.query_range(source.narrow_rate("", ALL, SHOP), minutes(7 * 1440, 600), call=call())
    assert len(upstream.requests) == 7
    assert all(int(params["end"]) - int(params["start"]) <= 86400 for params in upstream.params)
    stamps = found.series[0].timestamps
    assert len(found.series) == 1
    assert {after - before for before, after in pairwise(stamps)} == {600_000.0}
    assert len(stamps) == 7 * 144


async def test_one_part_that_fails_fails_the_whole_as_itself() -> None:
    def answer(request: httpx.Request) -> SourceResponse:
        good = int(request.url.params["start"]) == 1795332000
        return recorded_points(request) if good else SourceResponse(400, "text/plain", b"max series reached")

    source = Upstream(answer).source()
    with pytest.raises(SourceRefused, match="max series"):
        await source.query_range(source.narrow_rate("", ALL, SHOP), minutes(2 * 1440, 600), call=call())


@pytest.mark.parametrize(
    "interval, argument",
    [
        (Interval(0, 3600 * NS_PER_S, NS_PER_S // 2), "step"),
        (Interval(0, 20 * 86400 * NS_PER_S, 86400 * NS_PER_S), "range"),
        (Interval(0, 86400 * NS_PER_S, NS_PER_S), "step"),
        (Interval(0, 150 * 3600 * NS_PER_S, 48 * 3600 * NS_PER_S), "step"),
    ],
    ids=["half a second", "too long", "too many points", "step of two days"],
)
async def test_numbers_that_the_source_would_refuse_are_refused_before(interval: Interval, argument: str) -> None:
    upstream = Upstream(recorded_points)
    source = upstream.source()
    with pytest.raises(BadInput) as caught:
        await source.query_range(source.narrow_rate("", ALL, SHOP), interval, call=call())
    assert caught.value.argument == argument
    assert upstream.requests == []


async def test_range_within_the_last_seconds_is_empty_and_says_why() -> None:
    source = Upstream("metrics_range_error_inside_cutoff").source()
    found = await source.query_range(source.narrow_rate("", ALL, SHOP), minutes(1, 5), call=call())
    assert found.series == []
    assert len(found.warnings) == 1


async def test_latency_is_asked_for_at_quantiles() -> None:
    upstream = Upstream("metrics_instant_quantiles")
    source = upstream.source()
    found = await source.query(source.narrow_latency("", ALL, SHOP, [0.5, 0.99]), HOUR, call=call())
    assert "quantile_over_time ( duration , 0.500000 , 0.990000 ) with ( exemplars = false )" in upstream.params[0]["q"]
    assert [sample.labels[0].value for sample in found.samples] == ["0.5", "0.99"]


async def test_numbers_of_several_projects_come_with_the_scope_own_labels() -> None:
    upstream = Upstream("metrics_instant_by_namespace")
    source = upstream.source()
    found = await source.query(source.narrow_count("", ALL, BOTH, by=["service_namespace"]), HOUR, call=call())
    assert "count_over_time ( ) by ( resource.service.namespace )" in upstream.params[0]["q"]
    assert [(each.labels[0].name, each.labels[0].value) for each in found.samples] == [
        ("service_namespace", "bank"),
        ("service_namespace", "shop"),
    ]


async def test_one_search_is_read_by_each_scope_alone() -> None:
    source = Upstream("search_merged_namespaces").source()
    expression = source.narrow_search("", ALL, BOTH)
    shop, bank, both = await source.search(
        expression, HOUR, scopes=[SHOP, BANK, BOTH], limit=20, spans_per_trace=2, call=call()
    )
    assert {each.id for each in shop.traces}.isdisjoint(each.id for each in bank.traces)
    assert len(shop.traces) + len(bank.traces) == len(both.traces)
    assert not shop.exhausted


async def test_one_number_over_more_than_a_day_is_refused() -> None:
    source = Upstream("metrics_instant_rate").source()
    with pytest.raises(BadInput, match="24h"):
        await source.query(source.narrow_count("", ALL, SHOP), Interval(0, 90_000 * NS_PER_S), call=call())


async def test_names_are_asked_for_with_the_fixed_filter_of_each_value() -> None:
    upstream = Upstream("tags_v2")
    found = await upstream.source().attributes(BOTH, HOUR, call=call())
    assert [params["q"] for params in upstream.params] == [
        '{ resource.service.namespace = "shop" }',
        '{ resource.service.namespace = "bank" }',
    ]
    assert AttributeName("http.route", "span") in found
    assert len(set(found)) == len(found)


async def test_values_are_asked_for_with_a_limit_and_a_quoted_name() -> None:
    upstream = Upstream("tag_values_v2_int")
    attribute = AttributeName("http.response.status_code", "span")
    values = await upstream.source().attribute_values(attribute, SHOP, HOUR, limit=50, call=call())
    assert unquote(upstream.requests[0].url.raw_path.decode().partition("?")[0]).endswith(
        "/span.http.response.status_code/values"
    )
    assert upstream.params[0]["limit"] == "50"
    assert values == sorted(values)
    assert "200" in values


@pytest.mark.parametrize("name", ["rootName", "rootServiceName", "trace:rootName", "trace:rootService"])
async def test_values_of_foreign_roots_are_never_asked_for(name: str) -> None:
    upstream = Upstream("tag_values_v2_service")
    attribute = AttributeName(name, "intrinsic")
    assert await upstream.source().attribute_values(attribute, SHOP, HOUR, limit=50, call=call()) == []
    assert upstream.requests == []


async def test_check_gives_the_version_if_it_tells() -> None:
    source = Upstream("buildinfo").source()
    assert await source.check(call()) is None
    source = Upstream(lambda request: json_response({"version": "3.0.2"})).source()
    assert await source.check(call()) == "3.0.2"
    assert source.status().version == "3.0.2"
    assert (source.name, source.kind) == ("tempo", SourceKind.TEMPO)


async def test_failure_of_the_source_names_it() -> None:
    source = Upstream(lambda request: SourceResponse(503, "text/plain", b"starting")).source()
    with pytest.raises(SourceUnavailable) as caught:
        await source.trace(TRACE_ID, [SHOP], call=call())
    assert caught.value.source == "tempo"
    await source.close()


async def test_answer_that_is_nonsense_is_malformed() -> None:
    source = Upstream(lambda request: SourceResponse(200, "application/json", b"<html>")).source()
    with pytest.raises(SourceMalformed):
        await source.trace(TRACE_ID, [SHOP], call=call())


async def test_pattern_of_an_operator_filters_answers_too() -> None:
    scope = Scope(frozenset({"p"}), (Rule("service_namespace", pattern="sh.p"),))
    source = Upstream("trace_v2_error_trace").source()
    assert (await source.trace(TRACE_ID, [scope], call=call()))[0] is not None


async def test_questions_that_cannot_be_evaluated_leave_the_breaker_closed() -> None:
    source = Upstream(lambda request: SourceResponse(500, "text/plain", b"desc = Search: division by zero")).source()
    for _ in range(40):
        with pytest.raises(SourceRefused, match="division by zero"):
            await search(source, HOUR, SHOP)
    assert source.status().circuit is CircuitState.CLOSED
    assert source.status().state is SourceState.UP
