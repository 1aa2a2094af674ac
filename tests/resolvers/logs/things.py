"""A project, a context and a source on a scripted transport, for the tests of the log use cases."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from unittest.mock import Mock
from urllib.parse import parse_qsl
from uuid import UUID

import httpx

from datasources.calls import Call, Deadline, Ledger
from datasources.http import HttpSender, SourceSettings
from datasources.loki.client import LokiSource
from datasources.records.projects import Project
from datasources.records.sources import SourceKind
from datasources.records.users import Role
from datasources.scope import Rule, Scope
from resolvers.access import Principal
from resolvers.context import RequestContext, Sources

NOW_NS = 1_795_335_015_000_000_000


def project_for(namespace: str, number: int = 1, *, tenant: str | None = None) -> Project:
    """A project whose scope is one namespace."""
    key = UUID(int=number)
    scope = Scope(frozenset({str(key)}), (Rule("service_namespace", (namespace,)),), tenant)
    made = datetime(2026, 1, 1, tzinfo=UTC)
    return Project(key=key, number=number, slug=namespace, name=namespace, created_at=made, scope=scope)


PROJECT = project_for("shop")


class Loki:
    """A source whose answers a function gives; remembers the requests."""

    def __init__(self, answer: Callable[[str, dict[str, str]], Any]) -> None:
        self.answer = answer
        self.requests: list[tuple[str, dict[str, str]]] = []
        sender = HttpSender(
            SourceSettings("loki", "http://loki:3100"), SourceKind.LOKI, transport=httpx.MockTransport(self._handle)
        )
        self.source = LokiSource(sender)

    async def _handle(self, request: httpx.Request) -> httpx.Response:
        query = request.url.query.decode() or request.content.decode()
        params = dict(parse_qsl(query, keep_blank_values=True))
        path = request.url.path.removeprefix("/loki/api/v1/")
        self.requests.append((path, params))
        answer = self.answer(path, params)
        if isinstance(answer, httpx.Response):
            return answer
        return httpx.Response(200, content=json.dumps(answer), headers={"Content-Type": "application/json"})


def context_for(
    source: LokiSource, *projects: Project, role: Role = Role.VIEWER, now_ns: int = NOW_NS
) -> RequestContext:
    """One request of a member of these projects."""
    roles = {project.key: role for project in (projects or (PROJECT,))}
    return RequestContext(
        principal=Principal(UUID(int=99), roles),
        sources=Sources(metrics={}, logs={"loki": source}, traces={}),
        repositories=Mock(),
        credentials=Mock(),
        call=Call(Deadline.after(10), Ledger()),
        now_ns=now_ns,
    )


def streams(*found: tuple[dict[str, str], list[list[Any]]]) -> dict[str, Any]:
    """An answer to a log query."""
    result = [{"stream": labels, "values": values} for labels, values in found]
    return {"status": "success", "data": {"resultType": "streams", "result": result, "stats": {}}}


def matrix(*found: tuple[dict[str, str], list[list[Any]]]) -> dict[str, Any]:
    """An answer to a metric query over a range."""
    result = [{"metric": labels, "values": values} for labels, values in found]
    return {"status": "success", "data": {"resultType": "matrix", "result": result, "stats": {}}}
