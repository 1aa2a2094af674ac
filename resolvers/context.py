"""What a use case is given: who asks, the sources, the clock, and this request's loaders."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, TypeVar

from datasources.calls import Call
from datasources.exceptions import SourceUnavailable
from datasources.protocols import LogsSource, MetricsSource, TelemetrySource, TracesSource
from datasources.records.projects import Project
from datasources.records.sources import Source
from datasources.records.time import ns_to_datetime

from .access import Principal
from .account_rules import SignUpPolicy
from .loaders import Loaders

if TYPE_CHECKING:
    from datetime import datetime, timedelta
    from uuid import UUID

    from datasources.postgres.repositories import Repositories

S = TypeVar("S")


class OtherSource(Protocol):
    """Whatever can tell how it does."""

    def status(self) -> Source:
        """How it does; no request is made."""


@dataclass(frozen=True, slots=True)
class Sources:
    """The configured telemetry sources by name."""

    metrics: Mapping[str, MetricsSource]
    logs: Mapping[str, LogsSource]
    traces: Mapping[str, TracesSource]
    others: tuple[OtherSource, ...] = ()
    """What no project reads and the gateway needs: an identity provider."""

    def all(self) -> list[TelemetrySource]:
        """Every telemetry source, in the order metrics, logs, traces."""
        return [*self.metrics.values(), *self.logs.values(), *self.traces.values()]


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds on what one field may ask for."""

    max_points: int = 11_000
    max_log_lines: int = 5_000
    max_traces: int = 500
    max_page: int = 500


class Credentials(Protocol):
    """What a session is made with. Implemented by `gateway.auth.credentials.SessionCredentials`."""

    async def verify_password(self, stored: str | None, password: str) -> bool:
        """Takes as long for no stored hash, which never matches, as for one."""

    async def hash_password(self, password: str) -> str:
        """What to store of a password."""

    def issue_access_token(self, user_key: UUID, session_key: UUID) -> tuple[str, datetime]:
        """(token, when it expires)."""

    @property
    def refresh_ttl(self) -> timedelta:
        """How long a refresh token can be used."""

    def new_secret(self, prefix: str) -> tuple[str, bytes]:
        """(a secret that begins with the prefix, its digest). Only the digest is kept."""

    def digest(self, secret: str) -> bytes:
        """The digest of a secret that somebody shows."""


@dataclass(slots=True)
class RequestContext:
    """One request. `now_ns` is its one idea of now, so that every `last: "1h"` of it means the same hour."""

    principal: Principal
    sources: Sources
    repositories: Repositories
    credentials: Credentials
    call: Call
    now_ns: int
    limits: Limits = field(default_factory=Limits)
    sign_up: SignUpPolicy = field(default_factory=SignUpPolicy)
    client_address: str = ""
    """Where the request comes from; empty where that is not known."""
    public_url: str = ""
    """The address that clients use, without a slash at the end."""
    renew: Callable[[], RequestContext] | None = None
    """Makes the context of the next event, for operations that outlive a request."""
    loaders: Loaders = field(init=False)

    def __post_init__(self) -> None:
        self.loaders = Loaders(self)

    @property
    def now(self) -> datetime:
        """`now_ns` as the store takes it."""
        return ns_to_datetime(self.now_ns)

    def renewed(self) -> RequestContext:
        """The same viewer's context for what happens now: fresh loaders, a deadline of its own, a new idea of now.

        A subscription's source asks for one before each question; a request that is answered once gets itself.
        """
        return self if self.renew is None else self.renew()

    def metrics(self, project: Project) -> MetricsSource:
        """The project's metrics source. Raises: SourceUnavailable where the name is not configured."""
        return _named(self.sources.metrics, project.metrics_source)

    def logs(self, project: Project) -> LogsSource:
        """The project's logs source. Raises: SourceUnavailable where the name is not configured."""
        return _named(self.sources.logs, project.logs_source)

    def traces(self, project: Project) -> TracesSource:
        """The project's traces source. Raises: SourceUnavailable where the name is not configured."""
        return _named(self.sources.traces, project.traces_source)

    def call_for(self, *projects: Project) -> Call:
        """This request's call, attributed to these projects."""
        return self.call.on_behalf_of([project.id for project in projects])


def _named(sources: Mapping[str, S], name: str) -> S:
    try:
        return sources[name]
    except KeyError:
        raise SourceUnavailable(f"no source named {name!r} is configured", source=name) from None
