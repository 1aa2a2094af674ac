"""Services, and who calls whom, as the metrics know them."""

from __future__ import annotations

from msgspec import Struct

from .projects import Project
from .shared import Interval


class ServiceFigures(Struct, frozen=True):
    """Requests per second and share of failures over an interval; None where it served no requests."""

    request_rate: float | None = None
    error_ratio: float | None = None


class Service(Struct, frozen=True, kw_only=True):
    """A service by its name in a project. `interval` is what its figures speak of."""

    project: Project
    name: str
    interval: Interval


class ServiceEdge(Struct, frozen=True, kw_only=True):
    """Calls from one service to another: per second, share of failures, latency in seconds as the server saw it."""

    client: str
    server: str
    request_rate: float
    error_ratio: float
    latency_p95: float | None = None


class ServiceGraph(Struct, frozen=True):
    """Who calls whom. The edges' far ends may be databases or other projects' services, which are no nodes here."""

    services: list[Service]
    edges: list[ServiceEdge]
