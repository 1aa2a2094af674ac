"""How many lines there are, per step and level: one request for all projects that ask alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from datasources.records.logs import LogConnection, LogLevel, LogVolume, level_of
from datasources.records.metrics import RawSeries
from datasources.records.projects import Project
from datasources.records.shared import NS_PER_MS, Interval
from datasources.records.users import Role
from datasources.scope import Scope, Signal

from ..access import require
from ..concurrency import together
from ..context import RequestContext
from ..planner import ask_merged
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


async def connection_volume(context: RequestContext, connection: LogConnection, step_ns: int | None) -> list[LogVolume]:
    """The volume of all lines that a page is one of, over its whole range."""
    found = connection
    return await log_volume(context, found.project, found.interval, logql=found.logql, step_ns=step_ns)


async def count_total(context: RequestContext, project: Project, interval: Interval, *, logql: str = ALL_LINES) -> int:
    """All lines of the interval, widened to whole steps; asks together with `log_volume` of the same interval."""
    require(context.principal, project, Role.VIEWER)
    return sum(volume.total for volume in await log_volume(context, project, interval, logql=logql))


async def _volumes(context: RequestContext, keys: Sequence[VolumeQuestion]) -> Sequence[list[LogVolume] | Exception]:
    """One request for the questions that differ in nothing but the project."""
    alike: dict[tuple[str, str, Interval], list[VolumeQuestion]] = defaultdict(list)
    for key in keys:
        alike[key.project.logs_source, key.logql, key.interval].append(key)
    # Where a query changes labels, what it gives could not be told apart by them.
    groups = [
        group
        for asked in alike.values()
        for group in (
            [asked] if context.logs(asked[0].project).keeps_labels(asked[0].logql) else [[key] for key in asked]
        )
    ]
    found = await together(*(_ask(context, group) for group in groups))
    answers = {key: answer for each in found for key, answer in each.items()}
    return [answers[key] for key in keys]


async def _ask(
    context: RequestContext, group: list[VolumeQuestion]
) -> dict[VolumeQuestion, list[LogVolume] | Exception]:
    """The answers to questions that are alike; what goes wrong is the answer of each."""
    first, interval = group[0], group[0].interval
    assert interval.step_ns is not None
    step_ns = interval.step_ns
    source, call = context.logs(first.project), context.call_for(*(key.project for key in group))
    # A point counts the step that ends with it, so that the first one to ask for is a step after the start.
    ends = Interval(interval.start_ns + step_ns, interval.end_ns, step_ns)

    async def ask(scope: Scope, by: tuple[str, ...]) -> list[RawSeries]:
        with blaming("query"):
            expression = source.narrow_counts(first.logql, scope, step_ns=step_ns, by=by)
        return (await source.query_range(expression, ends, call=call)).series

    answers = await ask_merged([(key, key.project.scope) for key in group], Signal.LOGS, ask)
    return {
        key: found if isinstance(found, Exception) else split_by_level(found, interval)
        for key, found in answers.items()
    }


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
