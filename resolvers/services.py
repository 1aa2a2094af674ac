"""The services of a project, worst first, and their headline figures."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec import Struct

from datasources.exceptions import BadInput, SourceError
from datasources.records.metrics import GoldenSignal, RawSeries
from datasources.records.projects import Project
from datasources.records.services import Service, ServiceFigures
from datasources.records.shared import NS_PER_MS, NS_PER_S, Interval
from datasources.records.users import Role
from datasources.scope import Scope, Signal

from .access import require
from .concurrency import together
from .context import RequestContext
from .golden_signals import SignalQuestion, signals
from .metrics_expressions import SIGNAL_LABEL, service_figures
from .planner import ask_merged
from .time_ranges import TimeRange, resolve_range

LAST_HOUR = TimeRange(last_ns=3600 * NS_PER_S)
MAX_SERVICES = 500
_GRAIN_NS = 15 * NS_PER_S


class FiguresQuestion(Struct, frozen=True):
    """All services of a project over an interval."""

    project: Project
    interval: Interval


async def services(context: RequestContext, project: Project, asked: TimeRange, first: int = 50) -> list[Service]:
    """The services seen in the project's metrics: by share of failures, then by requests, at most `first`.

    Raises: BadInput; SourceError.
    """
    require(context.principal, project, Role.VIEWER)
    if not 1 <= first <= MAX_SERVICES:
        raise BadInput(f"first must be between 1 and {MAX_SERVICES}", argument="first")
    interval = figures_interval(context, asked)
    found = await context.loaders.load(_figures, FiguresQuestion(project, interval))
    worst = sorted(found, key=lambda name: _badness(name, found[name]))
    return [Service(project=project, name=name, interval=interval) for name in worst[:first]]


async def service(context: RequestContext, project: Project, name: str) -> Service | None:
    """The service over the last hour, None where the metrics do not know it.

    Where the metrics cannot tell, it is taken to be there: its logs and traces may still answer.
    """
    require(context.principal, project, Role.VIEWER)
    interval = figures_interval(context, LAST_HOUR)
    try:
        known = name in await context.loaders.load(_figures, FiguresQuestion(project, interval))
    except SourceError:
        known = bool(name) and name.isprintable()
    return Service(project=project, name=name, interval=interval) if known else None


async def figures(context: RequestContext, shown: Service) -> ServiceFigures:
    """The service's rate and share of failures; asked for with those of all services.

    Raises: SourceError.
    """
    require(context.principal, shown.project, Role.VIEWER)
    found = await context.loaders.load(_figures, FiguresQuestion(shown.project, shown.interval))
    return found.get(shown.name, ServiceFigures())


async def latency(context: RequestContext, shown: Service, quantile: float = 0.95) -> float | None:
    """The service's latency in seconds; asked for with that of all services.

    Raises: BadInput; SourceError.
    """
    require(context.principal, shown.project, Role.VIEWER)
    if not 0 <= quantile <= 1:
        raise BadInput("a quantile is between 0 and 1", argument="quantile")
    label = context.metrics(shown.project).names.service_label
    question = SignalQuestion(shown.project, shown.interval, GoldenSignal.LATENCY, by=(label,), quantile=quantile)
    found = await context.loaders.load(signals, question)
    return next((series.values[-1] for series in found if series.labels.get(label) == shown.name), None)


def figures_interval(context: RequestContext, asked: TimeRange) -> Interval:
    """The range with both ends on a quarter of a minute, so that a question asked again soon is the same one."""
    found = resolve_range(context, asked)
    end_ns = found.end_ns // _GRAIN_NS * _GRAIN_NS
    return Interval(end_ns - max(_GRAIN_NS, found.range_ns // _GRAIN_NS * _GRAIN_NS), end_ns)


async def instant(
    context: RequestContext, of: Sequence[Project], promql: str, scope: Scope, at_ns: int
) -> list[RawSeries]:
    """One of the gateway's own expressions at an instant, on behalf of projects with the same source; one point each."""
    source = context.metrics(of[0])
    found = await source.query(source.narrow(promql, scope), at_ns, call=context.call_for(*of))
    return [
        RawSeries({label.name: label.value for label in one.labels}, [one.at_ns / NS_PER_MS], [one.value])
        for one in found.samples
    ]


async def _figures(
    context: RequestContext, keys: Sequence[FiguresQuestion]
) -> Sequence[Mapping[str, ServiceFigures] | Exception]:
    alike: dict[object, list[FiguresQuestion]] = defaultdict(list)
    for key in keys:
        alike[key.project.metrics_source, key.interval].append(key)
    answers: dict[FiguresQuestion, Mapping[str, ServiceFigures] | Exception] = {}
    for part in await together(*(_ask(context, group) for group in alike.values())):
        answers.update(part)
    return [answers[key] for key in keys]


async def _ask(
    context: RequestContext, alike: list[FiguresQuestion]
) -> dict[FiguresQuestion, Mapping[str, ServiceFigures] | Exception]:
    first = alike[0]
    names, interval = context.metrics(first.project).names, first.interval

    async def ask(scope: Scope, labels: tuple[str, ...]) -> Sequence[RawSeries]:
        promql = service_figures(names, window_ns=interval.range_ns, by=labels)
        return await instant(context, [key.project for key in alike], promql, scope, interval.end_ns)

    scopes = [(key, key.project.scope) for key in alike]
    answers = await ask_merged(scopes, Signal.METRICS, ask, keep=(names.service_label,))
    return {
        key: found if isinstance(found, Exception) else _by_name(found, names.service_label)
        for key, found in answers.items()
    }


def _by_name(found: Sequence[RawSeries], label: str) -> dict[str, ServiceFigures]:
    parts: dict[str, dict[str, float | None]] = defaultdict(dict)
    for series in found:
        name = series.labels.get(label)
        if name:
            parts[name][series.labels.get(SIGNAL_LABEL, "")] = series.values[-1]
    return {name: _read(part) for name, part in parts.items()}


def _read(part: Mapping[str, float | None]) -> ServiceFigures:
    rate = part.get("rate")
    ratio = (part.get("failed") or 0.0) / rate if rate else None
    return ServiceFigures(rate, ratio)


def _badness(name: str, found: ServiceFigures) -> tuple[float, float, str]:
    return (-(found.error_ratio or 0.0), -(found.request_rate or 0.0), name)
