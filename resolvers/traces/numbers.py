"""Rate and latency of the spans that a list of traces was asked for by."""

from __future__ import annotations

from datasources.exceptions import BadInput
from datasources.records.metrics import Matrix, Series, SeriesSet
from datasources.records.shared import Interval
from datasources.records.traces import TraceSearch
from datasources.records.users import Role

from ..access import require
from ..context import RequestContext
from ..logs.expressions import blaming
from ..time_ranges import with_step


async def rate(context: RequestContext, search: TraceSearch, step_ns: int | None) -> SeriesSet:
    """Matching spans per second: one series, zero where there are none.

    Raises: BadInput for a step that cannot be, or a query that can have no rate; SourceError.
    """
    require(context.principal, search.project, Role.VIEWER)
    source = context.traces(search.project)
    interval = with_step(context, search.interval, step_ns)
    with blaming("query"):
        expression = source.narrow_rate(search.query, search.asked, search.project.scope)
    found = await source.query_range(expression, interval, call=context.call_for(search.project))
    return _shown(found, interval, legend="rate", unit="1/s")


async def latency(context: RequestContext, search: TraceSearch, quantile: float, step_ns: int | None) -> SeriesSet:
    """Seconds that the matching spans took at a quantile: one series, with gaps where there were none.

    Raises: BadInput for a quantile or a step that cannot be, or a query that can have no latency; SourceError.
    """
    require(context.principal, search.project, Role.VIEWER)
    if not 0 <= quantile <= 1:
        raise BadInput("a quantile is between 0 and 1", argument="quantile")
    source = context.traces(search.project)
    interval = with_step(context, search.interval, step_ns)
    with blaming("query"):
        expression = source.narrow_latency(search.query, search.asked, search.project.scope, [quantile])
    found = await source.query_range(expression, interval, call=context.call_for(search.project))
    return _shown(found, interval, legend=f"p{quantile * 100:g}", unit="s")


def _shown(found: Matrix, interval: Interval, *, legend: str, unit: str) -> SeriesSet:
    """The labels that the source gives (the function's name, the quantile) say what the legend says."""
    series = [
        Series(labels=[], legend=legend, unit=unit, timestamps=each.timestamps, values=each.values)
        for each in found.series
    ]
    return SeriesSet(interval=interval, series=series, truncated=found.truncated, warnings=found.warnings)
