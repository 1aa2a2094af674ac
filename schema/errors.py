"""Error groups: their lists, and what is counted of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import strawberry

from datasources.records import errors as records
from datasources.records.errors import ErrorLevel, ErrorOrder, ErrorStatus
from datasources.records.projects import Project as ProjectRecord
from datasources.records.shared import Label as LabelRecord
from resolvers import errors
from resolvers.projects import projects_by_key, users_by_key

from .arguments import LAST_DAY, LabelInput, TimeRange
from .context import Info
from .error_events import After, ErrorEvent, ErrorEventConnection, First
from .global_ids import key_of
from .scalars import JSON, DateTime, Duration, Long
from .shared import Node, PageInfo
from .users import User

if TYPE_CHECKING:
    from datasources.records.services import Service as ServiceRecord
    from datasources.records.shared import Connection
    from datasources.records.users import User as UserRecord

    from .projects import Project

strawberry.enum(ErrorStatus, description="What the team decided about a group.")
strawberry.enum(ErrorOrder, description="What groups are ordered by: the latest or the largest first.")

HOUR = Duration(3600 * 1_000_000_000)
Range = Annotated[TimeRange | None, strawberry.argument(description="Only what was received in this time.")]
Step = Annotated[Duration | None, strawberry.argument(description="The distance of the points.")]


@strawberry.input(description="Conditions that all have to hold. Within `statuses` and `levels`, one of them has to.")
class ErrorFilter:
    statuses: list[ErrorStatus] | None = strawberry.field(default=None, description="Groups of one of these statuses.")
    levels: list[ErrorLevel] | None = strawberry.field(
        default=None, description="Groups whose latest report has one of these levels."
    )
    search: str | None = strawberry.field(
        default=None, description="Words that all occur in the title, the culprit or the latest message, in any case."
    )
    service: str | None = strawberry.field(default=None, description="Groups with a report of this service.")
    environment: str | None = strawberry.field(default=None, description="Groups with a report from this environment.")
    release: str | None = strawberry.field(default=None, description="Groups with a report of this release.")
    assignee_id: strawberry.ID | None = strawberry.field(default=None, description="Groups that this person works on.")
    tags: list[LabelInput] | None = strawberry.field(
        default=None, description="Groups with a report of each of these tags."
    )

    def plain(self) -> records.ErrorFilter:
        """The same filter as the use cases take it."""
        assignee = self.assignee_id
        return records.ErrorFilter(
            statuses=None if self.statuses is None else tuple(self.statuses),
            levels=None if self.levels is None else tuple(self.levels),
            search=self.search,
            service=self.service,
            environment=self.environment,
            release=self.release,
            assignee_key=None if assignee is None else key_of(assignee, "User", argument="filter.assigneeId"),
            tags=tuple(LabelRecord(tag.name, tag.value) for tag in self.tags or ()),
        )


Filter = Annotated[ErrorFilter | None, strawberry.argument(description="Conditions that the groups have to meet.")]
Order = Annotated[
    ErrorOrder | None,
    strawberry.argument(description="With a range, EVENTS and USERS count what was received in it."),
]


@strawberry.type(description="Reports from an instant until the next point.")
class CountPoint:
    at: DateTime = strawberry.field(description="The start of the step.")
    count: Long = strawberry.field(description="How many.")


@strawberry.type(description="How often a tag had a value.")
class TagCount:
    value: str = strawberry.field(description="The tag's value.")
    count: Long = strawberry.field(description="In how many reports.")


@strawberry.type(description="One tag of a group's reports.")
class TagSummary:
    name: str = strawberry.field(description="The tag's name; `service`, `environment` and `release` are among them.")
    total: Long = strawberry.field(description="In how many reports it occurs.")

    @strawberry.field(graphql_type=list[TagCount], description="Its most frequent values, at most a hundred.")
    def top(self: records.TagSummary, first: First = 5) -> list[records.TagCount]:
        return self.values[: max(5 if first is None else first, 0)]


@strawberry.type(description="Something that was done to a group.")
class ErrorActivity:
    id: strawberry.ID = strawberry.field(description="The global id.")
    at: DateTime = strawberry.field(description="When.")
    kind: str = strawberry.field(description="What: such as `resolved`, `regressed`, `assigned` or `comment`.")
    body: str | None = strawberry.field(description="A comment's text.")
    data: JSON | None = strawberry.field(description="What belongs to the kind.")

    @strawberry.field(graphql_type=User | None, description="Who did it; null for the gateway itself.")
    async def by(self: records.ErrorActivity, info: Info) -> UserRecord | None:
        return None if self.user_key is None else await info.context.loaders.load(users_by_key, self.user_key)


@strawberry.type(description="A page of a group's activity, the latest first.")
class ErrorActivityConnection:
    nodes: list[ErrorActivity] = strawberry.field(description="What was done.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")


@strawberry.type(description="All reports of what is taken to be the same error.")
class ErrorGroup(Node):
    short_id: str = strawberry.field(description="Short and stable, for people to say: SHOP-42.")
    title: str = strawberry.field(description="What it says, of the latest report.")
    culprit: str | None = strawberry.field(description="Where it comes from, of the latest report.")
    level: ErrorLevel = strawberry.field(description="How bad the latest report is.")
    status: ErrorStatus = strawberry.field(description="What the team decided about it.")
    regressed: bool = strawberry.field(
        description="True from a report that came after the group was resolved, until it is resolved again."
    )
    first_seen: DateTime = strawberry.field(description="When its first report was received.")
    last_seen: DateTime = strawberry.field(description="When its latest report was received.")
    first_release: str | None = strawberry.field(description="The release that first reported it.")
    last_release: str | None = strawberry.field(description="The release that reported it last.")

    @classmethod
    def is_type_of(cls, obj: object, info: object) -> bool:
        """Records stand for types."""
        return isinstance(obj, records.ErrorGroup)

    @strawberry.field(
        graphql_type=Annotated["Project", strawberry.lazy("schema.projects")], description="Whose error it is."
    )
    async def project(self: records.ErrorGroup, info: Info) -> ProjectRecord:
        found = await info.context.loaders.load(projects_by_key, self.project_key)
        assert found is not None
        return found

    @strawberry.field(graphql_type=Long, description="How many reports; in a range, or since the first.")
    async def event_count(self: records.ErrorGroup, info: Info, range: Range = None) -> int:
        return await errors.count_events(info.context, self, range.plain() if range else None)

    @strawberry.field(
        graphql_type=Long, description="How many distinct users; in the hours that a range touches, or since the first."
    )
    async def user_count(self: records.ErrorGroup, info: Info, range: Range = None) -> int:
        return await errors.count_users(info.context, self, range.plain() if range else None)

    @strawberry.field(
        graphql_type=list[CountPoint],
        description="Reports per step; the last 24 hours by hour if nothing is asked. The range is widened to whole steps.",
    )
    async def trend(
        self: records.ErrorGroup, info: Info, range: Range = LAST_DAY, step: Step = HOUR
    ) -> list[records.CountPoint]:
        return await errors.group_trend(info.context, self, (range or LAST_DAY).plain(), HOUR if step is None else step)

    @strawberry.field(graphql_type=list[TagSummary], description="The tags of its reports, by name.")
    async def tags(self: records.ErrorGroup, info: Info) -> list[records.TagSummary]:
        return await errors.group_tags(info.context, self)

    @strawberry.field(graphql_type=User | None, description="Who works on it.")
    async def assignee(self: records.ErrorGroup, info: Info) -> UserRecord | None:
        return None if self.assignee_key is None else await info.context.loaders.load(users_by_key, self.assignee_key)

    @strawberry.field(
        graphql_type=ErrorEvent | None,
        description="The latest report; null once all have passed their time of keeping.",
    )
    async def latest_event(self: records.ErrorGroup, info: Info) -> records.ErrorEvent | None:
        return await errors.latest_event(info.context, self)

    @strawberry.field(graphql_type=ErrorEventConnection, description="Its reports, the latest received first.")
    async def events(
        self: records.ErrorGroup, info: Info, range: Range = None, first: First = 20, after: After = None
    ) -> Connection[records.ErrorEvent]:
        count = 20 if first is None else first
        asked = range.plain() if range else None
        return await errors.group_events(info.context, self, asked, first=count, after=after)

    @strawberry.field(graphql_type=ErrorActivityConnection, description="What was done to it, the latest first.")
    async def activity(
        self: records.ErrorGroup, info: Info, first: First = 20, after: After = None
    ) -> Connection[records.ErrorActivity]:
        return await errors.group_activity(info.context, self, first=20 if first is None else first, after=after)


@strawberry.type(description="A group and its place in the list.")
class ErrorGroupEdge:
    cursor: str = strawberry.field(description="For `after`.")
    node: ErrorGroup = strawberry.field(description="The group.")


@strawberry.type(description="A page of error groups.")
class ErrorGroupConnection:
    edges: list[ErrorGroupEdge] = strawberry.field(description="The groups, each with its cursor.")
    nodes: list[ErrorGroup] = strawberry.field(description="The groups.")
    page_info: PageInfo = strawberry.field(description="Where the page stands.")

    @strawberry.field(graphql_type=int | None, description="How many there are on all pages.")
    async def total_count(self: records.ErrorGroupConnection, info: Info) -> int:
        return await errors.count_groups(info.context, self)


@strawberry.type
class ProjectErrors:
    """What a project says of its errors."""

    @strawberry.field(
        graphql_type=ErrorGroupConnection,
        description="Its errors, in groups; with a range, those of which a report was received in it.",
    )
    async def errors(
        self: ProjectRecord,
        info: Info,
        filter: Filter = None,
        order_by: Order = ErrorOrder.LAST_SEEN,
        range: Range = None,
        first: First = 20,
        after: After = None,
    ) -> records.ErrorGroupConnection:
        wanted = filter.plain() if filter else records.ErrorFilter()
        return await _page(info, self, wanted, order_by, range, first, after)


@strawberry.type
class ServiceErrors:
    """What a service says of its errors."""

    @strawberry.field(
        graphql_type=ErrorGroupConnection,
        description="The errors that the service reported, in groups; with a range, those of which a report was received in it.",
    )
    async def errors(
        self: ServiceRecord,
        info: Info,
        filter: Filter = None,
        order_by: Order = ErrorOrder.LAST_SEEN,
        range: Range = None,
        first: First = 20,
        after: After = None,
    ) -> records.ErrorGroupConnection:
        wanted = (filter.plain() if filter else records.ErrorFilter()).of_service(self.name)
        return await _page(info, self.project, wanted, order_by, range, first, after)


async def _page(
    info: Info,
    project: ProjectRecord,
    wanted: records.ErrorFilter,
    order: ErrorOrder | None,
    range: TimeRange | None,
    first: int | None,
    after: str | None,
) -> records.ErrorGroupConnection:
    return await errors.errors(
        info.context,
        project,
        wanted=wanted,
        order=order or ErrorOrder.LAST_SEEN,
        asked=range.plain() if range else None,
        first=20 if first is None else first,
        after=after,
    )
