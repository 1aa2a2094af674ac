from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from gateway.demo.scenario import Scenario
from gateway.demo.simulators.tempo.parameters import MAX_QUERY_BYTES, BadRequest, check_query_size

Search = Callable[..., Awaitable[list[dict[str, Any]]]]
START_S, END_S, S = 1_795_331_415, 1_795_335_015, 1_000_000_000
SHOP = '{ resource.service.namespace = "shop" }'


def starts(traces: list[dict[str, Any]]) -> list[int]:
    return [int(trace["startTimeUnixNano"]) for trace in traces]


async def test_most_recent_gives_the_newest_of_the_range(search: Search, scenario: Scenario) -> None:
    newest = [request.start_ns for request in scenario.requests("shop", START_S * S, (END_S - 30) * S)][-5:]
    traces = await search(f"{SHOP} with(most_recent=true)", limit=5, end=END_S - 30)
    assert starts(traces) == newest[::-1]


async def test_without_most_recent_the_traces_are_spread_and_differ_from_call_to_call(search: Search) -> None:
    first, second = await search(SHOP, limit=10), await search(SHOP, limit=10)
    assert starts(first) == sorted(starts(first), reverse=True)
    assert starts(first)[0] - starts(first)[-1] > 1800 * S
    assert starts(first) != starts(second)


async def test_search_finds_as_many_traces_as_the_scenario_has(search: Search, scenario: Scenario) -> None:
    requests = scenario.requests("bank", (START_S - 60) * S, (END_S - 13) * S)
    failing = [
        request.trace_id.lstrip("0")
        for request in requests
        if request.start_ns + max(span.end_offset_ns for span in request.variant.spans) >= START_S * S
        and any(span.service == "ledger" and span.status == "ERROR" for span in request.spans)
    ]
    traces = await search('{ resource.service.name = "ledger" && status = error }', limit=5000, end=END_S - 13)
    assert sorted(trace["traceID"] for trace in traces) == sorted(failing)


async def test_condition_on_what_varies_finds_the_requests_that_have_it(search: Search, scenario: Scenario) -> None:
    request = scenario.requests("shop", START_S * S, END_S * S)[7]
    user = request.facts["user"]
    traces = await search(
        f'{{ span.enduser.id = "{user}" && resource.service.namespace = "shop" }}', limit=5000, spss=100
    )
    assert request.trace_id.lstrip("0") in {trace["traceID"] for trace in traces}
    shown = {
        attribute["value"]["stringValue"]
        for trace in traces
        for span in trace["spanSet"]["spans"]
        for attribute in span["attributes"]
        if attribute["key"] == "enduser.id"
    }
    assert shown == {user}


async def test_traces_are_found_by_two_hundred_and_fifty_ids(search: Search, scenario: Scenario) -> None:
    requests = [
        *scenario.requests("shop", START_S * S, END_S * S)[:200],
        *scenario.requests("bank", START_S * S, END_S * S)[:50],
    ]
    ids = [request.trace_id.lstrip("0") for request in requests]
    wanted = " || ".join(f'trace:id = "{trace_id}"' for trace_id in ids)
    traces = await search(f'{{ (resource.service.namespace = "shop") && ({wanted}) }}', limit=250, spss=1)
    assert sorted(trace["traceID"] for trace in traces) == sorted(ids[:200])
    outside = await search(f"{{ {wanted} }}", start=END_S - 60, limit=250)
    assert outside == []


async def test_spans_are_cut_to_spss_and_counted_in_full(search: Search) -> None:
    for trace in await search(SHOP, limit=3, spss=2):
        assert len(trace["spanSet"]["spans"]) == 2
        assert trace["spanSet"]["matched"] == sum(stats["spanCount"] for stats in trace["serviceStats"].values())
        assert trace["spanSets"] == [trace["spanSet"]]


async def test_trace_ids_lose_their_zeros_and_span_ids_keep_them(search: Search) -> None:
    traces = await search(SHOP, limit=500, spss=100)
    assert {len(trace["traceID"]) for trace in traces} >= {16, 31, 32}
    spans = [span["spanID"] for trace in traces for span in trace["spanSet"]["spans"]]
    assert {len(span) for span in spans} == {16}
    assert any(span.startswith("0") for span in spans)


async def test_groups_are_span_sets_of_their_own(search: Search) -> None:
    [trace] = await search(f"{SHOP} | by(resource.service.name) | count() > 0", limit=1)
    names = [spanset["attributes"][0]["value"]["stringValue"] for spanset in trace["spanSets"]]
    assert sorted(names) == sorted(trace["serviceStats"])


async def test_structural_query_finds_payments_below_the_checkout(search: Search) -> None:
    traces = await search(
        '{ resource.service.name = "checkout" } >> { resource.service.name = "payment" && kind = server }'
    )
    assert {trace["rootTraceName"] for trace in traces} == {"POST /checkout"}


async def test_metrics_query_finds_what_it_would_count(search: Search) -> None:
    traces = await search("{ status = error } | rate() by (name)", limit=2)
    assert len(traces) == 2


async def test_newest_half_minute_is_not_found(tempo: httpx.AsyncClient, clock: Any) -> None:
    params = {"q": "{} with(most_recent=true)", "start": END_S - 600, "end": END_S + 600, "limit": 1}
    [trace] = (await tempo.get("/api/search", params=params)).json()["traces"]
    assert clock.now_ns - 31 * S - 5 * S < int(trace["startTimeUnixNano"]) <= clock.now_ns - 30 * S


async def test_window_inside_the_cutoff_is_ignored(tempo: httpx.AsyncClient, clock: Any) -> None:
    now_s = clock.now_ns // S
    params = {"q": "{} with(most_recent=true)", "start": now_s - 10, "end": now_s, "limit": 1}
    [trace] = (await tempo.get("/api/search", params=params)).json()["traces"]
    assert int(trace["startTimeUnixNano"]) < (now_s - 29) * S


async def test_without_a_range_only_the_last_quarter_hour_is_searched(tempo: httpx.AsyncClient, clock: Any) -> None:
    traces = (await tempo.get("/api/search", params={"q": "{}", "limit": 5000})).json()["traces"]
    assert clock.now_ns - 960 * S < min(starts(traces)) < clock.now_ns - 840 * S


async def test_tags_and_durations_find_without_a_query(tempo: httpx.AsyncClient) -> None:
    params = {
        "tags": 'service.name=fraud http.request.method="POST"',
        "minDuration": "20ms",
        "start": START_S,
        "end": END_S,
    }
    traces = (await tempo.get("/api/search", params=params)).json()["traces"]
    assert traces
    assert all(trace["durationMs"] >= 20 and "spanSets" not in trace for trace in traces)


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"tags": "a=1 a=2"}, "invalid tags: tag a has been set twice"),
        ({"minDuration": "20"}, 'invalid minDuration: time: invalid duration "20"'),
        ({"minDuration": "2s", "maxDuration": "1s"}, "invalid maxDuration: must be greater than minDuration"),
        ({"q": "{ name = nil }"}, "invalid TraceQL query: name=nil is not valid because intrinsics cannot be nil"),
    ],
    ids=["tag twice", "no unit", "durations crossed", "nil intrinsic"],
)
async def test_search_is_refused(tempo: httpx.AsyncClient, params: dict[str, str], text: str) -> None:
    answer = await tempo.get("/api/search", params=params)
    assert answer.status_code == 400
    assert answer.text.startswith(text)
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"


def test_query_of_more_than_128_kib_is_refused() -> None:
    check_query_size({"q": "x" * MAX_QUERY_BYTES})
    with pytest.raises(BadRequest, match="TraceQL expression exceeds the configured maximum size of 131072 bytes"):
        check_query_size({"q": "x" * (MAX_QUERY_BYTES + 1)})
