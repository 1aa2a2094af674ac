"""The keys with which clients report errors."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry

from datasources.records.projects import IngestKey as IngestKeyRecord
from resolvers import projects

from .context import Info
from .scalars import DateTime
from .shared import Node

if TYPE_CHECKING:
    from datasources.records.projects import Project as ProjectRecord


@strawberry.type(description="A key with which clients report errors; whoever has it may report, and read nothing.")
class IngestKey(Node):
    label: str = strawberry.field(description="What it is for.")
    created_at: DateTime = strawberry.field(description="When it was made.")
    last_used_at: DateTime | None = strawberry.field(
        description="When it was last used, to the minute; null for never."
    )
    revoked_at: DateTime | None = strawberry.field(description="When it was revoked; null where it was not.")

    @classmethod
    def is_type_of(cls, obj: object, info: object) -> bool:
        """Records stand for types."""
        return isinstance(obj, IngestKeyRecord)

    @strawberry.field(
        graphql_type=str,
        description="What a Sentry SDK is configured with; its project id is the project's number.",
    )
    def dsn(self: IngestKeyRecord, info: Info) -> str:
        return projects.dsn(info.context, self)


@strawberry.type
class ProjectKeys:
    """What a project says of its keys."""

    @strawberry.field(
        graphql_type=list[IngestKey], description="Keys with which clients report errors; to ADMIN and above."
    )
    async def ingest_keys(self: ProjectRecord, info: Info) -> list[IngestKeyRecord]:
        return await projects.ingest_keys(info.context, self)


@strawberry.type
class IngestKeyMutations:
    @strawberry.mutation(graphql_type=IngestKey, description="Makes a key with which clients report errors.")
    async def create_ingest_key(self, info: Info, project_id: strawberry.ID, label: str) -> IngestKeyRecord:
        return await projects.create_ingest_key(info.context, project_id, label)

    @strawberry.mutation(
        graphql_type=IngestKey, description="Revokes a key: what is reported with it from now on is refused."
    )
    async def revoke_ingest_key(self, info: Info, id: strawberry.ID) -> IngestKeyRecord:
        return await projects.revoke_ingest_key(info.context, id)
