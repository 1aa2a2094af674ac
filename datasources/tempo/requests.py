"""What is sent to Tempo. Searches take whole seconds only, and without both ends they look at the last minutes alone.

Source: Tempo's HTTP API.
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from ..exceptions import BadInput
from ..http import SourceRequest
from ..records.shared import NS_PER_S, Interval
from ..scope import Scope, ScopedTraceQL
from .failures import blames_question

MAX_SEARCH_RANGE_S = 168 * 3600
MAX_METRICS_RANGE_S = 24 * 3600
"""The most that Tempo takes for one question, by default; a longer range of numbers is asked for in parts."""
MAX_METRICS_POINTS = 10_000
MAX_SPANS_PER_TRACE = 100
SEARCH_TTL_S = 2.0
METRICS_TTL_S = 5.0
NAMES_TTL_S = 30.0

Params = tuple[tuple[str, str], ...]


def trace(trace_id: str, scope: Scope) -> SourceRequest:
    """A whole trace. Source: /api/v2/traces/<id>; it has no filter, so the answer is filtered."""
    return SourceRequest("GET", f"/api/v2/traces/{trace_id}", tenant=scope.tenant)


def search(expression: ScopedTraceQL, interval: Interval, *, limit: int, spans_per_trace: int) -> SourceRequest:
    """Traces with the spans that matched. Source: /api/search.

    Raises: BadInput for a range longer than a week.
    """
    sizes = (("limit", str(limit)), ("spss", str(spans_per_trace)))
    params = (("q", expression.text), *search_window(interval), *sizes)
    return _evaluated("/api/search", expression, params, SEARCH_TTL_S)


def tags(filter_text: str, scope: Scope, interval: Interval, *, limit: int) -> SourceRequest:
    """Names of attributes, at most `limit` per scope. Source: /api/v2/search/tags; v1 ignores the filter."""
    params = (("q", filter_text), *search_window(interval), ("limit", str(limit)))
    return SourceRequest("GET", "/api/v2/search/tags", params, tenant=scope.tenant, cache_ttl_s=NAMES_TTL_S)


def tag_values(name: str, filter_text: str, scope: Scope, interval: Interval, *, limit: int) -> SourceRequest:
    """Values of one attribute, named with its scope. Source: /api/v2/search/tag/<name>/values; never without a limit."""
    params = (("q", filter_text), *search_window(interval), ("limit", str(limit)))
    path = f"/api/v2/search/tag/{quote(name, safe='')}/values"
    return SourceRequest("GET", path, params, tenant=scope.tenant, cache_ttl_s=NAMES_TTL_S)


def query_range(expression: ScopedTraceQL, interval: Interval) -> SourceRequest:
    """One part of a range; both ends are multiples of the step. Source: /api/metrics/query_range."""
    step_s = (interval.step_ns or NS_PER_S) // NS_PER_S
    params = (("q", expression.text), *_window(interval.start_ns, interval.end_ns), ("step", f"{step_s}s"))
    return _metrics("query_range", expression, params)


def query(expression: ScopedTraceQL, interval: Interval) -> SourceRequest:
    """One number per series over the whole interval. Source: /api/metrics/query.

    Raises: BadInput for more than a day: such a number cannot be put together from parts.
    """
    if interval.range_ns > MAX_METRICS_RANGE_S * NS_PER_S:
        raise BadInput("a number over a whole range of traces is limited to 24h", argument="range")
    return _metrics("query", expression, (("q", expression.text), *_window(interval.start_ns, interval.end_ns)))


def parts(interval: Interval) -> Iterator[Interval]:
    """The interval cut at multiples of the step into parts that Tempo takes, in order.

    Raises: BadInput for a step that is no whole second, more than 10,000 points, or a range longer than a week.
    """
    step_ns = interval.step_ns or NS_PER_S
    if step_ns % NS_PER_S or step_ns > MAX_METRICS_RANGE_S * NS_PER_S:
        raise BadInput("for traces a step is a whole number of seconds, at most 24h", argument="step")
    if interval.range_ns > (MAX_SEARCH_RANGE_S + 3600) * NS_PER_S:
        raise BadInput("traces go back over at most 168h at a time", argument="range")
    if interval.range_ns > MAX_METRICS_POINTS * step_ns:
        raise BadInput(f"traces give at most {MAX_METRICS_POINTS} points: ask for a longer step", argument="step")
    length_ns = MAX_METRICS_RANGE_S * NS_PER_S // step_ns * step_ns
    for start_ns in range(interval.start_ns, interval.end_ns, length_ns):
        yield Interval(start_ns, min(start_ns + length_ns, interval.end_ns), step_ns)


def search_window(interval: Interval) -> Params:
    """Whole seconds around the interval.

    Raises: BadInput for a range longer than a week.
    """
    if interval.range_ns > MAX_SEARCH_RANGE_S * NS_PER_S:
        raise BadInput("traces go back over at most 168h at a time", argument="range")
    end_s = -(-interval.end_ns // NS_PER_S)
    start_s = max(interval.start_ns // NS_PER_S, end_s - MAX_SEARCH_RANGE_S)
    return (("start", str(start_s)), ("end", str(max(end_s, start_s + 1))))


def buildinfo() -> SourceRequest:
    """Source: /api/status/buildinfo; needs no tenant."""
    return SourceRequest("GET", "/api/status/buildinfo")


def _window(start_ns: int, end_ns: int) -> Params:
    start_s = start_ns // NS_PER_S
    return (("start", str(start_s)), ("end", str(max(-(-end_ns // NS_PER_S), start_s + 1))))


def _metrics(path: str, expression: ScopedTraceQL, params: Params) -> SourceRequest:
    return _evaluated(f"/api/metrics/{path}", expression, params, METRICS_TTL_S)


def _evaluated(path: str, expression: ScopedTraceQL, params: Params, ttl_s: float) -> SourceRequest:
    return SourceRequest(
        "GET",
        path,
        params,
        tenant=expression.scope.tenant,
        cache_ttl_s=ttl_s,
        blames_question=blames_question,
    )
