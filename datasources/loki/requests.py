"""Loki's requests, built from scratch: nothing but a narrowed expression, instants and numbers goes into them.

Source: Loki's HTTP interface, `/loki/api/v1`. Instants are nanoseconds as text, a step is seconds.
"""

from __future__ import annotations

from urllib.parse import quote

from ..http import Pairs, SourceRequest
from ..records.shared import NS_PER_S, Interval
from ..scope import ScopedLogQL

API = "/loki/api/v1"
CATEGORISED: Pairs = (("X-Loki-Response-Encoding-Flags", "categorize-labels"),)
"""Without it structured metadata is merged into the labels, and nearly every line becomes a stream of its own."""

LONGEST_GET = 4_000
METADATA_TTL_S = 30.0
METRIC_TTL_S = 5.0


def logs(expression: ScopedLogQL, interval: Interval, *, limit: int, forward: bool) -> SourceRequest:
    """Lines of `[start, end)`: the end is excluded. Source: /query_range with a log query."""
    direction = "forward" if forward else "backward"
    params = (*_query(expression), *_window(interval), ("limit", str(limit)), ("direction", direction))
    return _read("query_range", params, expression)


def query_range(expression: ScopedLogQL, interval: Interval) -> SourceRequest:
    """Points on multiples of the step. Source: /query_range with a metric query."""
    if interval.step_ns is None:
        raise ValueError("a metric query over a range needs a step")
    params = (*_query(expression), *_window(interval), ("step", seconds(interval.step_ns)))
    return _read("query_range", params, expression, ttl_s=METRIC_TTL_S)


def query(expression: ScopedLogQL, at_ns: int) -> SourceRequest:
    """One vector. Source: /query."""
    return _read("query", (*_query(expression), ("time", str(at_ns))), expression)


def labels(selector: ScopedLogQL, interval: Interval) -> SourceRequest:
    """Source: /labels."""
    return _metadata("labels", selector, interval)


def label_values(name: str, selector: ScopedLogQL, interval: Interval) -> SourceRequest:
    """Source: /label/<name>/values."""
    return _metadata(f"label/{quote(name, safe='')}/values", selector, interval)


def series(selector: ScopedLogQL, interval: Interval) -> SourceRequest:
    """Source: /series, with one selector: several would be joined by "or"."""
    return _read("series", (("match[]", selector.text), *_window(interval)), selector, ttl_s=METADATA_TTL_S)


def index_stats(selector: ScopedLogQL, interval: Interval) -> SourceRequest:
    """Source: /index/stats; takes no pipeline."""
    return _metadata("index/stats", selector, interval)


def index_volume(selector: ScopedLogQL, interval: Interval, *, by: tuple[str, ...], limit: int) -> SourceRequest:
    """Bytes per group; per step, where the interval has one. Source: /index/volume, /index/volume_range."""
    extra: list[tuple[str, str]] = [("limit", str(limit))]
    if by:
        extra.append(("targetLabels", ",".join(by)))
    if interval.step_ns is None:
        return _metadata("index/volume", selector, interval, *extra)
    return _metadata("index/volume_range", selector, interval, *extra, ("step", seconds(interval.step_ns)))


def patterns(selector: ScopedLogQL, interval: Interval) -> SourceRequest:
    """Source: /patterns; takes no pipeline."""
    step = () if interval.step_ns is None else (("step", seconds(interval.step_ns)),)
    return _metadata("patterns", selector, interval, *step)


def detected_labels(selector: ScopedLogQL, interval: Interval) -> SourceRequest:
    """Source: /detected_labels."""
    return _metadata("detected_labels", selector, interval)


def detected_fields(expression: ScopedLogQL, interval: Interval, *, limit: int, line_limit: int) -> SourceRequest:
    """The fields of a sample of `line_limit` lines. Source: /detected_fields."""
    sizes = (("limit", str(limit)), ("line_limit", str(line_limit)))
    return _metadata("detected_fields", expression, interval, *sizes)


def detected_field_values(
    name: str, expression: ScopedLogQL, interval: Interval, *, limit: int, line_limit: int
) -> SourceRequest:
    """The values in a sample of `line_limit` lines. Source: /detected_field/<name>/values."""
    path = f"detected_field/{quote(name, safe='')}/values"
    return _metadata(path, expression, interval, ("limit", str(limit)), ("line_limit", str(line_limit)))


def buildinfo() -> SourceRequest:
    """Source: /status/buildinfo; needs no tenant."""
    return SourceRequest("GET", f"{API}/status/buildinfo")


def seconds(duration_ns: int) -> str:
    """Seconds as the shortest decimal: `60`, `0.5`."""
    whole, fraction = divmod(duration_ns, NS_PER_S)
    return f"{whole}.{fraction:09d}".rstrip("0").rstrip(".")


def _query(expression: ScopedLogQL) -> Pairs:
    return (("query", expression.text),)


def _window(interval: Interval) -> Pairs:
    return (("start", str(interval.start_ns)), ("end", str(interval.end_ns)))


def _metadata(path: str, expression: ScopedLogQL, interval: Interval, *extra: tuple[str, str]) -> SourceRequest:
    params = (*_query(expression), *_window(interval), *extra)
    return _read(path, params, expression, ttl_s=METADATA_TTL_S)


def _read(path: str, params: Pairs, expression: ScopedLogQL, *, ttl_s: float = 0.0) -> SourceRequest:
    is_long = len(expression.text) > LONGEST_GET
    return SourceRequest(
        method="POST" if is_long else "GET",
        path=f"{API}/{path}",
        params=() if is_long else params,
        form=params if is_long else None,
        headers=CATEGORISED,
        tenant=expression.scope.tenant,
        cache_ttl_s=ttl_s,
    )
