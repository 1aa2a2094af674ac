"""The upstream sources."""

from __future__ import annotations

import strawberry

from datasources.records.sources import CircuitState, SourceKind, SourceState
from datasources.records.sources import Source as SourceRecord
from resolvers import sources

from .context import Info
from .scalars import DateTime

strawberry.enum(SourceKind, description="What a source speaks.")
strawberry.enum(
    SourceState, description="UP answers, DEGRADED answers slowly or not always, DOWN does not answer."
)
strawberry.enum(
    CircuitState,
    description="CLOSED lets requests through, OPEN answers at once with SOURCE_UNAVAILABLE, HALF_OPEN is trying one.",
)


@strawberry.type(description="One upstream, as this gateway sees it now.")
class Source:
    name: str = strawberry.field(description="What projects name it by.")
    kind: SourceKind
    state: SourceState
    version: str | None = strawberry.field(description="What it says of itself; null before it was asked, or where it does not tell.")
    latency_p50_ms: float | None = strawberry.field(
        description="Median of the answers of the last five minutes, in milliseconds; null before the first."
    )
    latency_p99_ms: float | None = strawberry.field(
        description="99th percentile of the answers of the last five minutes, in milliseconds; null before the first."
    )
    circuit: CircuitState
    last_error: str | None = strawberry.field(description="What went wrong last, if anything did.")
    checked_at: DateTime | None = strawberry.field(description="When it last answered or failed.")


@strawberry.type(description="What one source did for this answer.")
class SourceReport:
    source: str = strawberry.field(description="The source's name.")
    kind: SourceKind
    ok: bool = strawberry.field(description="Whether every request succeeded.")
    took_ms: float = strawberry.field(description="How long the slowest request took, in milliseconds.")
    requests: int = strawberry.field(description="Requests or statements that went over the wire.")
    cached: bool = strawberry.field(description="Whether everything came from the cache.")
    error: str | None = strawberry.field(description="The first thing that went wrong.")


@strawberry.type
class SourceQueries:
    @strawberry.field(graphql_type=list[Source], description="The upstream sources and how they do, as this gateway sees them.")
    async def sources(self, info: Info) -> list[SourceRecord]:
        return await sources.sources(info.context)
