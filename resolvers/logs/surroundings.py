"""The lines of the same stream just before and after one, for many lines at the price of two requests."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from datasources.exceptions import BadInput, GatewayError
from datasources.records.logs import LogEntry, LogLines
from datasources.records.projects import Project
from datasources.records.shared import NS_PER_S, Interval

from ..concurrency import together
from ..context import RequestContext

MAX_LINES = 100
MAX_ALONE = 20
REACH_NS = 24 * 3600 * NS_PER_S


class Surroundings(Struct, frozen=True):
    """Which lines are wanted: so many before and after the line with this mark in its stream."""

    project: Project
    stream: tuple[tuple[str, str], ...]
    timestamp_ns: int
    mark: str
    before: int
    after: int


Around = list[LogEntry]


async def log_context(context: RequestContext, entry: LogEntry, before: int, after: int) -> list[LogEntry]:
    """Up to `before` lines and up to `after` lines, by time, without the line itself; from the whole stream, unfiltered.

    Looks a day to either side. Where the query changed the line or its labels, what shares its instant is left out.

    Raises: BadInput, SourceError.
    """
    for name, count in (("before", before), ("after", after)):
        if not 0 <= count <= MAX_LINES:
            raise BadInput(f"`{name}` must be between 0 and {MAX_LINES}", argument=name)
    stream = tuple(sorted(entry.stream.labels.items()))
    key = Surroundings(entry.stream.project, stream, entry.timestamp_ns, entry.mark, before, after)
    return await context.loaders.load(_surroundings, key)


async def _surroundings(context: RequestContext, keys: Sequence[Surroundings]) -> Sequence[Around | Exception]:
    by_project: dict[Project, list[Surroundings]] = defaultdict(list)
    for key in keys:
        by_project[key.project].append(key)
    found = await together(*(_of_project(context, project, wanted) for project, wanted in by_project.items()))
    answers = {key: answer for each in found for key, answer in each.items()}
    return [answers[key] for key in keys]


async def _of_project(
    context: RequestContext, project: Project, wanted: list[Surroundings]
) -> dict[Surroundings, Around | Exception]:
    """All lines of one project together, with a small limit and then the largest; what that leaves open, alone."""
    most = context.logs(project).max_lines
    answers: dict[Surroundings, Around | Exception] = {}
    for limit in (min(most, 200 + 30 * len(wanted)), most):
        if left := [key for key in wanted if key not in answers]:
            answers.update(await _ask(context, project, left, limit))
    left = [key for key in wanted if key not in answers]
    answers.update(dict.fromkeys(left, BadInput("these streams are too busy: ask for the context of fewer lines")))
    for found in await together(*(_ask(context, project, [key], most) for key in left[:MAX_ALONE] if len(wanted) > 1)):
        answers.update(found)
    return answers


async def _ask(
    context: RequestContext, project: Project, wanted: list[Surroundings], limit: int
) -> dict[Surroundings, Around | Exception]:
    """What two requests settle: one reads back from the newest line, one forward from the oldest."""
    source = context.logs(project)
    oldest, newest = min(key.timestamp_ns for key in wanted), max(key.timestamp_ns for key in wanted)
    call = context.call_for(project)

    async def read(interval: Interval, *, forward: bool) -> LogLines:
        return await source.logs(expression, interval, project=project, limit=limit, forward=forward, call=call)

    try:
        expression = source.narrow_streams([dict(stream) for stream in {key.stream for key in wanted}], project.scope)
        earlier, later = await together(
            read(Interval(oldest - REACH_NS, newest + 1), forward=False),
            read(Interval(oldest, newest + REACH_NS), forward=True),
        )
    except GatewayError as error:
        return dict.fromkeys(wanted, error)
    halves = {
        key: (_half(key, earlier, key.before, forward=False), _half(key, later, key.after, forward=True))
        for key in wanted
    }
    return {
        key: [*reversed(before), *after]
        for key, (before, after) in halves.items()
        if before is not None and after is not None
    }


def _half(key: Surroundings, found: LogLines, wanted: int, *, forward: bool) -> list[LogEntry] | None:
    """What is beyond the line on one side, nearest first; None where the answer ends too early to know."""
    stream = set(key.stream)
    own = [entry for entry in found.entries if stream <= entry.stream.labels.items()]
    equal = [entry for entry in own if entry.timestamp_ns == key.timestamp_ns]
    marks = [entry.mark for entry in equal]
    beyond = [
        *(equal[marks.index(key.mark) + 1 :] if key.mark in marks else []),
        *(
            entry
            for entry in own
            if (entry.timestamp_ns > key.timestamp_ns if forward else entry.timestamp_ns < key.timestamp_ns)
        ),
    ]
    half = beyond[:wanted]
    return None if found.full and len(half) < wanted else half
