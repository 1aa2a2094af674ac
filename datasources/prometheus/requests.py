"""What is sent to Prometheus, built from narrowed expressions and numbers only. Pure.

Expressions travel as forms: a URL's parts have limits, a form has none. Source: Prometheus's HTTP API, v1.
"""

from __future__ import annotations

import re

from ..http import SourceRequest
from ..records.shared import NS_PER_S, Interval
from ..scope import Scope, ScopedPromQL

MAX_POINTS = 11_000
"""Prometheus's own limit of points per series."""

_PLAIN_NAME = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


def query_range(
    expression: ScopedPromQL, interval: Interval, *, timeout_s: float, limit: int | None, cache_ttl_s: float
) -> SourceRequest:
    """One more series than `limit` is asked for, so that a cut can be told from a fit."""
    form = [
        ("query", expression.text),
        ("start", seconds(interval.start_ns)),
        ("end", seconds(interval.end_ns)),
        ("step", seconds(interval.step_ns or NS_PER_S)),
        ("timeout", _milliseconds(timeout_s)),
        *_limit(limit),
    ]
    return _post("/api/v1/query_range", form, expression.scope, cache_ttl_s)


def query(
    expression: ScopedPromQL, at_ns: int, *, timeout_s: float, limit: int | None, cache_ttl_s: float
) -> SourceRequest:
    """The expression at one instant; `limit` as for a range."""
    form = [
        ("query", expression.text),
        ("time", seconds(at_ns)),
        ("timeout", _milliseconds(timeout_s)),
        *_limit(limit),
    ]
    return _post("/api/v1/query", form, expression.scope, cache_ttl_s)


def label_names(selector: ScopedPromQL, interval: Interval, *, cache_ttl_s: float) -> SourceRequest:
    """The names of the labels of the series that a selector finds."""
    return _post("/api/v1/labels", _matching(selector, interval), selector.scope, cache_ttl_s)


def label_values(
    label: str, selector: ScopedPromQL, interval: Interval, *, limit: int | None, cache_ttl_s: float
) -> SourceRequest:
    """A GET, since this endpoint takes nothing else. A name that is no identifier is escaped as Prometheus 3 reads it."""
    params = (*_matching(selector, interval), *_limit(limit))
    path = f"/api/v1/label/{escape_label(label)}/values"
    return SourceRequest("GET", path, params, tenant=selector.scope.tenant, cache_ttl_s=cache_ttl_s)


def series(selector: ScopedPromQL, interval: Interval, *, limit: int | None, cache_ttl_s: float) -> SourceRequest:
    """The label sets that a selector finds."""
    form = [*_matching(selector, interval), *_limit(limit)]
    return _post("/api/v1/series", form, selector.scope, cache_ttl_s)


def exemplars(expression: ScopedPromQL, interval: Interval, *, cache_ttl_s: float) -> SourceRequest:
    """The exemplars of the series that the expression's selectors find."""
    start, end = seconds(interval.start_ns), seconds(interval.end_ns)
    form = [("query", expression.text), ("start", start), ("end", end)]
    return _post("/api/v1/query_exemplars", form, expression.scope, cache_ttl_s)


def metadata(scope: Scope, *, cache_ttl_s: float) -> SourceRequest:
    """Everything that exporters say of their metrics: it knows no selector, so the answer has to be filtered."""
    params = (("limit_per_metric", "1"),)
    return SourceRequest("GET", "/api/v1/metadata", params, tenant=scope.tenant, cache_ttl_s=cache_ttl_s)


def rules(scope: Scope, *, cache_ttl_s: float) -> SourceRequest:
    """Every rule with its active alerts: it knows no selector, so the answer has to be filtered."""
    return SourceRequest("GET", "/api/v1/rules", tenant=scope.tenant, cache_ttl_s=cache_ttl_s)


def alerts(scope: Scope, *, cache_ttl_s: float) -> SourceRequest:
    """Every active alert: it knows no selector, so the answer has to be filtered."""
    return SourceRequest("GET", "/api/v1/alerts", tenant=scope.tenant, cache_ttl_s=cache_ttl_s)


def build_info() -> SourceRequest:
    """Which version it is."""
    return SourceRequest("GET", "/api/v1/status/buildinfo")


def seconds(at_ns: int) -> str:
    """Seconds with at most three fractional digits: Prometheus knows milliseconds."""
    whole, rest = divmod(at_ns // 1_000_000, 1000)
    return f"{whole}.{rest:03d}".rstrip("0").rstrip(".") if rest else str(whole)


def escape_label(label: str) -> str:
    """The name as it may stand in a path: `service.name` is `U__service_2e_name`."""
    if _PLAIN_NAME.fullmatch(label) and not label.startswith("U__"):
        return label
    return "U__" + "".join(_escaped(char) for char in label)


def _escaped(char: str) -> str:
    if char == "_":
        return "__"
    return char if char.isascii() and char.isalnum() else f"_{ord(char):x}_"


def _matching(selector: ScopedPromQL, interval: Interval) -> list[tuple[str, str]]:
    start, end = seconds(interval.start_ns), seconds(interval.end_ns)
    return [("match[]", selector.text), ("start", start), ("end", end)]


def _limit(limit: int | None) -> list[tuple[str, str]]:
    return [] if limit is None else [("limit", str(limit + 1))]


def _milliseconds(timeout_s: float) -> str:
    return f"{max(1, int(timeout_s * 1000))}ms"


def _post(path: str, form: list[tuple[str, str]], scope: Scope, cache_ttl_s: float) -> SourceRequest:
    return SourceRequest("POST", path, form=tuple(form), tenant=scope.tenant, cache_ttl_s=cache_ttl_s)
