"""The table of what things cost. One unit is some ten rows, ten log lines or a hundred points; what is not listed has a default.

By default a field costs nothing but what lies below it; an object in an answer costs ITEM; a field with arguments that
gives objects asks a source once (ASK); `first`, `limit` and the like say how many items there are, or else ASSUMED_ITEMS.
"""

from __future__ import annotations

from msgspec import Struct

ASK = 10.0
"""One question to a source or to the store."""
ITEM = 0.1
"""One object in a list."""
POINT = 0.01
"""One sample of one series."""
ASSUMED_ITEMS = 10
"""Of a list that takes no size."""
ASSUMED_POINTS = 240
MAX_POINTS = 11_000
"""More than that is refused wherever it is asked."""
MUTATION = 20.0
INTROSPECTION = 100.0
"""Of `__schema` and `__type`, whatever is asked of them; a limit of its own bounds that."""

SIZES = ("first", "limit", "last")
"""Arguments that say how many items a list has."""
ITEMS_BELOW = {"Connection": ("nodes", "edges"), "SeriesSet": ("series",)}
"""Where a size is not the field's own but that of fields below it, by the ending of the type's name."""

ITEM_BY_TYPE = {
    "LogEntry": 0.1,
    "Span": 0.1,
    "TraceSummary": 1.0,  # the source reads a block for each
    "ErrorGroup": 0.5,
    "ErrorEvent": 0.5,
    "Alert": 0.5,
    "Service": 1.0,
}

LOOKBACK_PER_HOUR = {
    "LogConnection": 1.0,  # lines are searched, not looked up
    "LogVolume": 0.5,
    "LogPattern": 0.5,
    "LogField": 0.2,
    "TraceConnection": 0.5,
    "TraceSummary": 0.5,
    "TraceAttribute": 0.2,
    "SeriesSet": 0.05,
    "Service": 0.05,
    "ServiceGraph": 0.05,
    "ErrorGroupConnection": 0.01,
    "ErrorEventConnection": 0.01,
}
"""What an hour of the range adds to a field of the type."""


class Weight(Struct, frozen=True):
    """A field that is not like the default. `items` is for a list without a size, `asks` for questions to sources."""

    asks: float | None = None
    items: int | None = None
    one_without: str | None = None
    """The argument without which there is one item, whatever the size."""
    points_each: bool = False
    """The list has an item per point."""


WEIGHTS: dict[str, Weight] = {
    "Mutation.signIn": Weight(asks=10),  # a slow hash, on purpose
    "Mutation.signUp": Weight(asks=10),
    "Project.metrics": Weight(asks=0),  # a frame: what is within it asks
    "Service.metrics": Weight(asks=0),
    "Project.dashboard": Weight(asks=0),
    "Project.service": Weight(asks=0),
    "Project.services": Weight(asks=3),
    "Metrics.requestRate": Weight(one_without="by"),
    "Metrics.errorRate": Weight(one_without="by"),
    "Metrics.errorRatio": Weight(one_without="by"),
    "Metrics.latency": Weight(one_without="by"),
    "Metrics.value": Weight(asks=1),
    "Metrics.labelNames": Weight(asks=1),
    "Metrics.labelValues": Weight(asks=1),
    "Service.latency": Weight(asks=0.2),  # all services of a list are asked at once
    "Service.requestRate": Weight(asks=0.2),
    "Service.errorRatio": Weight(asks=0.2),
    "Series.samples": Weight(points_each=True),
    "Series.label": Weight(asks=0),
    "Series.exemplars": Weight(asks=0.5),
    "DashboardMetrics.requestRate": Weight(asks=1, items=1),
    "DashboardMetrics.errorRatio": Weight(asks=1, items=1),
    "DashboardMetrics.latencyP50": Weight(asks=1, items=1),
    "DashboardMetrics.latencyP95": Weight(asks=1, items=1),
    "DashboardMetrics.latencyP99": Weight(asks=1, items=1),
    "DashboardMetrics.services": Weight(asks=3, items=50),
    "DashboardLogs.volume": Weight(asks=1),
    "LogConnection.volume": Weight(asks=1),
    "LogConnection.patterns": Weight(asks=1),
    "LogEntry.trace": Weight(asks=1),
    "LogEntry.context": Weight(asks=2),
    "TraceSummary.trace": Weight(asks=1),
    "TraceLink.trace": Weight(asks=1),
    "Exemplar.trace": Weight(asks=1),
    "SpanLink.trace": Weight(asks=1),
    "ErrorEvent.trace": Weight(asks=1),
    "ErrorEvent.span": Weight(asks=1),
    "Trace.spans": Weight(asks=0),  # they came with the trace
    "Trace.span": Weight(asks=0),
    "Trace.criticalPath": Weight(items=50),
    "Trace.errors": Weight(asks=1),
    "Span.attribute": Weight(asks=0),
    "ErrorGroup.trend": Weight(asks=1, points_each=True),
    "ErrorGroup.eventCount": Weight(asks=0.2),
    "ErrorGroup.userCount": Weight(asks=0.2),
    "ErrorGroup.latestEvent": Weight(asks=0.2),
    "ErrorGroup.tags": Weight(asks=0.2),
    "Alert.changes": Weight(asks=0.2),
    "Query.node": Weight(asks=1),
    "Query.nodes": Weight(asks=1),
}
