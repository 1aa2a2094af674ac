"""What became of a reference from another signal to a trace.

OTHER_PROJECT is said only to a viewer who is a member of such a project on the same source and tenant: to everybody else
a trace that is not theirs looks like one that does not exist.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from datasources.exceptions import BadInput, DeadlineExceeded, SourceError
from datasources.records.logs import normalise_trace_id
from datasources.records.projects import Project
from datasources.records.shared import NS_PER_S, Interval
from datasources.records.traces import Trace, TraceLink, TraceLinkStatus
from datasources.records.users import Role

from .access import require
from .concurrency import together
from .context import RequestContext
from .projects import projects_by_key
from .traces import trace_if_any, traces_by_id
from .traces.searches import OutlineQuestion, outlines

FEW = 3
MARGIN_NS = 3600 * NS_PER_S
DAY_NS = 24 * 3600 * NS_PER_S

PresenceKey = tuple[Project, str, int | None]


async def trace_link(
    context: RequestContext, project: Project, trace_id: str | None, *, at_ns: int | None = None
) -> TraceLink:
    """The reference and its status; a source that fails is a status here, not an error.

    With `at_ns`, about when the trace ran, the links of a list are looked up with one request; without it, with one per
    trace.
    """
    require(context.principal, project, Role.VIEWER)
    wanted = normalise_trace_id(trace_id.strip()) if trace_id else None
    if wanted is None:
        return TraceLink(project=project, status=TraceLinkStatus.NO_TRACE_ID, trace_id=None)
    try:
        status = await context.loaders.load(_statuses, (project, wanted, at_ns))
    except (SourceError, DeadlineExceeded):
        status = TraceLinkStatus.SOURCE_FAILED
    return TraceLink(project=project, status=status, trace_id=wanted)


async def linked_trace(context: RequestContext, link: TraceLink) -> Trace | None:
    """The trace; None in all cases but FOUND, of which the status says the reason. Raises: SourceError."""
    return await trace_if_any(context, link.project, link.trace_id) if link.status is TraceLinkStatus.FOUND else None


async def _statuses(context: RequestContext, keys: Sequence[PresenceKey]) -> list[TraceLinkStatus | Exception]:
    """Loader batch: many traces of one project are searched for with one request, what that leaves is asked for by id."""
    by_project: dict[Project, list[PresenceKey]] = defaultdict(list)
    for key in keys:
        by_project[key[0]].append(key)
    many = [key for asked in by_project.values() if len({key[1] for key in asked}) > FEW for key in asked]
    present = await _searched(context, many)
    left = [key for key in keys if key not in present]
    statuses = await together(*(_by_id(context, key[0], key[1]) for key in left))
    found = dict(zip(left, statuses, strict=True))
    return [found.get(key, TraceLinkStatus.FOUND) for key in keys]


async def _searched(context: RequestContext, keys: Sequence[PresenceKey]) -> frozenset[PresenceKey]:
    """Those of the traces that a search finds within an hour of when they are said to have run; a request per day."""
    asked = {key: _outline_of(key) for key in keys}
    questions = [question for question in asked.values() if question is not None]
    if not questions:
        return frozenset()
    try:
        found = dict(zip(questions, await context.loaders.load_many(outlines, questions), strict=True))
    except (SourceError, BadInput):
        return frozenset()  # asking by id says what is the matter
    return frozenset(key for key, question in asked.items() if question is not None and found[question] is not None)


def _outline_of(key: PresenceKey) -> OutlineQuestion | None:
    project, trace_id, at_ns = key
    if at_ns is None:
        return None
    day_ns = at_ns // DAY_NS * DAY_NS
    return OutlineQuestion(
        project,
        trace_id,
        Interval(at_ns - MARGIN_NS, at_ns + MARGIN_NS),
        Interval(day_ns - MARGIN_NS, day_ns + DAY_NS + MARGIN_NS),
    )


async def _by_id(context: RequestContext, project: Project, trace_id: str) -> TraceLinkStatus | Exception:
    """One request, whatever the number of projects that the viewer is a member of."""
    others = await _others(context, project)
    try:
        traces = await context.loaders.load_many(traces_by_id, [(each, trace_id) for each in (project, *others)])
    except (SourceError, DeadlineExceeded) as error:
        return error
    if traces[0] is not None:
        return TraceLinkStatus.FOUND
    return TraceLinkStatus.OTHER_PROJECT if any(traces) else TraceLinkStatus.NOT_FOUND


async def _others(context: RequestContext, project: Project) -> list[Project]:
    """The viewer's other projects that share this one's source and tenant."""
    keys = [key for key in context.principal.roles if key != project.key]
    if not keys:
        return []
    found = await context.loaders.load_many(projects_by_key, keys)
    same = (project.traces_source, project.scope.tenant)
    return [each for each in found if each is not None and (each.traces_source, each.scope.tenant) == same]
