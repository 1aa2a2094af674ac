"""Exemplars of a series: single observations with the trace that each was made in."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence

from msgspec import Struct

from datasources.exceptions import BadInput
from datasources.records.metrics import Exemplar, RawExemplar, Series, SeriesExemplars
from datasources.records.projects import Project
from datasources.records.shared import NS_PER_MS, Interval, Label
from datasources.records.users import Role
from datasources.scope import Scope, Signal

from .access import require
from .concurrency import together
from .context import RequestContext
from .golden_signals import scope_of
from .planner import ask_merged

MAX_EXEMPLARS = 500
TRACE_LABELS = ("trace_id", "traceID", "traceId", "TraceID")
_HEX = re.compile(r"[0-9a-fA-F]{1,32}")


class ExemplarQuestion(Struct, frozen=True):
    """The exemplars behind one expression of one project or service."""

    project: Project
    service: str | None
    expression: str
    interval: Interval


async def exemplars(context: RequestContext, series: Series, first: int = 20) -> list[Exemplar]:
    """The newest exemplars of the series that this one was made of; empty where the source keeps none.

    All series of one expression share one upstream request, and so do projects with the same expression.

    Raises: BadInput; SourceError.
    """
    if not 1 <= first <= MAX_EXEMPLARS:
        raise BadInput(f"first must be between 1 and {MAX_EXEMPLARS}", argument="first")
    origin = series.origin
    if origin is None:
        return []
    require(context.principal, origin.project, Role.VIEWER)
    question = ExemplarQuestion(origin.project, origin.service, origin.expression, origin.interval)
    found = await context.loaders.load(_exemplars, question)
    own = [one for part in found if _belongs(part.labels, origin.identity) for one in part.exemplars]
    own.sort(key=lambda one: one.timestamp, reverse=True)
    return [_shown(one, origin.project) for one in own if one.value is not None][:first]


async def _exemplars(
    context: RequestContext, keys: Sequence[ExemplarQuestion]
) -> Sequence[list[SeriesExemplars] | Exception]:
    alike: dict[tuple[object, ...], list[ExemplarQuestion]] = defaultdict(list)
    for key in keys:
        alike[key.project.metrics_source, key.service is None, key.expression, key.interval].append(key)
    answers: dict[ExemplarQuestion, list[SeriesExemplars] | Exception] = {}
    for part in await together(*(_ask(context, group) for group in alike.values())):
        answers.update(part)
    return [answers[key] for key in keys]


async def _ask(
    context: RequestContext, alike: list[ExemplarQuestion]
) -> dict[ExemplarQuestion, list[SeriesExemplars] | Exception]:
    first = alike[0]
    source = context.metrics(first.project)
    call = context.call_for(*(key.project for key in alike))

    async def ask(scope: Scope, labels: tuple[str, ...]) -> Sequence[SeriesExemplars]:
        return await source.exemplars(source.narrow(first.expression, scope), first.interval, call=call)

    scopes = [(key, scope_of(key.project, key.service, source)) for key in alike]
    return await ask_merged(scopes, Signal.METRICS, ask)


def _belongs(labels: Mapping[str, str], identity: Mapping[str, str]) -> bool:
    """Labels that the expression itself made are unknown to the exemplar's series and decide nothing."""
    return all(labels.get(name, value) == value for name, value in identity.items())


def _shown(found: RawExemplar, project: Project) -> Exemplar:
    assert found.value is not None
    return Exemplar(
        project=project,
        at_ns=int(found.timestamp) * NS_PER_MS,
        value=found.value,
        labels=[Label(name, value) for name, value in sorted(found.labels.items())],
        trace_id=_trace_id(found.labels),
    )


def _trace_id(labels: Mapping[str, str]) -> str | None:
    """32 lower-case digits, as every source is asked with; exporters and Tempo may leave out leading zeros."""
    found = next((labels[name] for name in TRACE_LABELS if name in labels), "")
    return found.lower().zfill(32) if _HEX.fullmatch(found) else None
