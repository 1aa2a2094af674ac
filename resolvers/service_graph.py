"""Who calls whom: the service graph that Tempo's metrics generator writes, cut to a project's side of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from datasources.records.metrics import RawSeries
from datasources.records.projects import Project
from datasources.records.services import Service, ServiceEdge, ServiceGraph
from datasources.records.shared import Interval
from datasources.records.users import Role
from datasources.scope import Rule, Scope, Signal

from .access import require
from .concurrency import together
from .context import RequestContext
from .metrics_expressions import SIGNAL_LABEL, service_edges
from .planner import ask_merged
from .services import MAX_SERVICES, figures_interval, instant, services
from .time_ranges import TimeRange

SIDES = ("client", "server")

EdgeKey = tuple[str, ...]
"""Client, server, and both sides' scope labels: what makes a call one and the same seen from either side."""


class EdgesQuestion(Struct, frozen=True):
    """All calls from and to a project's services over an interval."""

    project: Project
    interval: Interval


async def service_graph(context: RequestContext, project: Project, asked: TimeRange) -> ServiceGraph:
    """The project's services, and the calls that one of them makes or takes, most frequent first.

    Raises: BadInput; SourceError.
    """
    require(context.principal, project, Role.VIEWER)
    interval = figures_interval(context, asked)
    edges = await context.loaders.load(_edges, EdgesQuestion(project, interval))
    nodes = await services(context, project, asked, MAX_SERVICES)
    return ServiceGraph(nodes, edges)


async def callers(context: RequestContext, shown: Service) -> list[ServiceEdge]:
    """The calls that the service takes; asked for with those of all services. Raises: SourceError."""
    require(context.principal, shown.project, Role.VIEWER)
    found = await context.loaders.load(_edges, EdgesQuestion(shown.project, shown.interval))
    return [edge for edge in found if edge.server == shown.name]


async def callees(context: RequestContext, shown: Service) -> list[ServiceEdge]:
    """The calls that the service makes; asked for with those of all services. Raises: SourceError."""
    require(context.principal, shown.project, Role.VIEWER)
    found = await context.loaders.load(_edges, EdgesQuestion(shown.project, shown.interval))
    return [edge for edge in found if edge.client == shown.name]


async def _edges(context: RequestContext, keys: Sequence[EdgesQuestion]) -> Sequence[list[ServiceEdge] | Exception]:
    """Two requests, one per side, for all projects: a selector can only ask for one side's label."""
    alike: dict[object, list[EdgesQuestion]] = defaultdict(list)
    for key in keys:
        labels = tuple(rule.label for rule in key.project.scope.rules_for(Signal.METRICS))
        alike[key.project.metrics_source, key.interval, labels].append(key)
    asked = [_ask(context, group, side) for group in alike.values() for side in SIDES]
    answers: dict[EdgesQuestion, list[RawSeries] | Exception] = {}
    for part in await together(*asked):
        for key, found in part.items():
            known = answers.get(key, [])
            failed = next((one for one in (known, found) if isinstance(one, Exception)), None)
            answers[key] = failed or [*known, *found]  # type: ignore[misc]  # neither has failed
    return [found if isinstance(found := answers[key], Exception) else _merged(found) for key in keys]


async def _ask(
    context: RequestContext, alike: list[EdgesQuestion], side: str
) -> dict[EdgesQuestion, list[RawSeries] | Exception]:
    first = alike[0]
    labels = [rule.label for rule in first.project.scope.rules_for(Signal.METRICS)]
    both = tuple(f"{end}_{label}" for end in SIDES for label in labels)
    promql = service_edges(window_ns=first.interval.range_ns, by=both)

    async def ask(scope: Scope, _: tuple[str, ...]) -> Sequence[RawSeries]:
        projects = [key.project for key in alike]
        return await instant(context, projects, promql, scope, first.interval.end_ns)

    scopes = [(key, _one_side(key.project.scope, side)) for key in alike]
    return await ask_merged(scopes, Signal.METRICS, ask, keep=both)


def _one_side(scope: Scope, side: str) -> Scope:
    rules = scope.rules_for(Signal.METRICS)
    return Scope(
        scope.projects,
        tuple(Rule(f"{side}_{rule.label}", rule.values, rule.pattern, rule.signals) for rule in rules),
        scope.tenant,
    )


def _merged(found: Sequence[RawSeries]) -> list[ServiceEdge]:
    """One edge per pair of names. A call between two own services was found from both sides and counts once."""
    calls: dict[EdgeKey, dict[str, float | None]] = defaultdict(dict)
    for series in found:
        signal = series.labels.get(SIGNAL_LABEL, "")
        rest = sorted((name, value) for name, value in series.labels.items() if name not in (SIGNAL_LABEL, *SIDES))
        key = (*(series.labels.get(side, "") for side in SIDES), *(part for pair in rest for part in pair))
        calls[key][signal] = series.values[-1]
    edges: dict[tuple[str, str], ServiceEdge] = {}
    for key, part in calls.items():
        edge = _edge(key, part)
        if edge is not None:
            known = edges.get((edge.client, edge.server))
            edges[edge.client, edge.server] = edge if known is None else _sum(known, edge)
    return sorted(edges.values(), key=lambda edge: (-edge.request_rate, edge.client, edge.server))


def _edge(key: EdgeKey, part: Mapping[str, float | None]) -> ServiceEdge | None:
    rate = part.get("rate")
    if not rate:
        return None
    failed = part.get("failed") or 0.0
    return ServiceEdge(
        client=key[0], server=key[1], request_rate=rate, error_ratio=failed / rate, latency_p95=part.get("p95")
    )


def _sum(one: ServiceEdge, other: ServiceEdge) -> ServiceEdge:
    """Two namespaces' services of the same names: the busier one's latency stands for both."""
    rate = one.request_rate + other.request_rate
    failed = one.request_rate * one.error_ratio + other.request_rate * other.error_ratio
    busier = max(one, other, key=lambda edge: edge.request_rate)
    return replace(busier, request_rate=rate, error_ratio=failed / rate)
