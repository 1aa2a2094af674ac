"""One whole trace and what hangs on it."""

from __future__ import annotations

import asyncio
from collections import Counter, defaultdict
from collections.abc import Sequence

from datasources.exceptions import BadInput, GatewayError
from datasources.records.logs import normalise_trace_id
from datasources.records.projects import Project
from datasources.records.shared import Connection
from datasources.records.traces import Attribute, Span, SpanLink, Trace
from datasources.records.users import Role

from ..access import require
from ..context import RequestContext
from .assemble import assemble

MAX_AT_ONCE = 8
MAX_SPANS = 10_000

TraceKey = tuple[Project, str]


async def trace(context: RequestContext, project: Project, trace_id: str, *, argument: str = "id") -> Trace | None:
    """The project's part of a trace; None where there is no such trace or none of its spans is the project's.

    `trace_id` may have its leading zeros stripped, in any case.
    Raises: BadInput for what is no trace id; SourceError.
    """
    require(context.principal, project, Role.VIEWER)
    wanted = normalise_trace_id(trace_id.strip())
    if wanted is None:
        raise BadInput("a trace id is written with up to 32 hex digits, not all of them zero", argument=argument)
    return await context.loaders.load(traces_by_id, (project, wanted))


async def trace_if_any(context: RequestContext, project: Project, trace_id: str | None) -> Trace | None:
    """The same for an id that another signal carries: None where that is none or is nonsense."""
    require(context.principal, project, Role.VIEWER)
    wanted = normalise_trace_id(trace_id.strip()) if trace_id else None
    return await context.loaders.load(traces_by_id, (project, wanted)) if wanted else None


async def traces_by_id(context: RequestContext, keys: Sequence[TraceKey]) -> list[Trace | Exception | None]:
    """Loader batch: traces by (project, 32 hex digits).

    The source has no request for several traces, so it is one for each, eight at a time; a trace that several projects
    of one source and tenant ask for is fetched once.
    """
    projects: dict[tuple[str, str | None, str], list[Project]] = defaultdict(list)
    for project, trace_id in keys:
        projects[project.traces_source, project.scope.tenant, trace_id].append(project)
    gate = asyncio.Semaphore(MAX_AT_ONCE)
    async with asyncio.TaskGroup() as group:
        tasks = [
            group.create_task(_fetch(context, gate, trace_id, asking)) for (_, _, trace_id), asking in projects.items()
        ]
    found = {key: value for task in tasks for key, value in task.result().items()}
    return [found[key] for key in keys]


async def _fetch(
    context: RequestContext, gate: asyncio.Semaphore, trace_id: str, asking: Sequence[Project]
) -> dict[TraceKey, Trace | Exception | None]:
    """What each project sees of one trace, or why it could not be fetched."""
    try:
        async with gate:
            found = await context.traces(asking[0]).trace(
                trace_id, [project.scope for project in asking], call=context.call_for(*asking)
            )
    except GatewayError as error:
        return dict.fromkeys(((project, trace_id) for project in asking), error)
    return {
        (project, trace_id): None if recorded is None else assemble(project, recorded)
        for project, recorded in zip(asking, found, strict=True)
    }


def spans_page(whole: Trace, *, first: int, after: str | None) -> Connection[Span]:
    """Spans in the order of a depth-first walk. A cursor is a span's id, with a count where a trace has one id twice.

    Raises: BadInput for a page that is too large or a cursor of another trace.
    """
    if not 1 <= first <= MAX_SPANS:
        raise BadInput(f"`first` must be between 1 and {MAX_SPANS}", argument="first")
    cursors = _cursors(whole.spans)
    start = 0
    if after is not None:
        try:
            start = cursors.index(after) + 1
        except ValueError:
            raise BadInput("this is no cursor of this trace's spans", argument="after") from None
    end = start + first
    return Connection(
        nodes=whole.spans[start:end],
        cursors=cursors[start:end],
        has_next_page=end < len(cursors),
        has_previous_page=start > 0,
        total_count=len(cursors),
    )


def span_in(whole: Trace, span_id: str) -> Span | None:
    """The span of an id, in any case and with or without its leading zeros."""
    wanted = span_id.strip().lower().rjust(16, "0")
    return next((span for span in whole.spans if span.id == wanted), None)


def attribute_of(span: Span, name: str) -> object | None:
    """An attribute's value: the span's own, or else its resource's."""
    found: Attribute | None = next((each for each in (*span.attributes, *span.resource) if each.name == name), None)
    return None if found is None else found.value


async def link_target(context: RequestContext, link: SpanLink) -> Trace | None:
    """The trace that a span links to, as far as it is the project's."""
    return await trace_if_any(context, link.project, link.trace_id)


def _cursors(spans: Sequence[Span]) -> list[str]:
    seen: Counter[str] = Counter()
    cursors = []
    for span in spans:
        cursors.append(f"{span.id}.{seen[span.id]}" if seen[span.id] else span.id)
        seen[span.id] += 1
    return cursors
