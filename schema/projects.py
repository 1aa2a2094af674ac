"""Projects: the entry to everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry

from datasources.records.projects import Project as ProjectRecord
from datasources.records.shared import Connection
from datasources.records.users import Role
from resolvers import access, projects

from .alerts import ProjectAlerts
from .api_tokens import ProjectApiTokens
from .arguments import LabelInput
from .context import Info
from .dashboard import ProjectDashboard
from .errors import ProjectErrors
from .ingest_keys import ProjectKeys
from .logs import ProjectLogs
from .metrics import ProjectMetrics
from .scalars import DateTime
from .services import ProjectServices
from .shared import Label, Node, PageInfo
from .traces import ProjectTraces
from .users import Membership

if TYPE_CHECKING:
    from datasources.records.users import Membership as MembershipRecord


@strawberry.type(
    description="Which part of the shared telemetry is a project's: every expression sent upstream is narrowed to it."
)
class TelemetryScope:
    labels: list[Label] = strawberry.field(
        description="Labels that every series, stream and span has to carry; one name twice means either value."
    )
    tenant: str | None = strawberry.field(description="The tenant, where the sources have several.")
    metrics_source: str = strawberry.field(description="The source of its metrics.")
    logs_source: str = strawberry.field(description="The source of its logs.")
    traces_source: str = strawberry.field(description="The source of its traces.")


@strawberry.type(description="A project: what one team runs, and its errors, alerts, metrics, logs and traces.")
class Project(
    ProjectServices,
    ProjectErrors,
    ProjectAlerts,
    ProjectMetrics,
    ProjectLogs,
    ProjectTraces,
    ProjectDashboard,
    ProjectKeys,
    ProjectApiTokens,
    Node,
):
    number: int = strawberry.field(description="The whole number that a DSN names the project by.")
    slug: str = strawberry.field(description="The name in addresses and queries.")
    name: str = strawberry.field(description="The name for people.")
    created_at: DateTime = strawberry.field(description="When it was made.")
    telemetry_scope: TelemetryScope = strawberry.field(
        name="scope",
        description="Which part of the shared telemetry is this project's: every expression sent upstream is narrowed to it.",
    )

    @classmethod
    def is_type_of(cls, obj: object, info: object) -> bool:
        """Records stand for types."""
        return isinstance(obj, ProjectRecord)

    @strawberry.field(graphql_type=Role, description="What the viewer may do here.")
    def viewer_role(self: ProjectRecord, info: Info) -> Role:
        return access.require(info.context.principal, self, Role.VIEWER)

    @strawberry.field(graphql_type=list[Membership], description="Who works on it.")
    async def members(self: ProjectRecord, info: Info) -> list[MembershipRecord]:
        return await projects.members(info.context, self)


@strawberry.type(description="A project and its place in the list.")
class ProjectEdge:
    cursor: str = strawberry.field(description="For `after`.")
    node: Project


@strawberry.type(description="A page of projects.")
class ProjectConnection:
    edges: list[ProjectEdge]
    nodes: list[Project]
    page_info: PageInfo
    total_count: int | None = strawberry.field(description="How many there are on all pages.")


@strawberry.type
class ProjectQueries:
    @strawberry.field(
        graphql_type=Project | None,
        description="A project by its slug; null where it does not exist or is not the viewer's to see.",
    )
    async def project(self, info: Info, slug: str) -> ProjectRecord | None:
        return await projects.project(info.context, slug)

    @strawberry.field(graphql_type=ProjectConnection, description="The projects that the viewer is a member of.")
    async def projects(
        self, info: Info, search: str | None = None, first: int | None = 20, after: str | None = None
    ) -> Connection[ProjectRecord]:
        return await projects.projects(info.context, search=search, first=20 if first is None else first, after=after)


@strawberry.input(
    description="Labels that every series, stream and span has to carry; one name twice means either value. "
    "What is left out is as in the project that the scope lies within."
)
class TelemetryScopeInput:
    labels: list[LabelInput]
    tenant: str | None = None
    metrics_source: str | None = None
    logs_source: str | None = None
    traces_source: str | None = None

    def plain(self) -> projects.ScopeInput:
        """The same as the use cases take it."""
        labels = tuple((label.name, label.value) for label in self.labels)
        return projects.ScopeInput(labels, self.tenant, self.metrics_source, self.logs_source, self.traces_source)


@strawberry.input(description="A new project.")
class CreateProjectInput:
    slug: str = strawberry.field(description="1 to 63 lower-case letters, digits and dashes.")
    name: str
    scope: TelemetryScopeInput


@strawberry.input(description="What to change of a project; what is left out stays as it is.")
class UpdateProjectInput:
    name: str | None = None
    scope: TelemetryScopeInput | None = None


@strawberry.type
class ProjectMutations:
    @strawberry.mutation(
        graphql_type=Project,
        description="Makes a project, owned by the viewer, whose scope lies within that of a project where the viewer is ADMIN or OWNER.",
    )
    async def create_project(self, info: Info, input: CreateProjectInput) -> ProjectRecord:
        return await projects.create_project(info.context, slug=input.slug, name=input.name, scope=input.scope.plain())

    @strawberry.mutation(
        graphql_type=Project,
        description="Changes a project's name or scope; the scope stays within that of a project where the viewer is ADMIN or OWNER.",
    )
    async def update_project(self, info: Info, id: strawberry.ID, input: UpdateProjectInput) -> ProjectRecord:
        scope = input.scope.plain() if input.scope else None
        return await projects.update_project(info.context, id, name=input.name, scope=scope)

    @strawberry.mutation(
        graphql_type=strawberry.ID,
        description="Deletes a project with its errors, alerts, keys and tokens; gives its id.",
    )
    async def delete_project(self, info: Info, id: strawberry.ID) -> str:
        return await projects.delete_project(info.context, id)

    @strawberry.mutation(
        graphql_type=Membership,
        description="Makes somebody who has an account a member, with a role up to the viewer's own.",
    )
    async def add_member(self, info: Info, project_id: strawberry.ID, email: str, role: Role) -> MembershipRecord:
        return await projects.add_member(info.context, project_id, email=email, role=role)

    @strawberry.mutation(
        graphql_type=Membership, description="Gives a member another role; neither may be above the viewer's own."
    )
    async def change_member_role(
        self, info: Info, project_id: strawberry.ID, user_id: strawberry.ID, role: Role
    ) -> MembershipRecord:
        return await projects.change_member_role(info.context, project_id, user_id, role)

    @strawberry.mutation(
        graphql_type=strawberry.ID,
        description="Takes a member away, or oneself, and gives the person's id; the last owner stays.",
    )
    async def remove_member(self, info: Info, project_id: strawberry.ID, user_id: strawberry.ID) -> str:
        return await projects.remove_member(info.context, project_id, user_id)
