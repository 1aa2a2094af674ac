"""Metrics over an interval: any PromQL as series, number or vector."""

from __future__ import annotations

import re
from collections.abc import Sequence

from datasources.exceptions import BadInput
from datasources.records.metrics import Metrics, RawSeries, Series, SeriesOrigin, SeriesSet, VectorSample
from datasources.records.projects import Project
from datasources.records.shared import Label
from datasources.records.users import Role
from datasources.scope import ScopedPromQL

from .access import require
from .context import RequestContext
from .golden_signals import MAX_SERIES, scope_of
from .time_ranges import TimeRange, resolve_range, with_step

MAX_LEGEND = 500
_FIELD = re.compile(r"\{\{\s*([^{}]{1,200}?)\s*\}\}")


async def metrics(
    context: RequestContext,
    project: Project,
    asked: TimeRange,
    step_ns: int | None = None,
    max_points: int = 240,
    *,
    service: str | None = None,
) -> Metrics:
    """The frame of a project's metrics, or of one service's; nothing is asked of the source yet.

    Raises: BadInput with the argument's path.
    """
    require(context.principal, project, Role.VIEWER)
    interval = with_step(context, resolve_range(context, asked), step_ns, max_points=max_points)
    return Metrics(project, interval, service)


async def series(
    context: RequestContext, shown: Metrics, promql: str, legend: str | None = None, limit: int = 100
) -> SeriesSet:
    """Any PromQL over the interval, narrowed; series ordered by their labels, at most `limit`.

    Raises: Refused, with the place in `promql`; SourceRefused with the source's own words; other SourceErrors.
    """
    require(context.principal, shown.project, Role.VIEWER)
    _check_limit(limit)
    if legend is not None and len(legend) > MAX_LEGEND:
        raise BadInput(f"a legend has at most {MAX_LEGEND} characters", argument="legend")
    source = context.metrics(shown.project)
    matrix = await source.query_range(
        _narrow(context, shown, promql), shown.interval, limit=limit, call=context.call_for(shown.project)
    )
    found = sorted(matrix.series, key=lambda one: sorted(one.labels.items()))
    return SeriesSet(
        interval=shown.interval,
        series=[_shown(one, shown, promql, text) for one, text in zip(found, legends(found, legend), strict=True)],
        truncated=matrix.truncated,
        warnings=matrix.warnings,
        promql=promql,
    )


async def value(context: RequestContext, shown: Metrics, promql: str) -> float | None:
    """The expression's one sample at the interval's end; None where it gives none, several, or no number.

    Raises: as `series`.
    """
    require(context.principal, shown.project, Role.VIEWER)
    source = context.metrics(shown.project)
    vector = await source.query(
        _narrow(context, shown, promql), shown.interval.end_ns, limit=1, call=context.call_for(shown.project)
    )
    return vector.samples[0].value if len(vector.samples) == 1 and not vector.truncated else None


async def vector(context: RequestContext, shown: Metrics, promql: str, limit: int = 100) -> list[VectorSample]:
    """The expression at the interval's end, in the source's order, which `sort` and `topk` decide.

    Raises: as `series`.
    """
    require(context.principal, shown.project, Role.VIEWER)
    _check_limit(limit)
    source = context.metrics(shown.project)
    found = await source.query(
        _narrow(context, shown, promql), shown.interval.end_ns, limit=limit, call=context.call_for(shown.project)
    )
    return found.samples


def legends(found: Sequence[RawSeries], template: str | None) -> list[str]:
    """A text per series: `template` with `{{label}}` filled in, or the labels that tell the series apart."""
    if template is not None:
        return [_filled(template, one.labels) for one in found]
    if len(found) == 1:
        return [_name(found[0].labels)]
    names = sorted({name for one in found for name in one.labels})
    telling = [name for name in names if len({one.labels.get(name) for one in found}) > 1]
    if len(telling) == 1:
        return [one.labels.get(telling[0], "") or _name(one.labels) for one in found]
    return [", ".join(f"{name}={one.labels[name]}" for name in telling if name in one.labels) for one in found]


def _filled(template: str, labels: dict[str, str]) -> str:
    return _FIELD.sub(lambda field: labels.get(field[1], ""), template)


def _name(labels: dict[str, str]) -> str:
    if "__name__" in labels:
        return labels["__name__"]
    return ", ".join(f"{name}={value}" for name, value in sorted(labels.items())) or "value"


def _narrow(context: RequestContext, shown: Metrics, promql: str) -> ScopedPromQL:
    source = context.metrics(shown.project)
    try:
        return source.narrow(promql, scope_of(shown.project, shown.service, source))
    except BadInput as refusal:
        refusal.argument = refusal.argument or "promql"
        raise


def _shown(found: RawSeries, shown: Metrics, promql: str, legend: str) -> Series:
    return Series(
        labels=[Label(name, value) for name, value in sorted(found.labels.items())],
        legend=legend,
        timestamps=found.timestamps,
        values=found.values,
        origin=SeriesOrigin(shown.project, shown.service, promql, shown.interval, found.labels),
    )


def _check_limit(limit: int) -> None:
    if not 1 <= limit <= MAX_SERIES:
        raise BadInput(f"limit must be between 1 and {MAX_SERIES}", argument="limit")
