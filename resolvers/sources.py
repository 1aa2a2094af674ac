"""The upstream sources and how they do."""

from __future__ import annotations

from datasources.records.sources import Source

from .access import require_signed_in
from .context import RequestContext


async def sources(context: RequestContext) -> list[Source]:
    """The store first, then the telemetry sources, then the others; as the gateway has seen them, nothing is asked now."""
    require_signed_in(context.principal)
    store = context.repositories.status()
    found = [*context.sources.all(), *context.sources.others]
    return [store, *(source.status() for source in found)]
