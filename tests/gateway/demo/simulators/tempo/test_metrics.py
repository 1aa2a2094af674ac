from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

from gateway.demo.scenario import Scenario

S = 1_000_000_000
START_S, END_S = 1_795_331_400, 1_795_335_000
Ask = Callable[..., Awaitable[dict[str, Any]]]


@pytest.fixture
def ask(tempo: httpx.AsyncClient) -> Ask:
    async def send(query: str, path: str = "query_range", **params: object) -> dict[str, Any]:
        given: dict[str, Any] = {"q": query, "start": START_S, "end": END_S, "step": "5m", **params}
        answer = await tempo.get(f"/api/metrics/{path}", params=given)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        return body

    return send


def by_label(body: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        ",".join(str(next(iter(label["value"].values()))) for label in series["labels"]): series
        for series in body["series"]
    }


def spans_of(scenario: Scenario, namespace: str, after_s: int, until_s: int) -> list[Any]:
    """Those that start in (after, until]."""
    requests = scenario.requests(namespace, (after_s - 60) * S, until_s * S + 1)
    spans = [span for request in requests for span in request.spans]
    return [span for span in spans if after_s * S < span.start_ns <= until_s * S]


async def test_counts_are_those_of_the_scenario_step_by_step(ask: Ask, scenario: Scenario) -> None:
    body = await ask("{ kind = server } | count_over_time() by (resource.service.name)")
    samples = by_label(body)["payment"]["samples"]
    assert len(samples) == 13
    for sample in samples:
        at = int(sample["timestampMs"]) // 1000
        servers = [s for s in spans_of(scenario, "shop", at - 300, at) if s.kind == "SERVER" and s.service == "payment"]
        assert sample.get("value", 0) == len(servers)


async def test_counts_agree_where_the_step_is_shorter_than_a_trace(ask: Ask, scenario: Scenario) -> None:
    end = START_S + 10
    body = await ask("{} | count_over_time() by (resource.service.namespace)", step="100ms", end=end)
    samples = by_label(body)["bank"]["samples"]
    total = sum(sample.get("value", 0) for sample in samples)
    assert len(samples) == 101
    assert total == len([s for s in spans_of(scenario, "bank", START_S - 1, end) if s.start_ns > START_S * S - S // 10])


async def test_rate_of_what_varies_agrees_with_the_scenario(ask: Ask, scenario: Scenario) -> None:
    spans = spans_of(scenario, "shop", START_S, END_S)
    user = next(span.attributes["enduser.id"] for span in spans if "enduser.id" in span.attributes)
    body = await ask(
        f'{{ span.enduser.id = "{user}" && resource.service.namespace = "shop" }} | count_over_time()', "query"
    )
    assert body["series"] == [
        {
            "labels": [{"key": "__name__", "value": {"stringValue": "count_over_time"}}],
            "value": len([span for span in spans if span.attributes.get("enduser.id") == user]),
        }
    ]


async def test_values_are_measured_in_seconds(ask: Ask, scenario: Scenario) -> None:
    durations = [s.duration_ns / 1e9 for s in spans_of(scenario, "shop", START_S, END_S) if s.name == "POST /charge"]
    query = '{ resource.service.namespace = "shop" && name = "POST /charge" && kind = server }'
    told = {}
    for function in ("min", "max", "avg", "sum"):
        body = await ask(f"{query} | {function}_over_time(duration)", "query")
        told[function] = body["series"][0]["value"]
    servers = [s for s in spans_of(scenario, "shop", START_S, END_S) if s.name == "POST /charge" and s.kind == "SERVER"]
    durations = [span.duration_ns / 1e9 for span in servers]
    assert told == pytest.approx(
        {"min": min(durations), "max": max(durations), "avg": sum(durations) / len(durations), "sum": sum(durations)}
    )


async def test_labels_keep_their_types_and_missing_ones_are_left_out(ask: Ask) -> None:
    body = await ask("{} | rate() by (span.http.response.status_code, span.cache.hit, kind, duration)", "query")
    kinds = {frozenset(next(iter(label["value"])) for label in series["labels"]) for series in body["series"]}
    assert any({"intValue", "stringValue"} <= kind for kind in kinds)
    assert any("boolValue" in kind for kind in kinds)
    by_nothing = await ask("{} | rate() by (span.no.such)", "query")
    assert [series["labels"] for series in by_nothing["series"]] == [
        [{"key": "span.no.such", "value": {"stringValue": "nil"}}]
    ]


async def test_ungrouped_count_of_nothing_is_a_series_of_noughts(ask: Ask) -> None:
    body = await ask('{ name = "nothing" } | count_over_time()')
    assert [sample for sample in body["series"][0]["samples"] if "value" in sample] == []
    assert (await ask('{ name = "nothing" } | rate() by (name)'))["series"] == []
    assert "series" not in await ask('{ name = "nothing" } | rate()', "query")


async def test_exemplars_are_real_traces_within_their_limit(ask: Ask, scenario: Scenario) -> None:
    body = await ask('{ resource.service.namespace = "shop" } | rate() by (resource.service.name)', exemplars=7)
    exemplars = [(series, exemplar) for series in body["series"] for exemplar in series.get("exemplars", [])]
    assert len(exemplars) == 7
    for series, exemplar in exemplars:
        service = series["labels"][0]["value"]["stringValue"]
        request = scenario.request(exemplar["labels"][-1]["value"]["stringValue"])
        assert request is not None
        assert int(exemplar["timestampMs"]) in {s.start_ns // 1_000_000 for s in request.spans if s.service == service}


@pytest.mark.parametrize(
    ("query", "params", "most"),
    [
        ("{} | rate()", {}, 100),
        ("{} | rate()", {"exemplars": 0}, 100),
        ("{} | rate() with(exemplars=3)", {"exemplars": 9}, 3),
        ("{} | rate() with(exemplars=false)", {"exemplars": 9}, 0),
        ("{} | quantile_over_time(duration, .5, .9)", {"exemplars": 9}, 9),
        ("{} | histogram_over_time(duration)", {"exemplars": 9}, 9),
        ("{ kind = server } | rate() by (name) | topk(1)", {"exemplars": 9}, 9),
    ],
)
async def test_exemplars_can_be_limited(ask: Ask, query: str, params: dict[str, int], most: int) -> None:
    body = await ask(query, **params)
    found = sum(len(series.get("exemplars", [])) for series in body["series"])
    assert found == most or (0 < found < most and "topk" in query)


async def test_quotient_of_two_queries_is_named_after_both(ask: Ask) -> None:
    body = await ask("({ status = error } | rate()) / ({} | rate()) * 100 > 0")
    assert body["series"][0]["labels"] == [{"key": "__name__", "value": {"stringValue": "(rate / rate)"}}]
    assert all(0 < sample["value"] < 100 for sample in body["series"][0]["samples"])


async def test_newest_step_is_left_out_until_it_is_searchable(ask: Ask, clock: Any) -> None:
    clock.now_ns = (END_S + 15) * S
    body = await ask("{} | rate()", step="1m", end=END_S + 15)
    assert int(body["series"][0]["samples"][-1]["timestampMs"]) == (END_S - 60) * 1000


async def test_instants_are_read_as_seconds_nanoseconds_fractions_and_dates(ask: Ask) -> None:
    query = "{} | count_over_time()"
    wanted = (await ask(query))["series"]
    for start, end in (
        (str(START_S * S), str(END_S * S)),
        (f"{START_S}.0", f"{END_S}.0"),
        ("2026-11-22T07:10:00Z", "2026-11-22T08:10:00.000+00:00"),
    ):
        assert (await ask(query, start=start, end=end))["series"] == wanted


@pytest.mark.parametrize(
    ("params", "text"),
    [
        ({"step": "0"}, "step of 0s is too small, minimum step for given range is 360ms"),
        ({"step": "x"}, 'rpc error: code = Code(400) desc = cannot parse "x" to a valid duration'),
        ({"step": "-5"}, 'rpc error: code = Code(400) desc = cannot parse "-5": step must be positive'),
        ({"start": "yesterday"}, "rpc error: code = Code(400) desc = could not parse 'start' parameter: "),
        ({"start": "", "since": "1.5h"}, "rpc error: code = Code(400) desc = could not parse 'since' parameter: "),
        ({"q": '{ duration = "x" } | rate()'}, "compiling query: binary operations must operate on the same type"),
        ({"q": "{} | compare({})"}, "parse error at line 1, col 6: syntax error: unexpected compare"),
    ],
    ids=["no step", "word", "backwards", "start", "since", "types", "compare"],
)
async def test_metrics_query_is_refused(tempo: httpx.AsyncClient, params: dict[str, str], text: str) -> None:
    given = {"q": "{} | rate()", "start": str(START_S), "end": str(END_S), **params}
    answer = await tempo.get("/api/metrics/query_range", params=given)
    assert (answer.status_code, answer.text[: len(text)]) == (400, text)


async def test_instant_query_refuses_what_the_range_query_does(tempo: httpx.AsyncClient, clock: Any) -> None:
    now_s = clock.now_ns // S
    for start, end, text in (
        (END_S, START_S, "end must be greater than start"),
        (now_s - 20, now_s, "query window falls entirely within query_end_cutoff"),
        (END_S - 90_000, END_S, "metrics query time range exceeds the maximum allowed duration of 24h0m0s"),
    ):
        answer = await tempo.get("/api/metrics/query", params={"q": "{} | rate()", "start": start, "end": end})
        assert (answer.status_code, answer.text) == (400, text)
