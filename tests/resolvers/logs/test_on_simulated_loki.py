"""The use cases on a server that answers as Loki does, over a scenario in which the signals agree."""

from __future__ import annotations

import asyncio
from collections import Counter

import pytest

from datasources.exceptions import BadInput, NotFound, SourceRefused
from datasources.records.logs import LabelMatcher, LogEntry, LogFieldKind, LogFilter, LogLevel
from datasources.records.shared import NS_PER_S, Interval
from datasources.scope import Refused
from resolvers import logs
from resolvers.logs import recent
from resolvers.time_ranges import TimeRange
from tests.resolvers.logs.things import NOW_NS, PROJECT, context_for, project_for

TEN_MINUTES = TimeRange(last_ns=600 * NS_PER_S)
INTERVAL = Interval(NOW_NS - 600 * NS_PER_S, NOW_NS)
HALF_HOUR = Interval(NOW_NS - 1800 * NS_PER_S, NOW_NS)
BANK = project_for("bank", 2)


def what(entry: LogEntry) -> tuple[int, str, str]:
    return entry.timestamp_ns, entry.mark, entry.line


async def page(loki, **asked):
    asked.setdefault("asked", TEN_MINUTES)
    return await read(context_for(loki.source), **asked)


def paged(context, ask):
    async def read_page(*args, **asked):
        return await logs.log_page(context, await ask(*args, **asked))

    return read_page


async def read(context, **asked):
    asked.setdefault("asked", TEN_MINUTES)
    return await logs.log_page(context, await logs.logs(context, PROJECT, **asked))


@pytest.mark.parametrize("forward", [True, False], ids=["forward", "backward"])
async def test_pages_are_the_whole_list_once(loki, forward):
    short = TimeRange(last_ns=60 * NS_PER_S)
    whole = (await page(loki, forward=forward, first=5_000, asked=short)).nodes
    found, after = [], None
    while True:
        part = await page(loki, forward=forward, first=37, asked=short, after=after)
        found += part.nodes
        if not part.has_next_page:
            break
        after = part.page_info.end_cursor
    assert len(whole) > 100
    assert Counter(map(what, found)) == Counter(map(what, whole))
    assert [entry.timestamp_ns for entry in found] == [entry.timestamp_ns for entry in whole]


async def test_only_the_projects_lines_come(loki):
    found = await page(loki, first=1_000)
    assert {entry.stream.labels["service_namespace"] for entry in found.nodes} == {"shop"}


@pytest.mark.parametrize(
    "found, holds",
    [
        (LogFilter(services=("payment", "cart")), lambda entry: entry.service in {"payment", "cart"}),
        (LogFilter(levels=(LogLevel.ERROR,)), lambda entry: entry.level is LogLevel.ERROR),
        (
            LogFilter(levels=(LogLevel.WARN, LogLevel.FATAL)),
            lambda entry: entry.level in {LogLevel.WARN, LogLevel.FATAL},
        ),
        (LogFilter(contains=("request completed",)), lambda entry: "request completed" in entry.line),
        (LogFilter(excludes=("request completed",)), lambda entry: "request completed" not in entry.line),
        (LogFilter(regex="(?i)REQUEST (completed|failed)"), lambda entry: "request" in entry.line),
        (
            LogFilter(labels=(LabelMatcher("service_name", "!=", "frontend"),)),
            lambda entry: entry.service != "frontend",
        ),
        (
            LogFilter(fields=(LabelMatcher("http_response_status_code", "=~", "2.."),)),
            lambda entry: entry.metadata["http_response_status_code"].startswith("2"),
        ),
    ],
    ids=["services", "level", "levels", "contains", "excludes", "regex", "labels", "fields"],
)
async def test_filter_selects(loki, found, holds):
    answer = await page(loki, filter=found, first=200)
    everything = await page(loki, first=5_000)
    assert answer.nodes
    assert all(holds(entry) for entry in answer.nodes)
    wanted = [entry for entry in everything.nodes if _holds(holds, entry)]
    assert [entry.timestamp_ns for entry in answer.nodes] == [entry.timestamp_ns for entry in wanted[:200]]


async def test_filter_narrows_a_query(loki):
    query, found = '{service_name="payment"} |= "request"', LogFilter(levels=(LogLevel.INFO,), excludes=("nothing",))
    context = context_for(loki.source)
    asked = await logs.logs(context, PROJECT, query=query, filter=found, asked=TEN_MINUTES)
    answer = await logs.log_page(context, asked)
    assert asked.logql == '{service_name="payment"} |= "request" != "nothing" | detected_level=~"info|information"'
    assert {(entry.service, entry.level) for entry in answer.nodes} == {("payment", LogLevel.INFO)}


async def test_lines_of_a_trace_are_found_by_an_id_without_its_zeros(loki, scenario):
    request = next(each for each in scenario.requests("shop", *_span()) if each.trace_id.startswith("0") and each.logs)
    found = await page(loki, filter=LogFilter(trace_ids=(request.trace_id.lstrip("0").upper(),)), first=1_000)
    assert {entry.trace_id for entry in found.nodes} == {request.trace_id}
    assert len(found.nodes) == len(request.logs)


@pytest.mark.parametrize(
    "asked, argument",
    [
        ({"first": 0}, "first"),
        ({"first": 5_001}, "first"),
        ({"after": "nonsense"}, "after"),
        ({"after": "12.AAAA"}, "after"),
        ({"query": '{service_namespace="bank"}'}, "query"),
        ({"query": "rate({}[5m])"}, "query"),
        ({"query": "vector(1)"}, "query"),
        ({"filter": LogFilter(trace_ids=("xyz",))}, "filter.traceId"),
        ({"filter": LogFilter(labels=(LabelMatcher("a-b", "=", "c"),))}, "filter"),
        ({"filter": LogFilter(labels=(LabelMatcher("service_namespace", "=", "bank"),))}, "filter"),
        ({"filter": LogFilter(contains=("x",) * 51)}, "filter"),
        ({"asked": TimeRange(last_ns=0)}, "range.last"),
        ({"asked": TimeRange(from_ns=5, to_ns=5)}, "range.from"),
        ({"asked": TimeRange(last_ns=40 * 86_400 * NS_PER_S)}, "range"),
    ],
)
async def test_bad_input_names_the_argument(loki, asked, argument):
    with pytest.raises(BadInput) as caught:
        await page(loki, **asked)
    assert caught.value.argument == argument
    assert loki.requests == []


async def test_refused_query_says_where_in_the_persons_text(loki):
    with pytest.raises(Refused) as caught:
        await page(loki, query='{app="x"} | json | table("x")', filter=LogFilter(services=("cart",)))
    assert caught.value.position == 19


async def test_what_the_source_cannot_parse_is_its_refusal(loki):
    with pytest.raises(SourceRefused, match="parse error"):
        await page(loki, query='{app="x"} | | json')


async def test_strangers_project_does_not_exist(loki):
    context = context_for(loki.source, PROJECT)
    with pytest.raises(NotFound):
        await logs.logs(context, BANK, asked=TEN_MINUTES)
    assert loki.requests == []


async def test_volume_counts_every_line_once(loki):
    context = context_for(loki.source)
    step_ns = 60 * NS_PER_S
    end_ns = NOW_NS // step_ns * step_ns - step_ns
    interval = Interval(end_ns - 5 * step_ns, end_ns)
    volume = await logs.log_volume(context, PROJECT, interval, step_ns=step_ns)
    asked = TimeRange(from_ns=interval.start_ns + 1, to_ns=interval.end_ns + 1)
    lines = (await read(context, asked=asked, first=5_000)).nodes
    assert {each.level: each.total for each in volume} == Counter(entry.level for entry in lines)
    assert [each.timestamps for each in volume] == [
        [at / 1e6 for at in range(interval.start_ns, end_ns, step_ns)]
    ] * len(volume)
    assert all(len(each.counts) == 5 and sum(each.counts) == each.total for each in volume)
    assert await logs.count_total(context, PROJECT, interval) >= len(lines)


async def test_volume_of_a_page_is_of_its_query_over_its_whole_range(loki):
    context = context_for(loki.source)
    found = LogFilter(services=("payment",), fields=(LabelMatcher("http_response_status_code", "!=", "0"),))
    answer = await logs.logs(context, PROJECT, filter=found, asked=TEN_MINUTES, first=1)
    volume = await logs.connection_volume(context, answer, 60 * NS_PER_S)
    whole = await read(context, filter=found, first=5_000)
    assert sum(each.total for each in volume) >= len(whole.nodes) > 0


@pytest.mark.parametrize("count", [1, 2])
async def test_volume_of_many_projects_is_one_request(loki, count):
    projects = [PROJECT, BANK][:count]
    context = context_for(loki.source, *projects)
    found = await asyncio.gather(*(logs.log_volume(context, project, INTERVAL) for project in projects))
    assert loki.requests == ["query_range"]
    alone = [await logs.log_volume(context_for(loki.source, project), project, INTERVAL) for project in projects]
    assert found == alone


async def test_query_that_renames_labels_is_not_merged_with_other_projects(loki):
    context = context_for(loki.source, PROJECT, BANK)
    logql = '{} | label_format service_namespace="shop"'
    shop, bank = await asyncio.gather(
        *(logs.log_volume(context, project, INTERVAL, logql=logql) for project in (PROJECT, BANK))
    )
    assert loki.requests == ["query_range"] * 2
    assert sum(each.total for each in shop) != sum(each.total for each in bank) > 0


async def test_patterns_are_of_the_selected_streams(loki):
    context = context_for(loki.source)
    answer = await logs.logs(context, PROJECT, query='{service_name="checkout"} |= "order"', asked=TEN_MINUTES, first=1)
    found = await logs.log_patterns(context, answer, 2)
    assert 1 <= len(found) <= 2
    assert all(each.total == sum(each.counts) for each in found)


async def test_fields_are_labels_metadata_and_parsed(loki):
    found = await logs.log_fields(context_for(loki.source), PROJECT, TEN_MINUTES)
    kinds = {field.name: field.kind for field in found}
    assert kinds["service_name"] is LogFieldKind.LABEL
    assert kinds["trace_id"] is LogFieldKind.METADATA
    assert LogFieldKind.PARSED in kinds.values()
    searched = await logs.log_fields(context_for(loki.source), PROJECT, TEN_MINUTES, "SERVICE_NA")
    assert {field.name for field in searched} == {name for name in kinds if "service_na" in name}


async def test_values_of_one_field_and_of_all_fields_cost_as_many_requests(loki):
    context = context_for(loki.source)
    fields = await logs.log_fields(context, PROJECT, TEN_MINUTES)
    by_name = {field.name: field for field in fields}
    loki.requests.clear()
    services = await logs.log_field_values(context, by_name["service_name"])
    levels = await logs.log_field_values(context, by_name["detected_level"])
    assert len(loki.requests) == 2
    context = context_for(loki.source)
    loki.requests.clear()
    values = await asyncio.gather(*(logs.log_field_values(context, field) for field in fields))
    assert len(loki.requests) == 2
    told = dict(zip([field.name for field in fields], values, strict=True))
    assert (told["service_name"], told["detected_level"]) == (services, levels)
    assert "payment" in services


async def test_context_is_the_stream_just_before_and_after(loki):
    context = context_for(loki.source)
    entry = (await read(context, query='{service_name="payment"}', asked=TEN_MINUTES, first=30)).nodes[15]
    around = await logs.log_context(context, entry, 3, 4)
    forward = (await read(context, query=_stream(entry), asked=TEN_MINUTES, first=5_000, forward=True)).nodes
    place = [what(each) for each in forward].index(what(entry))
    assert list(map(what, around)) == [
        what(each) for each in forward[place - 3 : place + 5] if what(each) != what(entry)
    ]


@pytest.mark.parametrize("count", [1, 10])
async def test_context_of_many_lines_costs_as_many_requests_as_that_of_one(loki, count):
    context = context_for(loki.source)
    entries = (await read(context, asked=TEN_MINUTES, first=30)).nodes[5 : 5 + count]
    loki.requests.clear()
    found = await asyncio.gather(*(logs.log_context(context, entry, 2, 2) for entry in entries))
    assert loki.requests == ["query_range"] * 2
    for entry, around in zip(entries, found, strict=True):
        alone = await logs.log_context(context_for(loki.source), entry, 2, 2)
        assert list(map(what, around)) == list(map(what, alone))
        assert all(each.stream.labels == entry.stream.labels for each in around)


async def test_context_of_a_line_that_the_query_rewrote_leaves_out_its_own_instant(loki):
    context = context_for(loki.source)
    query = '{service_name="payment"} | line_format "rewritten"'
    entry = (await read(context, query=query, asked=TEN_MINUTES, first=20)).nodes[10]
    around = await logs.log_context(context, entry, 2, 2)
    times = [each.timestamp_ns for each in around]
    assert len(times) == 4
    assert times[1] < entry.timestamp_ns < times[2]


@pytest.mark.parametrize("before, after", [(-1, 5), (5, 101)])
async def test_context_is_bounded(loki, before, after):
    context = context_for(loki.source)
    entry = (await read(context, asked=TEN_MINUTES, first=1)).nodes[0]
    with pytest.raises(BadInput):
        await logs.log_context(context, entry, before, after)


@pytest.mark.parametrize("count", [1, 10])
async def test_lines_of_many_traces_and_their_spans_are_one_request(loki, scenario, count):
    context = context_for(loki.source)
    requests = [each for each in scenario.requests("shop", *_span()) if each.logs][:count]
    start_ns = min(each.start_ns for each in requests)
    end_ns = max(each.start_ns + each.duration_ns for each in requests)
    told = await asyncio.gather(
        *(
            paged(context, logs.logs_of_trace)(
                context, PROJECT, each.trace_id, start_ns=start_ns, end_ns=end_ns, first=50
            )
            for each in requests
        ),
        *(
            paged(context, logs.logs_of_span)(
                context, PROJECT, each.trace_id, each.logs[0].metadata["span_id"], start_ns=start_ns, end_ns=end_ns
            )
            for each in requests
        ),
    )
    assert loki.requests == ["query_range"]
    for each, found in zip(requests, told[:count], strict=True):
        assert sorted(entry.line for entry in found.nodes) == sorted(line.line for line in each.logs)
        assert [entry.timestamp_ns for entry in found.nodes] == sorted(line.timestamp_ns for line in each.logs)
    for each, found in zip(requests, told[count:], strict=True):
        span_id = each.logs[0].metadata["span_id"]
        wanted = [line.line for line in each.logs if line.metadata.get("span_id") == span_id]
        assert sorted(entry.line for entry in found.nodes) == sorted(wanted)


async def test_lines_of_a_trace_go_on_behind_a_cursor(loki, scenario):
    request = max(scenario.requests("shop", *_span()), key=lambda each: len(each.logs))
    asked = {"start_ns": request.start_ns, "end_ns": request.start_ns + request.duration_ns}
    found, after = [], None
    while True:
        context = context_for(loki.source)
        part = await paged(context, logs.logs_of_trace)(
            context, PROJECT, request.trace_id, first=2, after=after, **asked
        )
        found += [entry.line for entry in part.nodes]
        if not part.has_next_page:
            break
        after = part.page_info.end_cursor
    assert sorted(found) == sorted(line.line for line in request.logs)


async def test_lines_around_a_moment_are_a_services_and_bounded(loki):
    context = context_for(loki.source)
    at_ns = NOW_NS - 60 * NS_PER_S
    found = await paged(context, logs.logs_around)(
        context, PROJECT, service="payment", at_ns=at_ns, window_ns=5 * NS_PER_S
    )
    assert {entry.service for entry in found.nodes} == {"payment"}
    assert all(abs(entry.timestamp_ns - at_ns) <= 5 * NS_PER_S for entry in found.nodes)
    loki.requests.clear()
    asked = [
        paged(context, logs.logs_around)(context, PROJECT, service="payment", at_ns=at_ns + n, window_ns=NS_PER_S)
        for n in range(11)
    ]
    outcomes = await asyncio.gather(*asked, return_exceptions=True)
    assert {type(outcome) for outcome in outcomes} == {BadInput}
    assert loki.requests == []


async def test_recent_errors_are_the_newest_of_their_levels(loki):
    found = await logs.recent_errors(context_for(loki.source), PROJECT, INTERVAL, first=5)
    assert len(found) == 5
    assert {entry.level for entry in found} <= {LogLevel.ERROR, LogLevel.FATAL}
    assert [entry.timestamp_ns for entry in found] == sorted((entry.timestamp_ns for entry in found), reverse=True)


async def test_recent_errors_of_an_aligned_interval_reach_to_now(loki):
    step_ns = 300 * NS_PER_S
    aligned = Interval(INTERVAL.start_ns, NOW_NS - step_ns + 1, step_ns)
    found = await logs.recent_errors(context_for(loki.source), PROJECT, aligned, first=5)
    assert found == await logs.recent_errors(context_for(loki.source), PROJECT, INTERVAL, first=5)


async def test_recent_errors_of_many_projects_are_one_request_and_each_ones_own(loki):
    context = context_for(loki.source, PROJECT, BANK)
    found = await asyncio.gather(*(logs.recent_errors(context, each, INTERVAL, first=3) for each in (PROJECT, BANK)))
    assert loki.requests == ["query_range"]
    for project, entries in zip((PROJECT, BANK), found, strict=True):
        alone = await logs.recent_errors(context_for(loki.source, project), project, INTERVAL, first=3)
        assert list(map(what, entries)) == list(map(what, alone))
        assert {entry.stream.project for entry in entries} == {project}


async def test_quiet_projects_errors_are_not_hidden_by_a_loud_ones(loki, monkeypatch):
    monkeypatch.setattr(recent, "LINES_PER_WANTED", 1)
    context = context_for(loki.source, PROJECT, BANK)
    shop, bank = await asyncio.gather(
        *(logs.recent_errors(context, each, HALF_HOUR, first=6) for each in (PROJECT, BANK))
    )
    assert len(shop) == 6
    assert list(map(what, bank)) == list(
        map(what, await logs.recent_errors(context_for(loki.source, BANK), BANK, HALF_HOUR, first=6))
    )


def _span() -> tuple[int, int]:
    return NOW_NS - 300 * NS_PER_S, NOW_NS - 60 * NS_PER_S


def _stream(entry: LogEntry) -> str:
    return "{" + ", ".join(f'{name}="{value}"' for name, value in entry.stream.labels.items()) + "}"


def _holds(holds, entry: LogEntry) -> bool:
    try:
        return holds(entry)
    except KeyError:
        return False
