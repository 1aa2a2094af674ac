"""Tracked errors: groups of reports taken to be the same, their events, and what is counted of them."""

from __future__ import annotations

import enum
from datetime import datetime
from functools import cached_property
from typing import Any
from uuid import UUID

import msgspec
from msgspec import Struct

from .projects import Project
from .shared import Connection, Interval, Label, global_id


class ErrorStatus(enum.StrEnum):
    """What a team decided about a group."""

    UNRESOLVED = "UNRESOLVED"
    RESOLVED = "RESOLVED"
    IGNORED = "IGNORED"


class ErrorLevel(enum.StrEnum):
    """How bad a report says that it is."""

    DEBUG = "DEBUG"
    INFO = "INFO"
    WARNING = "WARNING"
    ERROR = "ERROR"
    FATAL = "FATAL"


class ErrorOrder(enum.StrEnum):
    """What a list of groups is ordered by, the greatest first."""

    LAST_SEEN = "LAST_SEEN"
    FIRST_SEEN = "FIRST_SEEN"
    EVENTS = "EVENTS"
    USERS = "USERS"


class ErrorFilter(Struct, frozen=True, kw_only=True):
    """Which groups are wanted. None asks for nothing; the conditions are ANDed."""

    statuses: tuple[ErrorStatus, ...] | None = None
    levels: tuple[ErrorLevel, ...] | None = None
    search: str | None = None
    service: str | None = None
    environment: str | None = None
    release: str | None = None
    assignee_key: UUID | None = None
    tags: tuple[Label, ...] = ()

    def of_service(self, name: str) -> ErrorFilter:
        """Narrowed to a service. One that the filter names itself has to be reported by both."""
        if self.service is None or self.service == name:
            return msgspec.structs.replace(self, service=name)
        return msgspec.structs.replace(self, tags=(*self.tags, Label("service", name)))


class ErrorGroup(Struct, frozen=True, kw_only=True):
    """A group. The totals are those since it was first seen."""

    key: UUID
    project_key: UUID
    short_id: str
    title: str
    culprit: str | None
    level: ErrorLevel
    status: ErrorStatus
    regressed: bool
    first_seen: datetime
    last_seen: datetime
    total_events: int
    total_users: int
    first_release: str | None
    last_release: str | None
    assignee_key: UUID | None

    @property
    def id(self) -> str:
        """The global id."""
        return global_id("ErrorGroup", self.key)


class StackFrame(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One call of a stack."""

    function: str | None = None
    file: str | None = None
    module: str | None = None
    line: int | None = None
    column: int | None = None
    in_app: bool = True
    context_line: str | None = None
    pre_context: list[str] = []
    post_context: list[str] = []
    vars: Any = None


class ExceptionValue(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One exception of a chain; frames run from the outermost call in."""

    type: str
    value: str | None = None
    module: str | None = None
    handled: bool | None = None
    frames: list[StackFrame] = []


class Breadcrumb(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What happened shortly before."""

    timestamp: datetime | None = None
    category: str | None = None
    level: ErrorLevel | None = None
    message: str | None = None
    data: Any = None


class EventBody(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The part of a report that is shown and never searched. `faults` says what was mended in what the client sent."""

    exceptions: list[ExceptionValue] = []
    breadcrumbs: list[Breadcrumb] = []
    user: Any = None
    request: Any = None
    contexts: Any = None
    extra: Any = None
    faults: list[Any] = []


_decode_body = msgspec.json.Decoder(EventBody).decode


class ErrorEvent(Struct, frozen=True, kw_only=True, dict=True):
    """One report. The body stays JSON until a part of it is asked for."""

    key: UUID
    project_key: UUID
    group_key: UUID
    event_id: str
    timestamp: datetime
    received_at: datetime
    message: str | None
    level: ErrorLevel
    platform: str | None
    environment: str | None
    release: str | None
    server_name: str | None
    transaction: str | None
    service: str | None
    trace_id: str | None
    span_id: str | None
    tags: list[Label]
    body_json: str

    @property
    def id(self) -> str:
        """The global id."""
        return global_id("ErrorEvent", self.key)

    @cached_property
    def body(self) -> EventBody:
        """The decoded body."""
        return _decode_body(self.body_json)

    @property
    def exceptions(self) -> list[ExceptionValue]:
        """The chain, the first cause first."""
        return self.body.exceptions

    @property
    def breadcrumbs(self) -> list[Breadcrumb]:
        """In the order in which they happened."""
        return self.body.breadcrumbs

    @property
    def user(self) -> Any:
        """Whom it happened to, as the client says."""
        return self.body.user

    @property
    def request(self) -> Any:
        """The HTTP request that was being served."""
        return self.body.request

    @property
    def contexts(self) -> Any:
        """Runtime, device, trace."""
        return self.body.contexts

    @property
    def extra(self) -> Any:
        """Whatever else the client sent along."""
        return self.body.extra


class NewEvent(Struct, frozen=True, kw_only=True):
    """A report about to be stored: which group it belongs to by fingerprint, and what the group is called if it is new."""

    project_key: UUID
    event_id: UUID
    fingerprint: bytes
    grouping_version: int
    title: str
    culprit: str | None
    timestamp: datetime
    received_at: datetime
    message: str | None
    level: ErrorLevel
    platform: str | None = None
    environment: str | None = None
    release: str | None = None
    server_name: str | None = None
    transaction: str | None = None
    service: str | None = None
    trace_id: str | None = None
    span_id: str | None = None
    user_digest: bytes | None = None
    tags: dict[str, str] = {}
    body: EventBody = EventBody()


class CountPoint(Struct, frozen=True):
    """Reports from `at`, in nanoseconds, until a step later."""

    at: int
    count: int


class TagCount(Struct, frozen=True):
    """How often a tag had a value."""

    value: str
    count: int


class TagSummary(Struct, frozen=True):
    """One tag of a group; `values` are the most frequent, those first."""

    name: str
    total: int
    values: list[TagCount]


class ErrorActivity(Struct, frozen=True, kw_only=True):
    """Something that was done to a group."""

    key: UUID
    at: datetime
    user_key: UUID | None
    kind: str
    body: str | None
    data: Any

    @property
    def id(self) -> str:
        """The global id."""
        return global_id("ErrorActivity", self.key)


class GroupQuery(Struct, frozen=True, kw_only=True):
    """One page of a project's groups. `start` and `end` keep to groups that were seen between them."""

    filter: ErrorFilter = ErrorFilter()
    order: ErrorOrder = ErrorOrder.LAST_SEEN
    start: datetime | None = None
    end: datetime | None = None
    first: int = 20
    after: str | None = None


class EventQuery(Struct, frozen=True, kw_only=True):
    """One page of a group's events, the newest first."""

    start: datetime | None = None
    end: datetime | None = None
    first: int = 20
    after: str | None = None


class ErrorGroupConnection(Connection[ErrorGroup], frozen=True, kw_only=True, dict=True):
    """A page of groups that remembers what was asked, so that all of them can be counted when that is wanted."""

    project_key: UUID
    query: GroupQuery


class ErrorSummary(Struct, frozen=True, kw_only=True):
    """A project's errors at a glance: groups not resolved now, groups, events and users of the interval, events per step."""

    project: Project
    interval: Interval
    unresolved: int
    new: int
    events: int
    users_affected: int
    trend: list[CountPoint]
