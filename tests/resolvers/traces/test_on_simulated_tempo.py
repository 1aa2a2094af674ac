"""The use cases on a server that answers as Tempo does, over a scenario in which the signals agree."""

from __future__ import annotations

import asyncio

import httpx
import pytest
from msgspec.structs import replace

from datasources.exceptions import BadInput, NotFound, SourceRefused, SourceUnavailable
from datasources.records.logs import LabelMatcher
from datasources.records.projects import Project
from datasources.records.shared import NS_PER_MS, NS_PER_S, Interval
from datasources.records.traces import SpanKind, SpanStatus, TraceConnection, TraceFilter, TraceLinkStatus
from datasources.scope import Refused
from gateway.demo.scenario.scenario import Scenario
from resolvers import traces
from resolvers.correlation import linked_trace, trace_link
from resolvers.time_ranges import TimeRange
from tests.resolvers.traces.simulated import BANK, NOW_NS, Simulated
from tests.resolvers.traces.trees import SHOP, project

TEN_MINUTES = TimeRange(last_ns=600 * NS_PER_S)
INTERVAL = Interval(NOW_NS - 600 * NS_PER_S, NOW_NS)
MATCH = LabelMatcher


async def page(tempo: Simulated, **asked) -> TraceConnection:
    asked.setdefault("time_range", TEN_MINUTES)
    return await traces.traces(tempo.context(), SHOP, **asked)


def some_ids(scenario: Scenario, count: int, namespace: str = "shop") -> list[str]:
    requests = scenario.requests(namespace, NOW_NS - 300 * NS_PER_S, NOW_NS - 60 * NS_PER_S)
    return [request.trace_id for request in requests[:count]]


async def test_pages_are_what_the_scenario_says(tempo: Simulated, scenario: Scenario) -> None:
    expected = scenario.requests("shop", INTERVAL.start_ns, NOW_NS - 40 * NS_PER_S)
    found: dict[str, int] = {}
    after = None
    while True:
        part = await page(tempo, first=120, after=after)
        assert found.keys().isdisjoint(node.id for node in part.nodes)
        found |= {node.id: node.start_ns for node in part.nodes}
        if not part.has_next_page:
            break
        after = part.page_info.end_cursor
    assert {request.trace_id for request in expected} <= found.keys()
    assert list(found.values()) == sorted(found.values(), reverse=True)
    assert part.exhaustive


async def test_summaries_agree_with_the_scenario(tempo: Simulated, scenario: Scenario) -> None:
    node = (await page(tempo, first=1)).nodes[0]
    request = scenario.request(node.id)
    assert request is not None
    assert (node.start_ns, node.span_count) == (request.start_ns, len(request.spans))
    root = next(span for span in request.spans if span.parent_id is None)
    assert (node.root_service, node.root_name) == (root.service, root.name)
    assert sum(service.span_count for service in node.services) == node.span_count


@pytest.mark.parametrize("first", [1, 10])
async def test_page_costs_two_requests(tempo: Simulated, first: int) -> None:
    found = await page(tempo, first=first)
    assert len(found.nodes) == first
    assert tempo.paths == ["/api/search", "/api/search"]


FILTERS = [
    (TraceFilter(services=("payment",)), lambda span, labels: labels["service.name"] == "payment"),
    (TraceFilter(services=("payment", "cart")), lambda span, labels: labels["service.name"] in {"payment", "cart"}),
    (TraceFilter(names=("POST /checkout",)), lambda span, labels: span.name == "POST /checkout"),
    (TraceFilter(status=SpanStatus.ERROR), lambda span, labels: labels["status"] == "error"),
    (TraceFilter(min_duration_ns=100 * NS_PER_MS), lambda span, labels: span.duration_ns >= 100 * NS_PER_MS),
    (TraceFilter(max_duration_ns=NS_PER_MS), lambda span, labels: span.duration_ns <= NS_PER_MS),
    (TraceFilter(attributes=(MATCH("kind", "=", "CLIENT"),)), lambda span, labels: labels["kind"] == "client"),
    (
        TraceFilter(attributes=(MATCH("http.response.status_code", "=", "200"),)),
        lambda span, labels: labels["http.response.status_code"] == "200",
    ),
    (
        TraceFilter(attributes=(MATCH("span.http.response.status_code", "!=", "200"),)),
        lambda span, labels: labels["http.response.status_code"] != "200",
    ),
    (
        TraceFilter(attributes=(MATCH("http.route", "=~", "/p.*"),)),
        lambda span, labels: labels["http.route"][:2] == "/p",
    ),
    (TraceFilter(attributes=(MATCH("cache.hit", "=", "true"),)), lambda span, labels: labels["cache.hit"] == "true"),
    (TraceFilter(root_only=True), lambda span, labels: labels["service.name"] == "frontend"),
]


@pytest.mark.parametrize("asked, holds", FILTERS, ids=[str(index) for index in range(len(FILTERS))])
async def test_matched_spans_meet_the_filter(tempo: Simulated, asked: TraceFilter, holds) -> None:
    found = await page(tempo, asked=asked, first=10, time_range=TimeRange(last_ns=1800 * NS_PER_S))
    matched = [span for node in found.nodes for span in node.matched]
    assert matched
    for span in matched:
        assert holds(span, {label.name: label.value for label in span.attributes})


async def test_filter_narrows_a_query(tempo: Simulated) -> None:
    found = await page(
        tempo,
        query='{ resource.service.name = "frontend" } >> { resource.service.name = "payment" }',
        asked=TraceFilter(attributes=(MATCH("kind", "=", "SERVER"),)),
    )
    labels = [{label.name: label.value for label in span.attributes} for node in found.nodes for span in node.matched]
    assert {(each["service.name"], each["kind"]) for each in labels} == {("payment", "server")}
    assert found.traceql.endswith("| { kind = server }")
    assert "service.namespace" not in found.traceql


async def test_service_narrows_a_filter(tempo: Simulated) -> None:
    found = await page(tempo, asked=traces.of_service(TraceFilter(status=SpanStatus.ERROR), "payment"))
    labels = [{label.name: label.value for label in span.attributes} for node in found.nodes for span in node.matched]
    assert {(each["service.name"], each["status"]) for each in labels} == {("payment", "error")}


@pytest.mark.parametrize(
    "asked, argument, position",
    [
        ({"query": "{ rootName = `x` }"}, "query", 2),
        ({"query": "{} | rate()"}, "query", 5),
        ({"query": "{ a"}, "query", 2),
        ({"asked": TraceFilter(attributes=(MATCH("a{", "=", "x"),))}, "filter.attributes.0.name", None),
        ({"asked": TraceFilter(services=("x",) * 51)}, "filter.services", None),
        ({"time_range": TimeRange(last_ns=8 * 86_400 * NS_PER_S)}, "range", None),
        ({"time_range": TimeRange()}, "range", None),
    ],
)
async def test_bad_input_is_named_and_sends_nothing(tempo: Simulated, asked, argument, position) -> None:
    with pytest.raises(BadInput) as caught:
        await page(tempo, **asked)
    assert (caught.value.argument, caught.value.position) == (argument, position)
    assert tempo.requests == []


async def test_refusal_of_the_source_keeps_its_words(tempo: Simulated) -> None:
    with pytest.raises(SourceRefused, match="must operate on the same type"):
        await page(tempo, query='{ duration = "x" }')


async def test_stranger_sees_no_project(tempo: Simulated) -> None:
    with pytest.raises(NotFound):
        await traces.traces(tempo.context(BANK), SHOP, time_range=TEN_MINUTES)
    assert tempo.requests == []


async def test_whole_trace_agrees_with_the_scenario(tempo: Simulated, scenario: Scenario) -> None:
    trace_id = some_ids(scenario, 1)[0]
    request = scenario.request(trace_id)
    whole = await traces.trace(tempo.context(), SHOP, trace_id)
    assert request is not None
    assert whole is not None
    assert {span.id for span in whole.spans} == {span.span_id for span in request.spans}
    assert (whole.start_ns, whole.redacted_spans, whole.partial) == (request.start_ns, 0, False)
    assert whole.root is whole.spans[0]
    assert whole.root.kind is SpanKind.SERVER
    assert traces.attribute_of(whole.root, "service.namespace") == "shop"
    assert traces.attribute_of(whole.root, "http.request.method") in ("GET", "POST")
    assert traces.attribute_of(whole.root, "nothing") is None
    path = traces.critical_path(whole)
    assert sum(segment.duration_ns for segment in path) == pytest.approx(whole.duration_ns, rel=0.2)


@pytest.mark.parametrize("change", [str.upper, lambda text: text.lstrip("0"), lambda text: f" {text} "])
async def test_trace_id_may_be_written_in_other_ways(tempo: Simulated, scenario: Scenario, change) -> None:
    trace_id = next(each for each in some_ids(scenario, 500) if each.startswith("0"))
    whole = await traces.trace(tempo.context(), SHOP, change(trace_id))
    assert whole is not None
    assert whole.id == trace_id


@pytest.mark.parametrize("trace_id", ["", "xyz", "0" * 32, "f" * 33, "../x", "٣"])
async def test_what_is_no_trace_id_is_refused(tempo: Simulated, trace_id: str) -> None:
    with pytest.raises(BadInput) as caught:
        await traces.trace(tempo.context(), SHOP, trace_id)
    assert caught.value.argument == "id"
    assert await traces.trace_if_any(tempo.context(), SHOP, trace_id) is None
    assert tempo.requests == []


async def test_unknown_trace_and_the_trace_of_others_look_the_same(tempo: Simulated, scenario: Scenario) -> None:
    foreign = some_ids(scenario, 1, "bank")[0]
    context = tempo.context()
    assert await traces.trace(context, SHOP, foreign) is None
    assert await traces.trace(context, SHOP, "f" * 32) is None


async def test_each_trace_is_fetched_once_however_often_it_is_asked_for(tempo: Simulated, scenario: Scenario) -> None:
    ids = some_ids(scenario, 10)
    context = tempo.context(SHOP, BANK)
    keys = [(project, trace_id) for project in (SHOP, BANK) for trace_id in ids]
    found = await asyncio.gather(*(context.loaders.load(traces.traces_by_id, key) for key in [*keys, *keys]))
    assert len(tempo.requests) == 10
    assert [each.id if each else None for each in found[:20]] == [*ids, *([None] * 10)]
    assert found[:20] == found[20:]


async def test_trace_that_fails_fails_alone(tempo: Simulated, scenario: Scenario) -> None:
    ids = some_ids(scenario, 3)

    def fail_one(request: httpx.Request, response: httpx.Response) -> httpx.Response:
        return httpx.Response(503) if request.url.path.endswith(ids[1]) else response

    tempo.change = fail_one
    context = tempo.context()
    found = await asyncio.gather(
        *(context.loaders.load(traces.traces_by_id, (SHOP, trace_id)) for trace_id in ids), return_exceptions=True
    )
    assert isinstance(found[1], SourceUnavailable)
    assert [getattr(each, "id", None) for each in (found[0], found[2])] == [ids[0], ids[2]]


async def test_spans_are_paged_in_their_order(tempo: Simulated, scenario: Scenario) -> None:
    whole = await traces.trace(tempo.context(), SHOP, some_ids(scenario, 1)[0])
    assert whole is not None
    found, after = [], None
    while True:
        part = traces.spans_page(whole, first=3, after=after)
        found += part.nodes
        if not part.has_next_page:
            break
        after = part.page_info.end_cursor
    assert found == whole.spans
    assert part.total_count == len(whole.spans)
    assert traces.span_in(whole, found[-1].id.upper()) is found[-1]
    assert traces.span_in(whole, "none") is None
    for first, cursor in ((0, None), (10_001, None), (3, "nowhere")):
        with pytest.raises(BadInput):
            traces.spans_page(whole, first=first, after=cursor)


async def test_rate_agrees_with_the_traces(tempo: Simulated, scenario: Scenario) -> None:
    hour = TimeRange(from_ns=1795330800 * NS_PER_S, to_ns=1795334400 * NS_PER_S)
    found = await page(tempo, asked=TraceFilter(root_only=True), time_range=hour, first=1)
    rate = await traces.rate(tempo.context(), found.search, 600 * NS_PER_S)
    assert [(series.legend, series.unit, series.labels) for series in rate.series] == [("rate", "1/s", [])]
    expected = scenario.requests("shop", 1795330800 * NS_PER_S, 1795334400 * NS_PER_S)
    total = sum(value * 600 for value in rate.series[0].values if value)
    assert total == pytest.approx(len(expected), abs=2)
    assert rate.series[0].timestamps == [(1795330800 + 600 * step) * 1000.0 for step in range(1, 7)]


async def test_latency_has_a_quantile_and_gaps(tempo: Simulated) -> None:
    found = await page(tempo, asked=TraceFilter(status=SpanStatus.ERROR), first=1)
    latency = await traces.latency(tempo.context(), found.search, 0.5, 10 * NS_PER_S)
    assert [(series.legend, series.unit) for series in latency.series] == [("p50", "s")]
    assert 0 < len(latency.series[0].values) < 60
    assert all(value and value > 0 for value in latency.series[0].values)


@pytest.mark.parametrize("quantile", [-0.1, 1.1, float("nan")])
async def test_quantile_that_cannot_be_is_refused(tempo: Simulated, quantile: float) -> None:
    search = (await page(tempo, first=1)).search
    with pytest.raises(BadInput) as caught:
        await traces.latency(tempo.context(), search, quantile, None)
    assert caught.value.argument == "quantile"


async def test_rate_of_pipelines_in_parentheses_is_refused_by_name(tempo: Simulated) -> None:
    found = await page(tempo, query="({ status = error } | count() > 1) && ({ kind = server })", first=1)
    with pytest.raises(Refused, match="parentheses") as caught:
        await traces.rate(tempo.context(), found.search, None)
    assert caught.value.argument == "query"
    assert all(span.name for node in found.nodes for span in node.matched)


async def test_rate_within_the_last_seconds_is_empty_with_a_reason(tempo: Simulated) -> None:
    search = replace((await page(tempo, first=1)).search, interval=Interval(NOW_NS - 20 * NS_PER_S, NOW_NS))
    rate = await traces.rate(tempo.context(), search, None)
    assert rate.series == []
    assert rate.warnings


@pytest.mark.parametrize("first", [1, 2, 5])
async def test_slowest_traces_are_the_slowest(tempo: Simulated, scenario: Scenario, first: int) -> None:
    found = await traces.slowest_traces(tempo.context(), SHOP, INTERVAL, first=first)
    known = scenario.requests("shop", INTERVAL.start_ns, NOW_NS - 40 * NS_PER_S)
    expected = sorted((request.duration_ns for request in known), reverse=True)[:first]
    assert [each.duration_ns for each in found] == expected
    assert len(tempo.requests) == 4


async def test_failing_traces_have_failed(tempo: Simulated) -> None:
    found = await traces.failing_traces(tempo.context(), SHOP, INTERVAL, first=5)
    assert len(found) == 5
    assert all(each.error_count for each in found)
    assert [each.start_ns for each in found] == sorted((each.start_ns for each in found), reverse=True)


async def test_attributes_and_their_values_are_the_projects(tempo: Simulated) -> None:
    context = tempo.context()
    found = await traces.trace_attributes(context, SHOP, TEN_MINUTES, search="NAMESPACE")
    assert [(each.scope, each.name) for each in found] == [
        ("resource", "k8s.namespace.name"),
        ("resource", "service.namespace"),
        ("span", "db.namespace"),
    ]
    values = [await traces.trace_attribute_values(context, each, search=None, first=50) for each in found]
    assert values[:2] == [["shop"], ["shop"]]
    assert values[2]
    assert all(value.startswith("shop") for value in values[2])
    assert await traces.trace_attribute_values(context, found[2], search="PAYM", first=50) == ["shop_payment"]
    with pytest.raises(BadInput):
        await traces.trace_attribute_values(context, found[2], search=None, first=0)


async def test_links_say_what_became_of_them(tempo: Simulated, scenario: Scenario) -> None:
    context = tempo.context()
    own, foreign = some_ids(scenario, 1)[0], some_ids(scenario, 1, "bank")[0]
    asked = [own.lstrip("0"), foreign, "f" * 32, None, "", "no id"]
    links = await asyncio.gather(*(trace_link(context, SHOP, each) for each in asked))
    assert [link.status.value for link in links] == ["FOUND", "NOT_FOUND", "NOT_FOUND", *(["NO_TRACE_ID"] * 3)]
    assert [link.trace_id for link in links] == [own, foreign, "f" * 32, None, None, None]
    found = await linked_trace(context, links[0])
    assert found is not None
    assert found.id == own
    assert [await linked_trace(context, link) for link in links[1:]] == [None] * 5
    assert len(tempo.requests) == 3


async def test_trace_of_another_project_is_named_to_its_members_only(tempo: Simulated, scenario: Scenario) -> None:
    foreign = some_ids(scenario, 1, "bank")[0]
    link = await trace_link(tempo.context(SHOP, BANK), SHOP, foreign)
    assert link.status is TraceLinkStatus.OTHER_PROJECT
    assert len(tempo.requests) == 1
    elsewhere = replace(BANK, traces_source="other")
    assert (await trace_link(tempo.context(SHOP, elsewhere), SHOP, foreign)).status is TraceLinkStatus.NOT_FOUND


@pytest.mark.parametrize("count, requests", [(1, 1), (10, 1), (100, 1)])
async def test_links_of_a_list_are_looked_up_with_one_request(
    tempo: Simulated, scenario: Scenario, count: int, requests: int
) -> None:
    context = tempo.context()
    ids = some_ids(scenario, count)
    links = await asyncio.gather(
        *(trace_link(context, SHOP, trace_id, at_ns=NOW_NS - 200 * NS_PER_S) for trace_id in ids)
    )
    assert {link.status for link in links} == {TraceLinkStatus.FOUND}
    assert len(tempo.requests) == requests


async def test_what_a_search_misses_is_asked_for_by_id(tempo: Simulated, scenario: Scenario) -> None:
    context = tempo.context()
    ids = [*some_ids(scenario, 8), "f" * 32]
    links = await asyncio.gather(
        *(trace_link(context, SHOP, trace_id, at_ns=NOW_NS - 200 * NS_PER_S) for trace_id in ids)
    )
    assert [link.status.value for link in links] == [*(["FOUND"] * 8), "NOT_FOUND"]
    assert tempo.paths == ["/api/search", f"/api/v2/traces/{'f' * 32}"]


async def test_source_that_fails_is_a_status_of_the_link(tempo: Simulated, scenario: Scenario) -> None:
    tempo.change = lambda request, response: httpx.Response(503)
    context = tempo.context()
    links = await asyncio.gather(
        *(trace_link(context, SHOP, trace_id, at_ns=NOW_NS) for trace_id in some_ids(scenario, 5))
    )
    assert {link.status for link in links} == {TraceLinkStatus.SOURCE_FAILED}
    assert await linked_trace(context, links[0]) is None


def many(count: int) -> list[Project]:
    """Two projects with traces, the others without."""
    return [SHOP, BANK, *(project(f"p{number}", number) for number in range(3, count + 1))][:count]


@pytest.mark.parametrize(
    "count, searches", [(1, 2), (2, 2), (10, 3)], ids=["one", "two alike", "ten, of which two are loud"]
)
async def test_traces_and_their_numbers_of_many_projects_cost_what_one_costs(
    tempo: Simulated, count: int, searches: int
) -> None:
    projects = many(count)
    context = tempo.context(*projects)
    pages = await asyncio.gather(*(traces.traces(context, each, time_range=TEN_MINUTES, first=20) for each in projects))
    assert tempo.paths == ["/api/search"] * searches
    tempo.requests.clear()
    rates = await asyncio.gather(*(traces.rate(context, each.search, 60 * NS_PER_S) for each in pages))
    latencies = await asyncio.gather(*(traces.latency(context, each.search, 0.95, None) for each in pages))
    assert tempo.paths == ["/api/metrics/query_range"] * 2
    assert [len(each.series) for each in rates] == [1] * count
    assert [len(each.series) for each in latencies[:2]] == [1, 1][:count]
    for each in rates[2:]:
        assert set(each.series[0].values) == {0.0}
        assert each.series[0].timestamps[0] == rates[0].series[0].timestamps[0]


async def test_rankings_of_many_projects_cost_what_one_costs(tempo: Simulated) -> None:
    context = tempo.context(*many(10))
    slowest = await asyncio.gather(*(traces.slowest_traces(context, each, INTERVAL) for each in many(10)))
    # Where thresholds differ, so do the searches for what exceeds them: one for each of two projects, one for the rest.
    assert len(tempo.requests) <= 2 + 3 + 1
    assert [len(each) for each in slowest] == [5, 5, *([0] * 8)]


async def test_what_many_projects_get_is_what_each_gets_alone(tempo: Simulated) -> None:
    context = tempo.context(SHOP, BANK)
    asked = {"time_range": TimeRange(last_ns=300 * NS_PER_S), "first": 40}
    together = await asyncio.gather(*(traces.traces(context, each, **asked) for each in (SHOP, BANK)))
    rates = await asyncio.gather(*(traces.rate(context, each.search, 60 * NS_PER_S) for each in together))
    latencies = await asyncio.gather(*(traces.latency(context, each.search, 0.9, 60 * NS_PER_S) for each in together))
    for found, rate, latency in zip(together, rates, latencies, strict=True):
        alone = await traces.traces(tempo.context(SHOP, BANK), found.search.project, **asked)
        assert alone == found
        assert (await traces.rate(tempo.context(SHOP, BANK), alone.search, 60 * NS_PER_S)).series == rate.series
        lonely = await traces.latency(tempo.context(SHOP, BANK), alone.search, 0.9, 60 * NS_PER_S)
        assert lonely.series == latency.series
