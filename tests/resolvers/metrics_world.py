"""Projects over one scripted Prometheus: what use cases of metrics are tried on, request by request."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, cast
from urllib.parse import parse_qs
from uuid import UUID

import httpx

from datasources.calls import Call, Deadline, Ledger
from datasources.http import HttpSender, SourceSettings
from datasources.prometheus.client import PrometheusSource
from datasources.records.metrics import Metrics
from datasources.records.projects import Project
from datasources.records.shared import NS_PER_S, Interval
from datasources.records.sources import SourceKind
from datasources.records.users import Role
from datasources.scope import Rule, Scope
from resolvers.access import Principal
from resolvers.context import RequestContext, Sources

NOW_S = 1_800_000_000
HOUR = Interval((NOW_S - 3600) * NS_PER_S, NOW_S * NS_PER_S, 60 * NS_PER_S)

Row = tuple[Mapping[str, str], float]
Answer = Callable[[str], Sequence[Row]]
"""From an expression to label sets with one value each; a range query repeats the value at both ends."""


def project(slug: str, *rules: Rule, number: int = 1, tenant: str | None = None) -> Project:
    """A project whose namespace is its slug, unless rules are given."""
    key = UUID(int=sum(slug.encode()) * 1000 + number)
    scope = Scope(frozenset({slug}), rules or (Rule("service_namespace", (slug,)),), tenant)
    created = datetime(2026, 1, 1, tzinfo=UTC)
    return Project(key=key, number=number, slug=slug, name=slug, created_at=created, scope=scope)


class World:
    """A context in which the viewer sees `projects`, and the requests that reached Prometheus."""

    def __init__(self, *projects: Project, answer: Answer | None = None, role: Role = Role.VIEWER) -> None:
        self.requests: list[httpx.Request] = []
        self.answer: Answer = answer or (lambda promql: [])
        self.fixed: dict[str, Any] = {}
        self.status = 200
        settings = SourceSettings(name="prometheus", url="http://prometheus", timeout_s=2)
        sender = HttpSender(settings, SourceKind.PROMETHEUS, transport=httpx.MockTransport(self._answer))
        self.source = PrometheusSource(sender)
        self.context = RequestContext(
            principal=Principal(UUID(int=1), {one.key: role for one in projects}),
            sources=Sources({"prometheus": self.source}, {}, {}),
            repositories=cast("Any", None),
            credentials=cast("Any", None),
            call=Call(Deadline.after(5), Ledger()),
            now_ns=NOW_S * NS_PER_S,
        )

    @property
    def expressions(self) -> list[str]:
        """The expressions that were sent, in order."""
        forms = [parse_qs(request.content.decode()) for request in self.requests]
        return [form["query"][0] for form in forms if "query" in form]

    def shown(self, project: Project, service: str | None = None, interval: Interval = HOUR) -> Metrics:
        """The frame of a project's metrics."""
        return Metrics(project, interval, service)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        path = request.url.path
        if self.status != 200:
            error = {"status": "error", "errorType": "execution", "error": "secret of bank"}
            return httpx.Response(self.status, json=error)
        if path in self.fixed:
            return httpx.Response(200, json={"status": "success", "data": self.fixed[path]})
        form = parse_qs(request.content.decode())
        rows = self.answer(form["query"][0])
        if path.endswith("/query_range"):
            ends = (float(form["start"][0]), float(form["end"][0]))
            result = [{"metric": labels, "values": [[at, repr(value)] for at in ends]} for labels, value in rows]
            return _success("matrix", result)
        at = float(form["time"][0])
        return _success("vector", [{"metric": labels, "value": [at, repr(value)]} for labels, value in rows])


def grouping(promql: str) -> set[str]:
    """The labels that an expression's first aggregation groups by."""
    found = re.search(r"by \(([^)]*)\)", promql)
    return set(found[1].split(", ")) if found else set()


def _success(kind: str, result: list[dict[str, Any]]) -> httpx.Response:
    body = {"status": "success", "data": {"resultType": kind, "result": result}}
    return httpx.Response(200, content=json.dumps(body).encode(), headers={"content-type": "application/json"})
