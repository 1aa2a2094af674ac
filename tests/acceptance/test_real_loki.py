"""The log use cases on a real Loki, whose address LOKI_URL gives; each run writes lines of namespaces of its own."""

from __future__ import annotations

import asyncio
import json
import os
import time
import uuid
from collections import Counter
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from datasources.exceptions import BadInput, SourceRefused
from datasources.http import HttpSender, SourceSettings
from datasources.loki.client import LokiSource
from datasources.records.logs import LabelMatcher, LogEntry, LogFieldKind, LogFilter, LogLevel, LogPage
from datasources.records.shared import NS_PER_S, Interval
from datasources.records.sources import SourceKind
from datasources.scope import Refused
from resolvers import logs
from resolvers.context import RequestContext
from resolvers.time_ranges import TimeRange
from tests.resolvers.logs.things import context_for, project_for

LOKI_URL = os.environ.get("LOKI_URL", "")
pytestmark = [
    pytest.mark.acceptance,
    pytest.mark.skipif(not LOKI_URL, reason="LOKI_URL names no Loki that lines may be written to"),
]

RUN = uuid.uuid4().hex[:8]
SHOP, BANK = project_for(f"shop-{RUN}"), project_for(f"bank-{RUN}", 2)
CANARY = f"SECRET-{RUN}"
STARTED_NS = time.time_ns()
CROWDED_NS = STARTED_NS - 100 * NS_PER_S
TRACE_ID = "0007" + uuid.uuid4().hex[4:]
HOSTILE = json.loads((Path(__file__).parents[1] / "fixtures" / "adversarial" / "logql.json").read_text())


def written(namespace: str, secret: str = "") -> list[dict[str, object]]:
    """Two services: JSON with trace ids, and logfmt; 80 lines share one nanosecond."""
    streams = []
    for service, render in (("pay", _json), ("cart", _logfmt)):
        values = []
        for number in range(120):
            at_ns = CROWDED_NS if number < 40 else STARTED_NS - (290 - number) * NS_PER_S
            level = ("info", "info", "warn", "error")[number % 4]
            metadata = {"trace_id": TRACE_ID, "span_id": f"{number:016x}"} if number % 10 == 0 else {"n": str(number)}
            values.append([str(at_ns), render(level, number, secret), metadata])
        labels = {"service_namespace": namespace, "service_name": service, "app": "web"}
        streams.append({"stream": labels, "values": values})
    return streams


def _json(level: str, number: int, secret: str) -> str:
    return json.dumps({"level": level, "msg": f"request {number} {secret}", "status": 500 if level == "error" else 200})


def _logfmt(level: str, number: int, secret: str) -> str:
    return f'level={level} msg="request {number} {secret}" status={500 if level == "error" else 200}'


@pytest.fixture(scope="module", autouse=True)
def lines() -> list[dict[str, object]]:
    """What is in Loki, once it can be read back."""
    own = written(SHOP.slug)
    with httpx.Client(base_url=LOKI_URL, timeout=30) as client:
        pushed = client.post("/loki/api/v1/push", json={"streams": own + written(BANK.slug, CANARY)})
        assert pushed.status_code == 204, pushed.text
        query = {"query": f'sum(count_over_time({{service_namespace=~"(shop|bank)-{RUN}"}}[10m]))'}
        for _ in range(100):
            found = client.get("/loki/api/v1/query", params=query).json()["data"]["result"]
            if found and found[0]["value"][1] == "480":
                return own
            time.sleep(0.2)
    raise AssertionError("what was written cannot be read back")


@pytest.fixture
async def source() -> AsyncIterator[LokiSource]:
    found = LokiSource(HttpSender(SourceSettings("loki", LOKI_URL), SourceKind.LOKI))
    yield found
    await found.close()


@pytest.fixture
def context(source: LokiSource) -> RequestContext:
    return context_for(source, SHOP, BANK, now_ns=time.time_ns())


TEN_MINUTES = TimeRange(last_ns=600 * NS_PER_S)


async def read(context: RequestContext, **asked: object) -> LogPage:
    asked.setdefault("asked", TEN_MINUTES)
    return await logs.log_page(context, await logs.logs(context, SHOP, **asked))  # type: ignore[arg-type]


def texts(entries: list[LogEntry]) -> Counter[tuple[int, str]]:
    return Counter((entry.timestamp_ns, entry.line) for entry in entries)


def given(streams: list[dict[str, object]]) -> Counter[tuple[int, str]]:
    return Counter((int(at), line) for stream in streams for at, line, _ in stream["values"])  # type: ignore[attr-defined]


@pytest.mark.parametrize("first", [1_000, 50, 23])
@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
async def test_pages_are_what_was_written_once(context, lines, forward, first):
    found, after = [], None
    while True:
        page = await read(context, forward=forward, first=first, after=after)
        found += page.nodes
        if not page.has_next_page:
            break
        after = page.page_info.end_cursor
    assert texts(found) == given(lines)
    times = [entry.timestamp_ns for entry in found]
    assert times == sorted(times, reverse=not forward)


@pytest.mark.parametrize(
    "case", [case for case in HOSTILE if case["expect"] == "scoped"], ids=lambda case: case["query"][:40]
)
async def test_hostile_query_tells_nothing_of_another_project(context, source, case):
    query = case["query"].replace('"shop"', f'"{SHOP.slug}"').replace("bank|shop", f"{BANK.slug}|{SHOP.slug}")
    now_ns = time.time_ns()
    expression = source.narrow(query, SHOP.scope)
    try:
        if expression.text.startswith("{"):
            interval = Interval(now_ns - 600 * NS_PER_S, now_ns)
            found: object = (
                await source.logs(expression, interval, project=SHOP, limit=1_000, forward=False, call=context.call)
            ).entries
        else:
            found = await source.query(expression, now_ns, call=context.call)
    except (SourceRefused, BadInput):
        return
    assert CANARY not in repr(found)
    assert f"'{BANK.slug}'" not in repr(found)


@pytest.mark.parametrize(
    "found, count",
    [
        (LogFilter(services=("pay",)), 120),
        (LogFilter(levels=(LogLevel.ERROR,)), 60),
        (LogFilter(levels=(LogLevel.WARN, LogLevel.FATAL)), 60),
        (LogFilter(contains=("request 7 ",)), 2),
        (LogFilter(excludes=("request 1",)), 178),
        (LogFilter(regex="request (7|8) "), 4),
        (LogFilter(labels=(LabelMatcher("service_name", "=~", "ca.+"),)), 120),
        (LogFilter(fields=(LabelMatcher("status", "=", "500"),)), 60),
        (LogFilter(fields=(LabelMatcher("n", "=", "7"),)), 2),
        (LogFilter(trace_ids=(TRACE_ID.lstrip("0"),)), 24),
        (LogFilter(trace_ids=(TRACE_ID,), span_id=f"{20:016x}"), 2),
    ],
    ids=[
        "service",
        "level",
        "levels",
        "contains",
        "excludes",
        "regex",
        "labels",
        "parsed",
        "metadata",
        "trace",
        "span",
    ],
)
async def test_filter_selects_and_its_volume_counts_the_same(context, found, count):
    asked = await logs.logs(context, SHOP, filter=found, asked=TEN_MINUTES, first=1_000)
    page = await logs.log_page(context, asked)
    assert len(page.nodes) == count
    volume = await logs.connection_volume(context, asked, 15 * NS_PER_S)
    assert {each.level: each.total for each in volume} == Counter(entry.level for entry in page.nodes)


async def test_volume_of_two_projects_is_one_request_and_each_ones_own(context):
    interval = Interval(context.now_ns - 600 * NS_PER_S, context.now_ns)
    found = await asyncio.gather(*(logs.log_volume(context, project, interval) for project in (SHOP, BANK)))
    assert [sum(each.total for each in volume) for volume in found] == [240, 240]
    assert sum(report.requests for report in context.call.ledger.reports()) == 1


async def test_context_of_many_lines_is_that_of_each(context, source):
    entries = (await read(context, query='{service_name="cart"}', forward=True, first=12)).nodes[2:]
    together = await asyncio.gather(*(logs.log_context(context, entry, 2, 2) for entry in entries))
    assert sum(report.requests for report in context.call.ledger.reports()) == 3
    for entry, around in zip(entries, together, strict=True):
        alone = context_for(source, SHOP, now_ns=context.now_ns)
        assert texts(await logs.log_context(alone, entry, 2, 2)) == texts(around)
        assert [each.timestamp_ns - entry.timestamp_ns for each in around] == [n * NS_PER_S for n in (-2, -1, 1, 2)]


async def test_fields_and_their_values_are_found(context):
    fields = {field.name: field for field in await logs.log_fields(context, SHOP, TEN_MINUTES)}
    assert fields["service_name"].kind is LogFieldKind.LABEL
    assert fields["trace_id"].kind is LogFieldKind.METADATA
    assert fields["status"].kind is LogFieldKind.PARSED
    asked = ("service_name", "app", "trace_id", "status")
    values = await asyncio.gather(*(logs.log_field_values(context, fields[name]) for name in asked))
    assert values == [["cart", "pay"], ["web"], [TRACE_ID], ["200", "500"]]
    assert await logs.log_field_values(context, fields["status"]) == ["200", "500"]


async def test_recent_errors_of_two_projects_are_one_request(context):
    interval = Interval(context.now_ns - 600 * NS_PER_S, context.now_ns)
    shop, bank = await asyncio.gather(*(logs.recent_errors(context, each, interval, first=4) for each in (SHOP, BANK)))
    assert [len(shop), len(bank)] == [4, 4]
    assert not [entry for entry in shop if CANARY in entry.line]
    assert all(CANARY in entry.line for entry in bank)


async def test_patterns_and_statistics_answer(context, source):
    asked = await logs.logs(context, SHOP, query='{service_name="cart"}', asked=TEN_MINUTES)
    assert isinstance(await logs.log_patterns(context, asked, 5), list)
    selector = source.narrow_selector("", SHOP.scope)
    interval = Interval(context.now_ns - 600 * NS_PER_S, context.now_ns)
    # Lines that are not flushed yet are in neither of the two.
    assert (await source.index_stats(selector, interval, call=context.call)).streams in {0, 2}
    assert await source.labels(selector, interval, call=context.call)
    bytes_by_service = await source.index_volume(selector, interval, by=("service_name",), call=context.call)
    assert {label.value for sample in bytes_by_service.samples for label in sample.labels} <= {"pay", "cart"}


@pytest.mark.parametrize("query", ['{app="x"} | | json', '{app="x"} |~ "("', '{app="x"} | json | status > "a" b'])
async def test_what_it_cannot_parse_is_its_refusal_in_its_own_words(context, query):
    with pytest.raises(SourceRefused, match="parse"):
        await read(context, query=query)


async def test_foreign_namespace_is_refused_before_it_is_asked(context):
    with pytest.raises(Refused):
        await read(context, query=f'{{service_namespace="{BANK.slug}"}}')


async def test_it_tells_that_it_is_there(context, source):
    await source.check(context.call)
    assert source.status().last_error is None
