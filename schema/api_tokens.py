"""Long-lived tokens for machines."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from datasources.records.users import ApiToken as ApiTokenRecord
from datasources.records.users import CreateApiTokenPayload as CreateApiTokenPayloadRecord
from datasources.records.users import Role
from resolvers import api_tokens, projects

from .context import Info
from .scalars import DateTime, Duration
from .shared import Node

if TYPE_CHECKING:
    from datasources.records.projects import Project as ProjectRecord

    from .projects import Project


@strawberry.type(
    description="A long-lived token for a machine: of one project, with a role that is never above that of the person who made it."
)
class ApiToken(Node):
    label: str = strawberry.field(description="What it is for.")
    prefix: str = strawberry.field(description="The secret's first characters, to tell tokens apart.")
    role: Role
    created_at: DateTime = strawberry.field(description="When it was made.")
    expires_at: DateTime | None = strawberry.field(description="When it stops being accepted; null for never.")
    last_used_at: DateTime | None = strawberry.field(
        description="When it was last used, to the minute; null for never."
    )
    revoked_at: DateTime | None = strawberry.field(description="When it was revoked; null where it was not.")

    @classmethod
    def is_type_of(cls, obj: object, info: object) -> bool:
        """Records stand for types."""
        return isinstance(obj, ApiTokenRecord)

    @strawberry.field(
        graphql_type=Annotated["Project", strawberry.lazy("schema.projects")], description="The project that it opens."
    )
    async def project(self: ApiTokenRecord, info: Info) -> ProjectRecord:
        found = await info.context.loaders.load(projects.projects_by_key, self.project_key)
        assert found is not None
        return found


@strawberry.type(description="A new token with its secret, which is shown in this answer and never again.")
class CreateApiTokenPayload:
    token: ApiToken
    secret: str = strawberry.field(description="Send it as `Authorization: Bearer <secret>`.")


@strawberry.input(description="A new token for a machine.")
class CreateApiTokenInput:
    project_id: strawberry.ID
    label: str = strawberry.field(description="What it is for.")
    role: Role
    expires_in: Duration | None = strawberry.field(
        default=None, description="How long it is accepted; until it is revoked, if left out."
    )


@strawberry.type
class ProjectApiTokens:
    """What a project says of its machines' tokens."""

    @strawberry.field(
        graphql_type=list[ApiToken],
        description="The machines' tokens that open the project, those that an operator made too; to ADMIN and above.",
    )
    async def api_tokens(self: ProjectRecord, info: Info) -> list[ApiTokenRecord]:
        return await api_tokens.api_tokens(info.context, self)


@strawberry.type
class ApiTokenMutations:
    @strawberry.mutation(
        graphql_type=CreateApiTokenPayload,
        description="A long-lived token for a machine. The secret is shown in this answer and never again.",
    )
    async def create_api_token(self, info: Info, input: CreateApiTokenInput) -> CreateApiTokenPayloadRecord:
        return await api_tokens.create_api_token(
            info.context, input.project_id, label=input.label, role=input.role, expires_in_ns=input.expires_in
        )

    @strawberry.mutation(
        graphql_type=ApiToken,
        description="Revokes a token at once, everywhere: one's own, or as an ADMIN any of the project's.",
    )
    async def revoke_api_token(self, info: Info, id: strawberry.ID) -> ApiTokenRecord:
        return await api_tokens.revoke_api_token(info.context, id)
