"""Whether each source keeps to the scope that it is asked under, tried with scopes of the projects' shapes."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from msgspec import Struct

from datasources.calls import Call
from datasources.exceptions import GatewayError
from datasources.protocols import TelemetrySource
from datasources.records.projects import Project
from datasources.records.shared import NS_PER_S, Interval
from datasources.scope import Rule, Scope
from datasources.scoping.gate import shape_of

from .context import Sources

RANGE_NS = 3600 * NS_PER_S
MAX_SHAPES = 20
USUAL = Scope(frozenset(), (Rule("service_namespace", ("any",)),))
"""What is tried where no project reads a source yet."""


class ProbeReport(Struct, frozen=True):
    """What became of one source's probe: what is switched off now, or why it could not be asked."""

    source: TelemetrySource
    switched_off: tuple[str, ...]
    error: GatewayError | None = None


async def probe_sources(sources: Sources, projects: Sequence[Project], *, now_ns: int, call: Call) -> list[ProbeReport]:
    """One report per source, in the sources' order. What answers beyond a scope is switched off by its source."""
    readers = [
        *((source, [each for each in projects if each.metrics_source == name]) for name, source in sources.metrics.items()),
        *((source, [each for each in projects if each.logs_source == name]) for name, source in sources.logs.items()),
        *((source, [each for each in projects if each.traces_source == name]) for name, source in sources.traces.items()),
    ]  # fmt: skip
    interval = Interval(now_ns - RANGE_NS, now_ns)
    return await asyncio.gather(*(_probe(source, shapes(read), interval, call) for source, read in readers))


def shapes(projects: Sequence[Project]) -> list[Scope]:
    """One scope of each shape that these projects have; the usual one where there is no project."""
    found = {shape_of(project.scope): project.scope for project in projects}
    return list(found.values())[:MAX_SHAPES] or [USUAL]


async def _probe(source: TelemetrySource, scopes: Sequence[Scope], interval: Interval, call: Call) -> ProbeReport:
    try:
        for scope in scopes:
            await source.probe(scope, interval, call=call)
    except GatewayError as error:
        return ProbeReport(source, source.switched_off, error)
    return ProbeReport(source, source.switched_off)
