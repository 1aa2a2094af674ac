"""Searches for many projects at once: one request where they ask the same, as many as it takes where one project is loud.

A search is for the newest traces up to a limit, which all its projects share. A project that gets as many as it asked for
has its newest; the others ask again together without it, so that each round settles one project at least.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from datasources.exceptions import GatewayError, SourceRefused, SourceUnavailable
from datasources.records.projects import Project
from datasources.records.shared import Interval
from datasources.records.traces import FoundTrace, FoundTraces, TraceFilter
from datasources.scope import Scope, Signal

from ..concurrency import together
from ..context import RequestContext
from ..logs.expressions import blaming
from ..planner import Plan, plan

MAX_MATCHED = 3
MAX_LIMIT = 1_000
SLACK = 2
"""Projects are not equally loud: with twice as much as all of them want, one search mostly settles them all."""


class SearchQuestion(Struct, frozen=True):
    """The newest `limit` traces of a project that meet both. An empty `query` is the gateway's own question."""

    project: Project
    interval: Interval
    query: str
    asked: TraceFilter
    limit: int


class OutlineQuestion(Struct, frozen=True):
    """What a project has of one trace that overlaps `interval`. Those that share a `range`, which holds it, are one request."""

    project: Project
    trace_id: str
    interval: Interval
    range: Interval


Answers = dict[SearchQuestion, FoundTraces | Exception]


async def searches(context: RequestContext, keys: Sequence[SearchQuestion]) -> list[FoundTraces | Exception]:
    """Loader batch: questions that differ in nothing but the project are asked together; a person's own never are."""
    alike: dict[object, list[SearchQuestion]] = defaultdict(list)
    for key in keys:
        shared = (key.project.traces_source, key.interval, key.asked, key.limit)
        alike[key if key.query else shared].append(key)
    plans = [each for group in alike.values() for each in _plans(group)]
    answers: Answers = {}
    for part in await together(*(_settle(context, each) for each in plans)):
        answers |= part
    return [answers[key] for key in keys]


async def outlines(context: RequestContext, keys: Sequence[OutlineQuestion]) -> list[FoundTrace | Exception | None]:
    """Loader batch: what each project has of each trace, None for nothing; one request for projects of like scopes."""
    alike: dict[tuple[str, Interval], dict[Project, list[OutlineQuestion]]] = defaultdict(lambda: defaultdict(list))
    for key in keys:
        alike[key.project.traces_source, key.range][key.project].append(key)
    plans = [
        (each, asked)
        for asked in alike.values()
        for each in plan([(project, project.scope) for project in asked], Signal.TRACES)
    ]
    answers: dict[OutlineQuestion, FoundTrace | Exception | None] = {}
    for part in await together(*(_outline(context, each, asked) for each, asked in plans)):
        answers |= part
    return [answers[key] for key in keys]


def _plans(group: Sequence[SearchQuestion]) -> list[Plan[SearchQuestion]]:
    return plan([(key, key.project.scope) for key in group], Signal.TRACES)


async def _settle(context: RequestContext, planned: Plan[SearchQuestion]) -> Answers:
    """Rounds until every project has its answer; where a round settles none, each asks alone."""
    left = [key for keys in planned.keys.values() for key in keys]
    answers: Answers = {}
    scope = planned.scope
    while left:
        settled = await _round(context, left, scope)
        answers |= settled
        left = [key for key in left if key not in settled]
        if not settled:
            rest = await together(*(_round(context, [key], key.project.scope) for key in left))
            return answers | {key: found for part in rest for key, found in part.items()}
        if left:
            scope = _plans(left)[0].scope
    return answers


async def _round(context: RequestContext, keys: Sequence[SearchQuestion], scope: Scope) -> Answers:
    """The answers of those that one request settles: all of them, if it read the whole range or there is but one."""
    try:
        found = await _ask(context, keys, scope)
    except GatewayError as error:
        return dict.fromkeys(keys, _for_all(error) if len(keys) > 1 else error)
    return {
        key: FoundTraces(own.traces[: key.limit], own.exhausted and len(own.traces) < key.limit)
        for key, own in zip(keys, found, strict=True)
        if own.exhausted or len(own.traces) >= key.limit or len(keys) == 1
    }


async def _ask(context: RequestContext, keys: Sequence[SearchQuestion], scope: Scope) -> list[FoundTraces]:
    first = keys[0]
    source = context.traces(first.project)
    with blaming("query"):
        expression = source.narrow_search(first.query, first.asked, scope)
    return await source.search(
        expression,
        first.interval,
        scopes=[key.project.scope for key in keys],
        limit=first.limit if len(keys) == 1 else max(first.limit, min(MAX_LIMIT, SLACK * first.limit * len(keys))),
        spans_per_trace=MAX_MATCHED,
        call=context.call_for(*(key.project for key in keys)),
    )


async def _outline(
    context: RequestContext, planned: Plan[Project], asked: dict[Project, list[OutlineQuestion]]
) -> dict[OutlineQuestion, FoundTrace | Exception | None]:
    projects = [project for keys in planned.keys.values() for project in keys]
    questions = [question for project in projects for question in asked[project]]
    interval = Interval(
        min(question.interval.start_ns for question in questions),
        max(question.interval.end_ns for question in questions),
    )
    try:
        found = await context.traces(projects[0]).outlines(
            list(dict.fromkeys(question.trace_id for question in questions)),
            interval,
            within=planned.scope,
            scopes=[project.scope for project in projects],
            call=context.call_for(*projects),
        )
    except GatewayError as error:
        return dict.fromkeys(questions, error)
    own = dict(zip(projects, found, strict=True))
    return {question: own[question.project].get(question.trace_id) for question in questions}


def _for_all(error: GatewayError) -> GatewayError:
    """A source's own words about a merged request may speak of several projects: nobody is shown them."""
    if not isinstance(error, SourceRefused):
        return error
    return SourceUnavailable(f"{error.source}: it refused the gateway's own question", source=error.source)
