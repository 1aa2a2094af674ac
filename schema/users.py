"""People, their memberships, and signing in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from datasources.records.users import Membership as MembershipRecord
from datasources.records.users import Role as RoleRecord
from datasources.records.users import User as UserRecord
from resolvers import projects, sessions, users

from .context import Info
from .scalars import DateTime
from .shared import Node

if TYPE_CHECKING:
    from datasources.records.projects import Project as ProjectRecord

    from .projects import Project

Role = strawberry.enum(
    RoleRecord,
    description=(
        "VIEWER reads; MEMBER also works on errors and alerts; ADMIN also configures rules, channels, keys and members; "
        "OWNER also deletes the project."
    ),
)
LazyProject = Annotated["Project", strawberry.lazy("schema.projects")]


@strawberry.type(description="A person.")
class User(Node):
    email: str = strawberry.field(description="The address that the person signs in with.")
    name: str = strawberry.field(description="How the person is called.")
    created_at: DateTime = strawberry.field(description="When the person signed up.")

    @classmethod
    def is_type_of(cls, obj: object, info: object) -> bool:
        """Records stand for types."""
        return isinstance(obj, UserRecord)

    @strawberry.field(
        graphql_type=list[Annotated["Membership", strawberry.lazy("schema.users")]],
        description="The projects that the person is a member of; of another person only those that the viewer is in too.",
    )
    async def memberships(self: UserRecord, info: Info) -> list[MembershipRecord]:
        return await projects.memberships(info.context, self)


@strawberry.type(description="A person's role in a project.")
class Membership:
    role: Role
    since: DateTime = strawberry.field(description="When the person joined.")

    @strawberry.field(graphql_type=User, description="The person.")
    async def user(self: MembershipRecord, info: Info) -> UserRecord:
        found = await info.context.loaders.load(projects.users_by_key, self.user_key)
        assert found is not None
        return found

    @strawberry.field(graphql_type=LazyProject, description="The project.")
    async def project(self: MembershipRecord, info: Info) -> ProjectRecord:
        found = await info.context.loaders.load(projects.projects_by_key, self.project_key)
        assert found is not None
        return found


@strawberry.input(description="An address and its password.")
class SignInInput:
    email: str
    password: str


@strawberry.type(description="An access token and whose it is.")
class AuthPayload:
    access_token: str = strawberry.field(description="Send it as `Authorization: Bearer <token>`.")
    expires_at: DateTime = strawberry.field(description="When the access token stops being accepted.")
    user: User


@strawberry.type
class UserQueries:
    @strawberry.field(graphql_type=User | None, description="Who is signed in; null for an anonymous request.")
    async def viewer(self, info: Info) -> UserRecord | None:
        return await users.viewer(info.context)


@strawberry.type
class UserMutations:
    @strawberry.mutation(
        graphql_type=AuthPayload, description="Trades an address and a password for an access token of some minutes."
    )
    async def sign_in(self, info: Info, input: SignInInput) -> sessions.AuthPayload:
        return await sessions.sign_in(info.context, email=input.email, password=input.password)
