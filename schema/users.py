"""People, their memberships, and signing in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from datasources.records.users import AuthPayload as AuthPayloadRecord
from datasources.records.users import Membership as MembershipRecord
from datasources.records.users import Role
from datasources.records.users import User as UserRecord
from resolvers import api_tokens, projects, sessions, users

from .context import Info
from .scalars import DateTime
from .shared import Node

if TYPE_CHECKING:
    from datasources.records.projects import Project as ProjectRecord
    from datasources.records.users import ApiToken as ApiTokenRecord

    from .api_tokens import ApiToken
    from .projects import Project

strawberry.enum(
    Role,
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

    @strawberry.field(
        graphql_type=list[Annotated["ApiToken", strawberry.lazy("schema.api_tokens")]],
        description="The machines' tokens that the person made; of another person only those of projects that the viewer administers.",
    )
    async def api_tokens(self: UserRecord, info: Info) -> list[ApiTokenRecord]:
        return await api_tokens.api_tokens_of_user(info.context, self)


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


@strawberry.input(description="An address, its password, and how the person is called.")
class SignUpInput:
    email: str
    password: str = strawberry.field(description="8 to 1000 characters; not the address.")
    name: str
    invitation: str | None = strawberry.field(
        default=None, description="The code of an invitation for this address, where the gateway asks for one."
    )


@strawberry.input(description="An address and its password.")
class SignInInput:
    email: str
    password: str


@strawberry.input(description="What to change of oneself; what is left out stays as it is.")
class UpdateProfileInput:
    name: str | None = None
    email: str | None = None


@strawberry.type(description="A session's two tokens, and whose they are.")
class AuthPayload:
    access_token: str = strawberry.field(
        description="Send it as `Authorization: Bearer <token>`. It lasts some minutes."
    )
    refresh_token: str = strawberry.field(
        description="Trades for the next pair by `refreshSession`, once. Keep it where scripts of other pages cannot read it."
    )
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
        graphql_type=AuthPayload,
        description="Makes an account and signs it in, where the gateway's policy admits the address or an invitation is shown.",
    )
    async def sign_up(self, info: Info, input: SignUpInput) -> AuthPayloadRecord:
        return await sessions.sign_up(
            info.context, email=input.email, password=input.password, name=input.name, invitation=input.invitation
        )

    @strawberry.mutation(
        graphql_type=AuthPayload,
        description=(
            "Trades an address and a password for a session. After too many attempts RATE_LIMITED says when to come again."
        ),
    )
    async def sign_in(self, info: Info, input: SignInInput) -> AuthPayloadRecord:
        return await sessions.sign_in(info.context, email=input.email, password=input.password)

    @strawberry.mutation(
        graphql_type=AuthPayload,
        description="Trades a refresh token for a new pair. A refresh token works once; its second use revokes the whole family.",
    )
    async def refresh_session(self, info: Info, refresh_token: str) -> AuthPayloadRecord:
        return await sessions.refresh_session(info.context, refresh_token)

    @strawberry.mutation(
        description="Ends the session of a refresh token, with its access tokens; false where there was none to end."
    )
    async def sign_out(self, info: Info, refresh_token: str) -> bool:
        return await sessions.sign_out(info.context, refresh_token)

    @strawberry.mutation(graphql_type=User, description="Changes the viewer's name or address.")
    async def update_profile(self, info: Info, input: UpdateProfileInput) -> UserRecord:
        return await users.update_profile(info.context, name=input.name, email=input.email)

    @strawberry.mutation(
        graphql_type=User, description="Replaces the viewer's password, and ends all their other sessions."
    )
    async def change_password(self, info: Info, current: str, new: str) -> UserRecord:
        return await sessions.change_password(info.context, current=current, new=new)
