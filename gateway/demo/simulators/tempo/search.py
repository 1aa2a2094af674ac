"""GET /api/search: which traces hold spansets that the query asks for, and what of them is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from gateway.demo.scenario.requests import Request
from gateway.demo.simulators.tempo.history import CUTOFF_NS, RECENT_NS, SECOND, History, Window, inspected
from gateway.demo.simulators.tempo.legacy import TagSearch
from gateway.demo.simulators.tempo.parameters import BadRequest, check_query_size, second_range, unsigned
from gateway.demo.simulators.tempo.queries import CompiledQuery, Queries
from gateway.demo.simulators.tempo.results import shown_trace, trace_summary
from gateway.demo.simulators.tempo.traceql.errors import InvalidQuery
from gateway.demo.simulators.tempo.wire import Json

MAX_RANGE_S = 168 * 3600
MAX_LIMIT = 262_144
MAX_SPANS_PER_SPANSET = 100
DEFAULT_LIMIT = 20
DEFAULT_SPANS_PER_SPANSET = 3


@dataclass(frozen=True)
class SearchRequest:
    """Units: seconds. `query` is None for a search without TraceQL."""

    query: CompiledQuery | None
    tags: TagSearch
    start_s: int
    end_s: int
    limit: int
    spans_per_spanset: int


class Search:
    """Answers searches; a count of them makes two equal ones without `most_recent` differ, as they do in Tempo."""

    def __init__(self, history: History, queries: Queries, clock: Callable[[], int]) -> None:
        self._history = history
        self._queries = queries
        self._clock = clock
        self._count = 0

    def answer(self, params: Mapping[str, str]) -> Json:
        """Raises: BadRequest."""
        request = self._parse(params)
        now = self._clock()
        window = search_window(request.start_s, request.end_s, now)
        traces = self._traces(request, window)
        traces.sort(key=lambda trace: -int(trace["startTimeUnixNano"]))
        metrics = inspected(window.start_ns, now, 1_000_000 + 1_000 * len(traces), jobs=4)
        without_query = {} if request.query else {"inspectedTraces": len(traces)}
        return {"traces": traces, "metrics": {**without_query, **metrics}}

    def _parse(self, params: Mapping[str, str]) -> SearchRequest:
        check_query_size(params)
        start, end = second_range(params)
        text = params.get("q", "")
        if text and params.get("tags"):
            raise BadRequest("invalid request: can't specify tags and q in the same query")
        tags = TagSearch.parse(params)
        limit, spans_per_spanset = unsigned(params, "limit"), unsigned(params, "spss")
        if params.get("limit") and limit == 0:
            raise BadRequest("invalid limit: must be a positive number")
        if limit > MAX_LIMIT:
            raise BadRequest(f"limit {limit} exceeds max limit {MAX_LIMIT}")
        query = self._compile(text) if text else None
        if start and end - start > MAX_RANGE_S:
            shown = min(end, (self._clock() - CUTOFF_NS) // SECOND)
            if shown - start > MAX_RANGE_S:
                raise BadRequest(
                    f"range specified by start and end exceeds 168h0m0s. received start={start} end={shown}"
                )
        if spans_per_spanset > MAX_SPANS_PER_SPANSET:
            raise BadRequest(f"spans per span set exceeds {MAX_SPANS_PER_SPANSET}. received {spans_per_spanset}")
        return SearchRequest(
            query, tags, start, end, limit or DEFAULT_LIMIT, spans_per_spanset or DEFAULT_SPANS_PER_SPANSET
        )

    def _compile(self, text: str) -> CompiledQuery:
        try:
            return self._queries.compile(text)
        except InvalidQuery as error:
            raise BadRequest(f"invalid TraceQL query: {error}") from error

    def _traces(self, request: SearchRequest, window: Window) -> list[Json]:
        query, found = request.query, list[Json]()
        for candidate in self._candidates(request, window):
            if query is None:
                if request.tags.matches(candidate):
                    found.append(trace_summary(candidate))
            elif spansets := query.matcher.spansets(candidate):
                found.append(shown_trace(candidate, spansets, query.attributes, request.spans_per_spanset))
            if len(found) == request.limit:
                break
        return found

    def _candidates(self, request: SearchRequest, window: Window) -> Iterator[Request]:
        self._count += 1
        if request.query is not None and request.query.trace_ids is not None:
            return self._history.named(request.query.trace_ids, window)
        if request.query is not None and request.query.hints.get("most_recent") is True:
            return self._history.newest_first(window)
        return self._history.spread(window, self._count)


def search_window(start_s: int, end_s: int, now_ns: int) -> Window:
    """The newest half minute is not searchable yet; a range that lies in it entirely is ignored."""
    latest = now_ns - CUTOFF_NS
    if not start_s and not end_s:
        return Window(now_ns - RECENT_NS, latest)
    start, end = start_s * SECOND, min(end_s * SECOND, latest)
    return Window(now_ns - RECENT_NS if start > end else start, end)
