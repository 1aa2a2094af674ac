"""Request rate, failures and latency of projects and services, asked for all of a request's projects at once."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence

from msgspec import Struct

from datasources.exceptions import BadInput
from datasources.protocols import MetricsSource
from datasources.records.metrics import GoldenSignal, Metrics, RawSeries, Series, SeriesOrigin, SeriesSet
from datasources.records.projects import Project
from datasources.records.shared import NS_PER_MS, Interval, Label
from datasources.records.users import Role
from datasources.scope import Rule, Scope, Signal

from .access import require
from .concurrency import together
from .context import RequestContext
from .metrics_expressions import UNITS, exemplar_source, golden_signal, rate_window_ns
from .planner import ask_merged

MAX_SERIES = 1_000
MAX_BY = 5
_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class SignalQuestion(Struct, frozen=True):
    """One signal of one project or service over an interval; at its end, over all of it, without a step."""

    project: Project
    interval: Interval
    signal: GoldenSignal
    service: str | None = None
    by: tuple[str, ...] = ()
    quantile: float = 0.95

    @property
    def shared(self) -> tuple[object, ...]:
        """What questions have to share to be asked at once."""
        return (self.service is None, self.project.metrics_source, self.interval, self.signal, self.by, self.quantile)


async def golden_signal_series(
    context: RequestContext,
    shown: Metrics,
    signal: GoldenSignal,
    *,
    by: Sequence[str] | None = None,
    limit: int = 20,
    quantile: float = 0.95,
) -> SeriesSet:
    """One series per combination of `by`, the largest averages first, at most `limit`; `truncated` where there are more.

    The scope's own labels are not among a series' labels, unless `by` asks for them.

    Raises: BadInput with the argument; SourceError.
    """
    require(context.principal, shown.project, Role.VIEWER)
    grouped = _labels(by)
    if not 0 <= quantile <= 1:
        raise BadInput("a quantile is between 0 and 1", argument="quantile")
    if not 1 <= limit <= MAX_SERIES:
        raise BadInput(f"limit must be between 1 and {MAX_SERIES}", argument="limit")
    question = SignalQuestion(shown.project, shown.interval, signal, shown.service, grouped, quantile)
    found = await context.loaders.load(signals, question)
    ranked = sorted(found, key=_rank)
    source = context.metrics(shown.project)
    return SeriesSet(
        interval=shown.interval,
        series=[_shown(series, question, exemplar_source(source.names)) for series in ranked[:limit]],
        truncated=len(ranked) > limit,
        promql=_expression(question, source),
    )


async def signals(context: RequestContext, keys: Sequence[SignalQuestion]) -> Sequence[list[RawSeries] | Exception]:
    """A loader's batch: questions that differ only in project or service share one upstream request."""
    alike: dict[tuple[object, ...], list[SignalQuestion]] = defaultdict(list)
    for key in keys:
        alike[key.shared].append(key)
    answers: dict[SignalQuestion, list[RawSeries] | Exception] = {}
    for part in await together(*(_ask(context, group) for group in alike.values())):
        answers.update(part)
    return [answers[key] for key in keys]


def scope_of(project: Project, service: str | None, source: MetricsSource) -> Scope:
    """The project's scope, narrowed further to one service.

    Raises: BadInput for a name that no label can have.
    """
    if service is None:
        return project.scope
    try:
        rule = Rule(source.names.service_label, (service,), signals=frozenset({Signal.METRICS}))
    except ValueError:
        raise BadInput("a service's name is printable and not empty", argument="name") from None
    return Scope(project.scope.projects, (*project.scope.rules, rule), project.scope.tenant)


async def _ask(
    context: RequestContext, alike: list[SignalQuestion]
) -> dict[SignalQuestion, list[RawSeries] | Exception]:
    first = alike[0]
    source = context.metrics(first.project)
    call = context.call_for(*(key.project for key in alike))

    async def ask(scope: Scope, labels: tuple[str, ...]) -> Sequence[RawSeries]:
        expression = source.narrow(_expression(first, source, labels), scope)
        if first.interval.step_ns is not None:
            return (await source.query_range(expression, first.interval, call=call)).series
        vector = await source.query(expression, first.interval.end_ns, call=call)
        return [
            RawSeries({label.name: label.value for label in one.labels}, [one.at_ns / NS_PER_MS], [one.value])
            for one in vector.samples
        ]

    scopes = [(key, scope_of(key.project, key.service, source)) for key in alike]
    return await ask_merged(scopes, Signal.METRICS, ask, keep=first.by)


def _expression(question: SignalQuestion, source: MetricsSource, labels: tuple[str, ...] = ()) -> str:
    interval = question.interval
    step_ns = interval.step_ns
    window_ns = interval.range_ns if step_ns is None else rate_window_ns(step_ns, source.names)
    by = tuple(dict.fromkeys((*question.by, *labels)))
    return golden_signal(question.signal, source.names, window_ns=window_ns, by=by, quantile=question.quantile)


def _labels(by: Sequence[str] | None) -> tuple[str, ...]:
    names = tuple(dict.fromkeys(by or ()))
    if len(names) > MAX_BY:
        raise BadInput(f"at most {MAX_BY} labels can be grouped by", argument="by")
    for name in names:
        if not _LABEL.fullmatch(name) or name in ("le", "__name__"):
            raise BadInput(f"{name[:60]!r} is no label that can be grouped by", argument="by")
    return names


def _rank(series: RawSeries) -> tuple[float, list[tuple[str, str]]]:
    known = [value for value in series.values if value is not None]
    average = sum(known) / len(known) if known else float("-inf")
    return (-average, sorted(series.labels.items()))


def _shown(series: RawSeries, question: SignalQuestion, expression: str) -> Series:
    labels = [Label(name, series.labels[name]) for name in question.by if name in series.labels]
    return Series(
        labels=labels,
        legend=" ".join(label.value for label in labels) or question.signal.value,
        unit=UNITS[question.signal],
        timestamps=series.timestamps,
        values=series.values,
        origin=SeriesOrigin(question.project, question.service, expression, question.interval, series.labels),
    )
