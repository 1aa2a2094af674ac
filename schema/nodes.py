"""Refetching any object by its global id."""

from __future__ import annotations

import strawberry

from resolvers import nodes

from .context import Info
from .shared import Node


@strawberry.type
class NodeQueries:
    @strawberry.field(
        graphql_type=Node | None,
        description="Refetches any object that implements Node by its global id; null where it does not exist or is not the viewer's to see.",
    )
    async def node(self, info: Info, id: strawberry.ID) -> object | None:
        return await nodes.node(info.context, id)

    @strawberry.field(
        graphql_type=list[Node | None],
        description="The objects of these global ids, in their order; null for each that does not exist or is not the viewer's to see.",
    )
    async def nodes(self, info: Info, ids: list[strawberry.ID]) -> list[object | None]:
        return await nodes.nodes(info.context, ids)
