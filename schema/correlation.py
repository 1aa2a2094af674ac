"""References from other signals to traces."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from datasources.records import traces as records
from datasources.records.traces import TraceLinkStatus
from resolvers import correlation

from .context import Info

if TYPE_CHECKING:
    from .traces import Trace

strawberry.enum(
    TraceLinkStatus,
    description=(
        "FOUND; NO_TRACE_ID where the reference names none; NOT_FOUND where there is no such trace, or none that the viewer "
        "may see; OTHER_PROJECT where it belongs to another project that the viewer is a member of; SOURCE_FAILED where the "
        "source of traces did not answer."
    ),
)


@strawberry.type(description="A reference from another signal to a trace, and what became of it.")
class TraceLink:
    status: TraceLinkStatus = strawberry.field(description="What became of the reference.")
    trace_id: strawberry.ID | None = strawberry.field(description="The trace's id, 32 hex digits.")

    @strawberry.field(
        graphql_type=Annotated["Trace", strawberry.lazy("schema.traces")] | None,
        description="The trace; null unless it was found.",
    )
    async def trace(self: records.TraceLink, info: Info) -> records.Trace | None:
        return await correlation.linked_trace(info.context, self)
