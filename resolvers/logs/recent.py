"""The newest error lines of a project; of many projects with one request, as far as none of them is too loud."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct
from msgspec.structs import replace

from datasources.exceptions import GatewayError
from datasources.records.logs import LogEntry, LogFilter, LogLevel, LogLines, LogStream
from datasources.records.projects import Project
from datasources.records.shared import Interval
from datasources.records.users import Role
from datasources.scope import Signal
from datasources.scoping.rules import is_within

from ..access import require
from ..concurrency import together
from ..context import RequestContext
from ..planner import Plan, plan
from .expressions import ask_for, check_first
from .lines import PageQuestion, page_of

ERRORS = LogFilter(levels=(LogLevel.ERROR, LogLevel.FATAL))
LINES_PER_WANTED = 20


class RecentErrors(Struct, frozen=True):
    """So many of the newest error lines."""

    project: Project
    interval: Interval
    first: int


Answers = dict[RecentErrors, list[LogEntry] | Exception]


async def recent_errors(
    context: RequestContext, project: Project, interval: Interval, *, first: int = 10
) -> list[LogEntry]:
    """The newest lines of level ERROR or FATAL; up to now, where the interval ends within a step of it.

    Raises: BadInput, SourceError.
    """
    require(context.principal, project, Role.VIEWER)
    check_first(context, project, first)
    if interval.step_ns and 0 < context.now_ns - interval.end_ns < interval.step_ns:
        interval = Interval(interval.start_ns, context.now_ns)
    return await context.loaders.load(_recent, RecentErrors(project, interval, first))


async def _recent(context: RequestContext, keys: Sequence[RecentErrors]) -> Sequence[list[LogEntry] | Exception]:
    alike: dict[tuple[str, Interval], list[RecentErrors]] = defaultdict(list)
    for key in keys:
        alike[key.project.logs_source, key.interval].append(key)
    answers: Answers = {}
    for found in await together(*(_ask(context, asked) for asked in alike.values())):
        answers.update(found)
    return [answers[key] for key in keys]


async def _ask(context: RequestContext, keys: list[RecentErrors]) -> Answers:
    plans = plan([(key, key.project.scope) for key in keys], Signal.LOGS)
    answers: Answers = {}
    for found in await together(*(_outcome(context, each) for each in plans)):
        answers.update(found)
    return answers


async def _outcome(context: RequestContext, each: Plan[RecentErrors]) -> Answers:
    """One request's answers. Whom a louder project left short is asked for again without it."""
    keys = [key for asked in each.keys.values() for key in asked]
    try:
        if len(keys) == 1:
            return {keys[0]: await _alone(context, keys[0])}
        lines = await _merged(context, each, keys)
        shares = {key: _share(lines, key) for key in keys}
        short = [key for key, found in shares.items() if lines.full and len(found) < key.first]
        if len(short) < len(keys):
            return {**shares, **await _ask(context, short)}
        return dict(zip(short, await together(*(_alone(context, key) for key in short)), strict=True))
    except GatewayError as error:
        return dict.fromkeys(keys, error)


async def _merged(context: RequestContext, each: Plan[RecentErrors], keys: list[RecentErrors]) -> LogLines:
    source = context.logs(keys[0].project)
    return await source.logs(
        source.narrow(source.filtered(None, ERRORS), each.scope),
        keys[0].interval,
        project=keys[0].project,
        limit=min(source.max_lines, LINES_PER_WANTED * sum(key.first for key in keys)),
        forward=False,
        call=context.call_for(*(key.project for key in keys)),
    )


def _share(lines: LogLines, key: RecentErrors) -> list[LogEntry]:
    """The project's own lines, told apart by what its rules say of their labels."""
    rules = key.project.scope.rules_for(Signal.LOGS)
    own = [entry for entry in lines.entries if is_within(rules, entry.stream.labels)][: key.first]
    return [replace(entry, stream=LogStream.of(key.project, entry.stream.labels)) for entry in own]


async def _alone(context: RequestContext, key: RecentErrors) -> list[LogEntry]:
    found = ask_for(context, key.project, None, ERRORS)
    question = PageQuestion(key.project, found.expression, key.interval, False, key.first, None)
    return (await page_of(context, question)).nodes
