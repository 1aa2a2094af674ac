"""Projects: the entry to everything else."""

from __future__ import annotations

from typing import TYPE_CHECKING

import strawberry

from datasources.records.projects import Project as ProjectRecord
from datasources.records.shared import Connection
from resolvers import access, projects

from .alerts import ProjectAlerts
from .context import Info
from .dashboard import ProjectDashboard
from .errors import ProjectErrors
from .logs import ProjectLogs
from .metrics import ProjectMetrics
from .scalars import DateTime
from .services import ProjectServices
from .shared import Label, Node, PageInfo
from .traces import ProjectTraces
from .users import Membership, Role

if TYPE_CHECKING:
    from datasources.records.users import Membership as MembershipRecord
    from datasources.records.users import Role as RoleRecord


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
    ProjectServices, ProjectErrors, ProjectAlerts, ProjectMetrics, ProjectLogs, ProjectTraces, ProjectDashboard, Node
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
    def viewer_role(self: ProjectRecord, info: Info) -> RoleRecord:
        return access.require(info.context.principal, self, access.Role.VIEWER)

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
