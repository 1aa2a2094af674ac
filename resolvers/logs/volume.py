"""How many lines there are, per step and level: one request for all projects that ask alike."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from datasources.exceptions import GatewayError
from datasources.records.logs import LogConnection, LogLevel, LogVolume, level_of
from datasources.records.metrics import Matrix, RawSeries
from datasources.records.projects import Project
from datasources.records.shared import NS_PER_MS, Interval
from datasources.records.users import Role
from datasources.scope import Scope, Signal
from datasources.scoping.merge import merge_scopes, scope_label

from ..access import require
from ..context import RequestContext
from ..time_ranges import with_step
from .expressions import blaming

MAX_STEPS = 120
ALL_LINES = "{}"


class VolumeQuestion(Struct, frozen=True):
    """Counts of a log query over an interval with a step."""

    project: Project
    logql: str
    interval: Interval


async def log_volume(
    context: RequestContext,
    project: Project,
    interval: Interval,
    *,
    logql: str = ALL_LINES,
    step_ns: int | None = None,
) -> list[LogVolume]:
    """Lines per step of the whole interval, one list per level that occurs, the most serious first.

    Shape: all lists have the same instants, the starts of the steps; steps without lines count 0. The interval is
    widened to whole steps. Its own step is used where it has one and none is given.

    Raises: BadInput for a step that gives too many points; SourceError.
    """
    require(context.principal, project, Role.VIEWER)
    stepped = with_step(context, interval, step_ns or interval.step_ns, max_points=MAX_STEPS)
    assert stepped.step_ns is not None
    end_ns = -(-interval.end_ns // stepped.step_ns) * stepped.step_ns
    question = VolumeQuestion(project, logql, Interval(stepped.start_ns, end_ns, stepped.step_ns))
    return await context.loaders.load(_volumes, question)


async def connection_volume(
    context: RequestContext, connection: LogConnection, step_ns: int | None
) -> list[LogVolume]:
    """The volume of all lines that a page is one of, over its whole range."""
    found = connection
    return await log_volume(context, found.project, found.interval, logql=found.logql, step_ns=step_ns)


async def count_total(
    context: RequestContext, project: Project, interval: Interval, *, logql: str = ALL_LINES
) -> int:
    """All lines of the interval, widened to whole steps; asks together with `log_volume` of the same interval."""
    require(context.principal, project, Role.VIEWER)
    return sum(volume.total for volume in await log_volume(context, project, interval, logql=logql))


async def _volumes(context: RequestContext, keys: Sequence[VolumeQuestion]) -> Sequence[list[LogVolume] | Exception]:
    """One request for the questions that differ in nothing but the project."""
    alike: dict[tuple[str, str, Interval], list[VolumeQuestion]] = defaultdict(list)
    for key in keys:
        alike[key.project.logs_source, key.logql, key.interval].append(key)
    groups = [group for found in alike.values() for group in _mergeable(found)]
    answers: dict[VolumeQuestion, list[LogVolume] | Exception] = {}
    async with asyncio.TaskGroup() as tasks:
        asked = [tasks.create_task(_ask(context, group)) for group in groups]
    for task in asked:
        answers.update(task.result())
    return [answers[key] for key in keys]


def _mergeable(alike: list[VolumeQuestion]) -> list[list[VolumeQuestion]]:
    by_rule: dict[object, list[VolumeQuestion]] = defaultdict(list)
    for number, key in enumerate(alike):
        scope = key.project.scope
        label = scope_label(scope, Signal.LOGS)
        by_rule[(scope.tenant, label) if label else number].append(key)
    return [
        part
        for group in by_rule.values()
        for part in ([group] if _merged(group) is not None else [[key] for key in group])
    ]


def _merged(group: list[VolumeQuestion]) -> Scope | None:
    return merge_scopes([key.project.scope for key in group], Signal.LOGS) if len(group) > 1 else group[0].project.scope


async def _ask(
    context: RequestContext, group: list[VolumeQuestion]
) -> dict[VolumeQuestion, list[LogVolume] | Exception]:
    """The answers to one group; what goes wrong is the answer of each."""
    scope = _merged(group)
    assert scope is not None
    label = scope_label(scope, Signal.LOGS) if len(group) > 1 else None
    interval = group[0].interval
    try:
        matrix = await _counts(context, group, scope, (label,) if label else ())
    except GatewayError as error:
        return dict.fromkeys(group, error)
    return {key: split_by_level(_share(matrix, key.project, label), interval) for key in group}


async def _counts(
    context: RequestContext, group: list[VolumeQuestion], scope: Scope, by: tuple[str, ...]
) -> Matrix:
    first, interval = group[0], group[0].interval
    assert interval.step_ns is not None
    source = context.logs(first.project)
    with blaming("query"):
        expression = source.narrow_counts(first.logql, scope, step_ns=interval.step_ns, by=by)
    # A point counts the step that ends with it, so that the first one to ask for is a step after the start.
    ends = Interval(interval.start_ns + interval.step_ns, interval.end_ns, interval.step_ns)
    call = context.call_for(*(key.project for key in group))
    return await source.query_range(expression, ends, call=call)


def _share(matrix: Matrix, project: Project, label: str | None) -> list[RawSeries]:
    if label is None:
        return matrix.series
    values = project.scope.rules_for(Signal.LOGS)[0].values
    return [series for series in matrix.series if series.labels.get(label) in values]


def split_by_level(series: Sequence[RawSeries], interval: Interval) -> list[LogVolume]:
    """Series of `sum by (detected_level)` as one volume per level, the most serious first, gaps filled with 0."""
    assert interval.step_ns is not None
    starts = range(interval.start_ns, interval.end_ns, interval.step_ns)
    timestamps = [start / NS_PER_MS for start in starts]
    place = {round(at + interval.step_ns / NS_PER_MS): index for index, at in enumerate(timestamps)}
    counts: dict[LogLevel, list[int]] = {}
    for found in series:
        level = level_of(found.labels.get("detected_level", ""))
        row = counts.setdefault(level, [0] * len(timestamps))
        for at, value in zip(found.timestamps, found.values, strict=True):
            index = place.get(round(at))
            if index is not None and value is not None:
                row[index] += int(value)
    order = list(LogLevel)
    return [
        LogVolume(level, sum(row), timestamps, row)
        for level, row in sorted(counts.items(), key=lambda item: _severity(order.index(item[0])))
    ]


def _severity(place: int) -> int:
    """FATAL first, UNKNOWN last."""
    last = len(LogLevel) - 1
    return last if place == last else last - 1 - place
