"""The gateway's own PromQL: the golden signals of services and of the calls between them. Pure; narrowed later.

The names are those of OpenTelemetry's semantic conventions, or of Tempo's span metrics, as the source is configured.
"""

from __future__ import annotations

from collections.abc import Sequence

from datasources.records.metrics import GoldenSignal, MetricNames
from datasources.records.shared import NS_PER_MS, NS_PER_S

SIGNAL_LABEL = "signal"
"""Tells the parts of one answer apart where several questions share a request."""

EDGE_LABELS = ("client", "server")
UNITS = {
    GoldenSignal.REQUEST_RATE: "1/s",
    GoldenSignal.ERROR_RATE: "1/s",
    GoldenSignal.ERROR_RATIO: "1",
    GoldenSignal.LATENCY: "s",
}


def rate_window_ns(step_ns: int, names: MetricNames) -> int:
    """The least window that holds enough samples for a rate, and leaves out none between two points."""
    return max(4 * names.scrape_interval_ns, step_ns + names.scrape_interval_ns)


def golden_signal(
    signal: GoldenSignal, names: MetricNames, *, window_ns: int, by: Sequence[str] = (), quantile: float = 0.95
) -> str:
    """One signal per combination of `by`. Where there are requests and no failures, the failures are 0 and not absent."""
    window = _window(window_ns)
    total = f"{_sum(by)} (rate({names.requests}{window}))"
    failed = f"{_sum(by)} (rate({names.failures}{window}))"
    match signal:
        case GoldenSignal.REQUEST_RATE:
            return total
        case GoldenSignal.ERROR_RATE:
            return f"{failed} or 0 * {total}"
        case GoldenSignal.ERROR_RATIO:
            return f"({failed} or 0 * {total}) / {total}"
        case GoldenSignal.LATENCY:
            return f"histogram_quantile({quantile!r}, {_sum(('le', *by))} (rate({names.buckets}{window})))"


def service_figures(names: MetricNames, *, window_ns: int, by: Sequence[str] = ()) -> str:
    """Rate, failures and presence per service in one answer, told apart by the label `signal`."""
    by = (names.service_label, *by)
    window = _window(window_ns)
    parts = {
        "rate": f"{_sum(by)} (rate({names.requests}{window}))",
        "failed": f"{_sum(by)} (rate({names.failures}{window}))",
        "present": f"count by ({', '.join(by)}) ({names.presence})",
    }
    return _labelled(parts)


def service_edges(*, window_ns: int, by: Sequence[str] = ()) -> str:
    """Rate, failures and 95th percentile per pair of services, told apart by the label `signal`."""
    by = (*EDGE_LABELS, *by)
    window = _window(window_ns)
    graph = "traces_service_graph_request"
    parts = {
        "rate": f"{_sum(by)} (rate({graph}_total{window}))",
        "failed": f"{_sum(by)} (rate({graph}_failed_total{window}))",
        "p95": f"histogram_quantile(0.95, {_sum(('le', *by))} (rate({graph}_server_seconds_bucket{window})))",
    }
    return _labelled(parts)


def exemplar_source(names: MetricNames) -> str:
    """The series that carry the exemplars of all golden signals."""
    return names.buckets


def _sum(by: Sequence[str]) -> str:
    return f"sum by ({', '.join(by)})" if by else "sum"


def _labelled(parts: dict[str, str]) -> str:
    return " or ".join(
        f'label_replace({expression}, "{SIGNAL_LABEL}", "{name}", "", "")' for name, expression in parts.items()
    )


def _window(window_ns: int) -> str:
    if window_ns % NS_PER_S:
        return f"[{window_ns // NS_PER_MS}ms]"
    return f"[{window_ns // NS_PER_S}s]"
