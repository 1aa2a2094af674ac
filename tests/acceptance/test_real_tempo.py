"""The trace use cases on a real Tempo, whose address TEMPO_URL gives; each run writes spans of namespaces of its own.

TEMPO_OTLP_URL is where it takes OTLP over HTTP: port 4318 of the same host, if it is left out. Searches see what was
written once it is older than the source's cutoff, 30 seconds by default, so that the module takes a while to begin.
"""

from __future__ import annotations

import asyncio
import json
import os
import secrets
import time
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from urllib.parse import urlsplit
from uuid import UUID

import httpx
import pytest

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import BadInput, GatewayError, SourceRefused
from datasources.http import HttpSender, SourceSettings
from datasources.records.logs import LabelMatcher
from datasources.records.shared import NS_PER_MS, NS_PER_S, Interval
from datasources.records.sources import SourceKind
from datasources.records.traces import SpanKind, SpanStatus, TraceFilter, TraceLinkStatus
from datasources.records.users import Role
from datasources.scope import Refused
from datasources.tempo.client import TempoSource
from resolvers import traces
from resolvers.access import Principal
from resolvers.context import RequestContext, Sources
from resolvers.correlation import trace_link
from resolvers.time_ranges import TimeRange
from tests.resolvers.traces.trees import project

TEMPO_URL = os.environ.get("TEMPO_URL", "")
OTLP_URL = os.environ.get("TEMPO_OTLP_URL") or f"http://{urlsplit(TEMPO_URL).hostname}:4318"
pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not TEMPO_URL, reason="TEMPO_URL names no Tempo that spans may be written to"),
]

RUN = secrets.token_hex(4)
SHOP, BANK = project(f"shop-{RUN}"), project(f"bank-{RUN}", 2)
CANARY = f"SECRET-{RUN}"
STARTED_NS = time.time_ns()
COUNT = 24
CUTOFF_S = 90
HOSTILE = json.loads((Path(__file__).parents[1] / "fixtures" / "adversarial" / "traceql.json").read_text())
WHOLE = TimeRange(from_ns=STARTED_NS - 200 * NS_PER_S, to_ns=STARTED_NS + 1)


def trace_id(number: int, kind: int) -> str:
    """Some begin with zeros."""
    return f"{'000' if number % 5 == 0 else 'a1b'}{kind}{RUN}{number:020x}"


OWN = [trace_id(number, 1) for number in range(COUNT)]
FOREIGN = [trace_id(number, 2) for number in range(COUNT)]
BEGUN_BY_BANK, BEGUN_BY_SHOP, HIDDEN_BETWEEN = trace_id(1, 3), trace_id(2, 3), trace_id(3, 3)


def start_of(number: int) -> int:
    """Eight traces in each of three seconds, four of them in one nanosecond."""
    second = STARTED_NS // NS_PER_S * NS_PER_S - (100 + number // 8) * NS_PER_S
    return second + (500 if number % 2 else number * NS_PER_MS)


def span(found: str, number: int, parent: int | None, start_ns: int, duration_ms: int, **fields: Any) -> dict[str, Any]:
    """OTLP in JSON, whose ids are hex in requests."""
    ids = {"traceId": found, "spanId": f"{number + 1:016x}"} | (
        {} if parent is None else {"parentSpanId": f"{parent + 1:016x}"}
    )
    times = {"startTimeUnixNano": str(start_ns), "endTimeUnixNano": str(start_ns + duration_ms * NS_PER_MS)}
    return ids | times | {"name": f"step {number}", "kind": 2 if parent is None else 3} | fields


def of_resource(namespace: str, service: str, spans: list[dict[str, Any]]) -> dict[str, Any]:
    """Spans of one service."""
    names = {"service.namespace": namespace, "service.name": service}
    if namespace == BANK.slug:
        names["canary.res"] = CANARY
    attributes = [{"key": key, "value": {"stringValue": value}} for key, value in names.items()]
    return {"resource": {"attributes": attributes}, "scopeSpans": [{"spans": spans}]}


def attributes(number: int, secret: str) -> list[dict[str, Any]]:
    """One of each type."""
    values = {
        "http.response.status_code": {"intValue": str(500 if number % 4 == 0 else 200)},
        "order.total": {"doubleValue": number + 0.5},
        "cache.hit": {"boolValue": number % 2 == 0},
        "canary": {"stringValue": secret or "none"},
    }
    return [{"key": key, "value": value} for key, value in values.items()]


def plain(namespace: str, ids: list[str], secret: str) -> list[dict[str, Any]]:
    """Traces of two services each; every fourth fails with an exception."""
    found = []
    for number, each in enumerate(ids):
        at = start_of(number)
        failed: dict[str, Any] = {}
        if number % 4 == 0:
            event = {"timeUnixNano": str(at + 1), "name": "exception", "attributes": attributes(number, secret)}
            failed = {"status": {"code": 2, "message": f"failed {secret}"}, "events": [event]}
        root = span(
            each, 0, None, at, 20 + number * 10, name=f"GET /{secret}", attributes=attributes(number, secret), **failed
        )
        child = span(each, 1, 0, at + NS_PER_MS, 5, links=[{"traceId": ids[0], "spanId": f"{1:016x}"}])
        found += [of_resource(namespace, "web", [root]), of_resource(namespace, "db", [child])]
    return found


def mixed() -> list[dict[str, Any]]:
    """Traces that cross the wall between two namespaces."""
    at = start_of(0) - 10 * NS_PER_S
    secret = {"name": CANARY, "attributes": attributes(0, CANARY)}
    return [
        of_resource(BANK.slug, "gate", [span(BEGUN_BY_BANK, 0, None, at - 8 * NS_PER_S, 9000, **secret)]),
        of_resource(SHOP.slug, "web", [span(BEGUN_BY_BANK, 1, 0, at, 50), span(BEGUN_BY_BANK, 2, 1, at, 10)]),
        of_resource(SHOP.slug, "web", [span(BEGUN_BY_SHOP, 0, None, at, 70)]),
        of_resource(BANK.slug, "gate", [span(BEGUN_BY_SHOP, 1, 0, at, 900, **secret)]),
        of_resource(SHOP.slug, "web", [span(HIDDEN_BETWEEN, 0, None, at, 60), span(HIDDEN_BETWEEN, 2, 1, at, 10)]),
        of_resource(BANK.slug, "gate", [span(HIDDEN_BETWEEN, 1, 0, at, 30, **secret)]),
    ]


@pytest.fixture(scope="module", autouse=True)
def _written() -> None:
    """What is in Tempo, once a search finds it."""
    body = {"resourceSpans": plain(SHOP.slug, OWN, "") + plain(BANK.slug, FOREIGN, CANARY) + mixed()}
    with httpx.Client(timeout=30) as client:
        pushed = client.post(f"{OTLP_URL}/v1/traces", json=body)
        assert pushed.status_code == 200, pushed.text
        window = {"start": str(STARTED_NS // NS_PER_S - 200), "end": str(STARTED_NS // NS_PER_S + 1)}
        query = {"q": f'{{ resource.service.namespace =~ "(shop|bank)-{RUN}" }}', "limit": "200", "spss": "1"}
        deadline = time.monotonic() + CUTOFF_S
        while time.monotonic() < deadline:
            answer = client.get(f"{TEMPO_URL}/api/search", params=query | window)
            if answer.status_code == 200 and len(answer.json()["traces"]) == 2 * COUNT + 3:
                return
            time.sleep(1)
    raise AssertionError("what was written cannot be found")


@pytest.fixture
async def source() -> AsyncIterator[TempoSource]:
    sender = HttpSender(SourceSettings("tempo", TEMPO_URL, timeout_s=30, cache_max_bytes=0), SourceKind.TEMPO)
    found = TempoSource(sender)
    yield found
    await found.close()


def context_for(source: TempoSource, *projects: Any) -> RequestContext:
    repositories: Any = Mock()

    async def by_keys(keys: list[UUID], call: Call) -> list[Any]:
        return [each for each in projects if each.key in keys]

    repositories.projects.by_keys = by_keys
    return RequestContext(
        principal=Principal(UUID(int=99), {each.key: Role.VIEWER for each in projects or (SHOP,)}),
        sources=Sources({}, {}, {"tempo": source}),
        repositories=repositories,
        credentials=Mock(),
        call=Call(Deadline.after(120), Ledger()),
        now_ns=time.time_ns(),
    )


async def page(source: TempoSource, **asked: Any):
    return await traces.traces(context_for(source), SHOP, **({"time_range": WHOLE, "first": 100} | asked))


async def test_it_says_what_it_is(source):
    assert await source.check(context_for(source).call) is None or source.status().version


@pytest.mark.parametrize("first", [1, 5, 26, 27, 100])
async def test_pages_lose_and_repeat_nothing(source, first):
    found: list[str] = []
    after = None
    while True:
        part = await page(source, first=first, after=after)
        found += [node.id for node in part.nodes]
        assert len(found) <= COUNT + 3
        if not part.has_next_page:
            break
        after = part.page_info.end_cursor
    assert sorted(found) == sorted([*OWN, BEGUN_BY_BANK, BEGUN_BY_SHOP, HIDDEN_BETWEEN])
    assert part.exhaustive


async def test_lists_speak_of_own_spans_only(source):
    by_id = {node.id: node for node in (await page(source)).nodes}
    first = by_id[OWN[0]]
    assert (first.root_service, first.root_name, first.span_count, first.error_count) == ("web", "GET /", 2, 1)
    assert (first.start_ns, first.duration_ns) == (start_of(0), 20 * NS_PER_MS)
    begun_by_bank, begun_by_shop = by_id[BEGUN_BY_BANK], by_id[BEGUN_BY_SHOP]
    assert (begun_by_bank.root_service, begun_by_bank.root_name) == (None, None)
    assert (begun_by_bank.span_count, begun_by_bank.duration_ns) == (2, 50 * NS_PER_MS)
    assert (begun_by_shop.root_name, begun_by_shop.span_count) == ("step 0", 1)
    assert begun_by_shop.duration_ns == 70 * NS_PER_MS
    for node in by_id.values():
        assert CANARY not in repr(node)
        assert BANK.slug not in repr(node)


@pytest.mark.parametrize(
    "asked, expected",
    [
        (TraceFilter(status=SpanStatus.ERROR), range(0, COUNT, 4)),
        (TraceFilter(min_duration_ns=200 * NS_PER_MS), range(18, COUNT)),
        (TraceFilter(names=("GET /",), max_duration_ns=40 * NS_PER_MS), range(3)),
        (TraceFilter(services=("web",), names=("GET /",)), range(COUNT)),
        (TraceFilter(attributes=(LabelMatcher("http.response.status_code", "=", "500"),)), range(0, COUNT, 4)),
        (TraceFilter(attributes=(LabelMatcher("http.response.status_code", "!=", "200"),)), range(0, COUNT, 4)),
        (TraceFilter(attributes=(LabelMatcher("span.order.total", "=", "3.5"),)), [3]),
        (TraceFilter(attributes=(LabelMatcher("cache.hit", "=", "true"),)), range(0, COUNT, 2)),
        (
            TraceFilter(attributes=(LabelMatcher("kind", "=", "SERVER"), LabelMatcher("name", "=~", "GET.*"))),
            range(COUNT),
        ),
        (TraceFilter(root_only=True, names=("GET /",)), range(COUNT)),
        (TraceFilter(attributes=(LabelMatcher("canary", "=", CANARY),)), []),
    ],
)
async def test_typed_filters_find_what_they_say(source, asked, expected):
    found = await page(source, asked=asked)
    assert sorted(node.id for node in found.nodes) == sorted(OWN[number] for number in expected)


@pytest.mark.parametrize(
    "query, count",
    [
        ("{}", COUNT + 3),
        ("{ status = error }", COUNT // 4),
        ("{ name = `GET /` } >> { kind = client }", COUNT),
        ("{ kind = server } && { kind = client }", COUNT + 1),
        ("({ kind = server } | count() = 1) && ({ kind = client })", COUNT + 1),
        ("{ kind = server } | avg(duration) > 1ms", COUNT + 2),
        ("{} | by(resource.service.name)", COUNT + 3),
        ("count() > 1", COUNT + 2),
        ("{ event:name = `exception` }", COUNT // 4),
    ],
)
async def test_questions_are_answered_within_the_project(source, query, count):
    found = await page(source, query=query)
    assert len(found.nodes) == count
    assert all(span.name for node in found.nodes for span in node.matched)


async def test_filter_narrows_a_query(source):
    found = await page(source, query="{ kind = server }", asked=TraceFilter(status=SpanStatus.ERROR))
    assert len(found.nodes) == COUNT // 4


@pytest.mark.parametrize("case", HOSTILE, ids=[repr(case["query"])[:60] for case in HOSTILE])
async def test_hostile_query_gives_nothing_of_others(source, case):
    context, interval = context_for(source), Interval(WHOLE.from_ns, WHOLE.to_ns, 10 * NS_PER_S)
    try:
        expression = source.narrow(case["query"], SHOP.scope)
    except Refused:
        assert case["expect"] == "refused"
        return
    for answer in (
        source.search(expression, interval, scopes=[SHOP.scope], limit=100, spans_per_trace=50, call=context.call),
        source.query_range(expression, interval, call=context.call),
        traces.traces(context, SHOP, query=case["query"], time_range=WHOLE),
    ):
        try:
            found = repr(await answer)
        except GatewayError as error:
            found = error.message
        assert CANARY not in found
        assert BANK.slug not in found


async def test_whole_trace_is_what_was_written(source):
    whole = await traces.trace(context_for(source), SHOP, OWN[0].lstrip("0").upper())
    assert whole.id == OWN[0]
    assert [(each.name, each.depth, each.kind) for each in whole.spans] == [
        ("GET /", 0, SpanKind.SERVER),
        ("step 1", 1, SpanKind.CLIENT),
    ]
    root, child = whole.spans
    assert (root.status, root.status_message, root.events[0].name) == (SpanStatus.ERROR, "failed ", "exception")
    assert traces.attribute_of(root, "order.total") == 0.5
    assert traces.attribute_of(root, "cache.hit") is True
    assert (child.links[0].trace_id, child.parent_id) == (OWN[0], root.id)
    assert [segment.duration_ns for segment in traces.critical_path(whole)] == [
        NS_PER_MS,
        5 * NS_PER_MS,
        14 * NS_PER_MS,
    ]


@pytest.mark.parametrize("unknown", [FOREIGN[0], FOREIGN[1], "f" * 32], ids=["foreign", "foreign too", "nobody's"])
async def test_trace_of_others_looks_like_none(source, unknown):
    assert await traces.trace(context_for(source), SHOP, unknown) is None


async def test_spans_of_others_are_counted_and_hidden(source):
    context = context_for(source)
    found = [await traces.trace(context, SHOP, each) for each in (BEGUN_BY_BANK, BEGUN_BY_SHOP, HIDDEN_BETWEEN)]
    assert [each.redacted_spans for each in found] == [1, 1, 1]
    assert [each.root.name if each.root else None for each in found] == [None, "step 0", "step 0"]
    assert [[span.depth for span in each.spans] for each in found] == [[0, 1], [0], [0, 0]]
    assert [[span.parent_id is None for span in each.spans] for each in found] == [[True, False], [True], [True, True]]
    assert CANARY not in repr(found)


async def test_links_say_what_became_of_them(source):
    asked = [*OWN[:10], FOREIGN[0], "f" * 32]
    context = context_for(source, SHOP)
    links = await asyncio.gather(*(trace_link(context, SHOP, each, at_ns=STARTED_NS) for each in asked))
    assert [link.status.value for link in links] == ["FOUND"] * 10 + ["NOT_FOUND"] * 2
    link = await trace_link(context_for(source, SHOP, BANK), SHOP, FOREIGN[0])
    assert link.status is TraceLinkStatus.OTHER_PROJECT


async def test_numbers_agree_with_the_traces(source):
    context = context_for(source)
    found = await page(source, asked=TraceFilter(names=("GET /",)), first=1)
    rate = await traces.rate(context, found.search, 10 * NS_PER_S)
    assert sum(value * 10 for value in rate.series[0].values if value) == pytest.approx(COUNT)
    latency = await traces.latency(context, found.search, 1.0, 10 * NS_PER_S)
    assert max(value for value in latency.series[0].values if value) == pytest.approx(0.25, rel=0.2)
    assert rate.series[0].timestamps[0] > rate.interval.start_ns / NS_PER_MS


async def test_numbers_of_several_projects_are_those_of_each_alone(source):
    context = context_for(source, SHOP, BANK)
    asked = TraceFilter(attributes=(LabelMatcher("kind", "=", "SERVER"),))
    pages = await asyncio.gather(
        *(traces.traces(context, each, asked=asked, time_range=WHOLE, first=100) for each in (SHOP, BANK))
    )
    rates = await asyncio.gather(*(traces.rate(context, each.search, 10 * NS_PER_S) for each in pages))
    for each, rate in zip(pages, rates, strict=True):
        alone = await traces.traces(
            context_for(source, SHOP, BANK), each.search.project, asked=asked, time_range=WHOLE, first=100
        )
        assert alone == each
        lonely = await traces.rate(context_for(source, SHOP, BANK), alone.search, 10 * NS_PER_S)
        # Asked for alone a series may have zeros where the one of two projects has a gap.
        assert {at: value for at, value in zip(*columns(rate), strict=True) if value} == {
            at: value for at, value in zip(*columns(lonely), strict=True) if value
        }


def columns(found):
    return found.series[0].timestamps, found.series[0].values


async def test_slowest_and_failing_traces_are_found(source):
    interval = Interval(WHOLE.from_ns, WHOLE.to_ns)
    slowest = await traces.slowest_traces(context_for(source), SHOP, interval, first=3)
    assert [each.id for each in slowest] == [OWN[number] for number in (23, 22, 21)]
    failing = await traces.failing_traces(context_for(source), SHOP, interval, first=50)
    assert {each.id for each in failing} == {OWN[number] for number in range(0, COUNT, 4)}


@pytest.mark.parametrize("hours", [24, 24 * 7])
async def test_longest_ranges_are_accepted(source, hours):
    now_ns = time.time_ns()
    span_ns = TimeRange(from_ns=now_ns - hours * 3600 * NS_PER_S, to_ns=now_ns)
    found = await page(source, time_range=span_ns, first=1)
    rate = await traces.rate(context_for(source), found.search, 3600 * NS_PER_S)
    assert len(rate.series) == 1
    with pytest.raises(BadInput):
        await page(source, time_range=TimeRange(from_ns=now_ns - 169 * 3600 * NS_PER_S, to_ns=now_ns))


async def test_range_within_the_last_seconds_is_empty(source):
    now_ns = time.time_ns()
    found = await page(source, time_range=TimeRange(from_ns=now_ns - 2 * NS_PER_S, to_ns=now_ns))
    assert found.nodes == []


async def test_names_and_values_are_the_projects(source):
    context = context_for(source)
    found = await traces.trace_attributes(context, SHOP, WHOLE)
    names = {(each.scope, each.name) for each in found}
    assert {("span", "order.total"), ("span", "canary"), ("resource", "service.namespace")} <= names
    assert ("resource", "canary.res") not in names
    for each in found:
        values = await traces.trace_attribute_values(context, each, search=None, first=1000)
        assert not [value for value in values if CANARY in value or value == BANK.slug], each.name
    namespace = next(each for each in found if each.name == "service.namespace")
    assert await traces.trace_attribute_values(context, namespace, search=None, first=10) == [SHOP.slug]


@pytest.mark.parametrize(
    "query, words",
    [
        ('{ duration = "x" }', "same type"),
        ("{ name = nil }", "nil"),
        ("{} | select(1)", "unexpected"),
        ("({} | count() = 1) && {}", "unexpected"),
        ("{ !.canary }", "expected a boolean"),
        ("{ -.canary > 1 }", "expected a numeric"),
        ("{ .http.response.status_code / 0 = 1 }", "division by zero"),
        ("{ .http.response.status_code % 0 = 1 }", "modulo by zero"),
    ],
)
async def test_refusals_keep_their_words_and_lose_their_places(source, query, words):
    with pytest.raises(SourceRefused, match=words) as caught:
        await page(source, query=query)
    assert " col " not in caught.value.message
