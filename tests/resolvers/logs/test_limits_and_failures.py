"""What happens where a source fails, and where its limit of lines cuts what was asked for together."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable

import httpx
import pytest

from datasources.exceptions import BadInput, SourceUnavailable
from datasources.loki.client import LokiLimits
from datasources.records.logs import LogConnection, LogEntry, LogField, LogFieldKind, LogStream
from datasources.records.shared import NS_PER_S, Interval
from resolvers import logs
from resolvers.context import RequestContext
from resolvers.logs import batches, surroundings
from resolvers.time_ranges import TimeRange
from tests.resolvers.logs.things import NOW_NS, PROJECT, Loki, context_for, project_for

HOUR = TimeRange(last_ns=3600 * NS_PER_S)
INTERVAL = Interval(NOW_NS - 3600 * NS_PER_S, NOW_NS)
BANK = project_for("bank", 2)
ENTRY = LogEntry(NOW_NS, "line", LogStream.of(PROJECT, {"service_name": "cart"}), {}, {})
ID = "a" * 32


async def asked(context: RequestContext) -> LogConnection:
    return await logs.logs(context, PROJECT, asked=HOUR)


def field(name: str, kind: LogFieldKind) -> LogField:
    return LogField(name, kind, None, PROJECT, INTERVAL)


async def two_traces(context: RequestContext) -> object:
    found = [
        await logs.logs_of_trace(context, PROJECT, trace_id, start_ns=NOW_NS - 1, end_ns=NOW_NS)
        for trace_id in (ID, "b" * 32)
    ]
    return await asyncio.gather(*(logs.log_page(context, each) for each in found))


async def a_moment(context: RequestContext) -> object:
    found = await logs.logs_around(context, PROJECT, service=None, at_ns=NOW_NS, window_ns=NS_PER_S)
    return await logs.log_page(context, found)


async def a_page(context: RequestContext) -> object:
    return await logs.log_page(context, await asked(context))


async def patterns(context: RequestContext) -> object:
    return await logs.log_patterns(context, await asked(context), 5)


async def two_projects_errors(context: RequestContext) -> object:
    return await asyncio.gather(*(logs.recent_errors(context, each, INTERVAL) for each in (PROJECT, BANK)))


USES: dict[str, Callable[[RequestContext], Awaitable[object]]] = {
    "page": a_page,
    "patterns": patterns,
    "volume": lambda context: logs.log_volume(context, PROJECT, INTERVAL),
    "total": lambda context: logs.count_total(context, PROJECT, INTERVAL),
    "context": lambda context: logs.log_context(context, ENTRY, 1, 1),
    "fields": lambda context: logs.log_fields(context, PROJECT, HOUR),
    "label values": lambda context: logs.log_field_values(context, field("a", LogFieldKind.LABEL)),
    "field values": lambda context: logs.log_field_values(context, field("a", LogFieldKind.PARSED)),
    "recent errors": lambda context: logs.recent_errors(context, PROJECT, INTERVAL),
    "recent errors of two": two_projects_errors,
    "traces": two_traces,
    "moment": a_moment,
}


@pytest.mark.parametrize("use", USES.values(), ids=USES)
async def test_source_that_fails_is_named(use):
    loki = Loki(lambda path, params: httpx.Response(503, text="not ready"))
    with pytest.raises(SourceUnavailable) as caught:
        await use(context_for(loki.source, PROJECT, BANK))
    assert caught.value.source == "loki"


@pytest.mark.parametrize("use", USES.values(), ids=USES)
async def test_source_that_is_not_configured_is_named(use):
    context = context_for(Loki(lambda path, params: {}).source, PROJECT, BANK)
    context.sources = type(context.sources)(metrics={}, logs={}, traces={})
    with pytest.raises(SourceUnavailable) as caught:
        await use(context)
    assert caught.value.source == "loki"


@pytest.mark.parametrize(
    "ask, argument",
    [
        (lambda context: logs.log_field_values(context, field("a", LogFieldKind.LABEL), None, 0), "first"),
        (lambda context: logs.logs_of_trace(context, PROJECT, "xyz", start_ns=0, end_ns=1), "traceId"),
        (lambda context: logs.logs_around(context, PROJECT, service=None, at_ns=5, window_ns=0), "window"),
        (lambda context: logs.log_volume(context, PROJECT, INTERVAL, step_ns=1), "step"),
    ],
    ids=["values", "trace id", "window", "step"],
)
async def test_bad_input_names_the_argument(ask, argument):
    loki = Loki(lambda path, params: {})
    with pytest.raises(BadInput) as caught:
        await ask(context_for(loki.source))
    assert caught.value.argument == argument
    assert loki.requests == []


async def test_page_of_patterns_is_bounded():
    context = context_for(Loki(lambda path, params: {}).source)
    with pytest.raises(BadInput, match="first"):
        await logs.log_patterns(context, await asked(context), 0)


async def test_traces_that_the_limit_cut_off_are_asked_for_alone(loki, scenario):
    requests = [
        each for each in scenario.requests("shop", NOW_NS - 200 * NS_PER_S, NOW_NS - 60 * NS_PER_S) if each.logs
    ][:8]
    loki.source.limits = LokiLimits(max_lines=20)
    context = context_for(loki.source)
    start_ns, end_ns = requests[0].start_ns, requests[-1].start_ns + requests[-1].duration_ns
    connections = [
        await logs.logs_of_trace(context, PROJECT, each.trace_id, start_ns=start_ns, end_ns=end_ns, first=15)
        for each in requests
    ]
    pages = await asyncio.gather(*(logs.log_page(context, each) for each in connections))
    assert sum(len(each.logs) for each in requests) > 20
    assert 1 < len(loki.requests) <= 1 + batches.MAX_ALONE
    for each, page in zip(requests, pages, strict=True):
        assert sorted(entry.line for entry in page.nodes) == sorted(line.line for line in each.logs)


async def test_context_that_the_limit_cut_off_is_asked_for_alone(loki):
    context = context_for(loki.source)
    found = await logs.log_page(context, await logs.logs(context, PROJECT, asked=HOUR, first=1_000))
    entries = found.nodes[100::300]
    alone = [await logs.log_context(context_for(loki.source), entry, 2, 2) for entry in entries]
    loki.source.limits = LokiLimits(max_lines=60)
    loki.requests.clear()
    together = await asyncio.gather(*(logs.log_context(context, entry, 2, 2) for entry in entries))
    assert len(loki.requests) <= 4 + 2 * len(entries)
    assert [[entry.mark for entry in around] for around in together] == [
        [entry.mark for entry in around] for around in alone
    ]


async def test_streams_too_busy_for_their_context_say_so(loki, monkeypatch):
    monkeypatch.setattr(surroundings, "MAX_ALONE", 0)
    context = context_for(loki.source)
    found = await logs.log_page(context, await logs.logs(context, PROJECT, asked=HOUR, first=1_000))
    loki.source.limits = LokiLimits(max_lines=5)
    outcomes = await asyncio.gather(
        *(logs.log_context(context, entry, 3, 3) for entry in found.nodes[100::300]), return_exceptions=True
    )
    assert any(isinstance(outcome, BadInput) for outcome in outcomes)
