"""Traces: pages and their numbers, whole traces in the order they are drawn, the names found in them."""

from .assemble import assemble
from .attributes import trace_attribute_values, trace_attributes
from .critical_path import critical_path
from .numbers import latency, rate
from .pages import of_service, traces
from .rankings import failing_traces, slowest_traces
from .single import attribute_of, link_target, span_in, spans_page, trace, trace_if_any, traces_by_id

__all__ = [
    "assemble",
    "attribute_of",
    "critical_path",
    "failing_traces",
    "latency",
    "link_target",
    "of_service",
    "rate",
    "slowest_traces",
    "span_in",
    "spans_page",
    "trace",
    "trace_attribute_values",
    "trace_attributes",
    "trace_if_any",
    "traces",
    "traces_by_id",
]
