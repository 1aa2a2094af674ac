"""A source that answers beyond its scope loses the endpoint; an honest one keeps it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any
from urllib.parse import unquote_plus
from uuid import UUID

import httpx
import pytest

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import SourceRefused
from datasources.http import HttpSender, SourceSettings
from datasources.loki.client import LokiSource
from datasources.prometheus.client import PrometheusSource
from datasources.records.projects import Project
from datasources.records.shared import NS_PER_S, Interval
from datasources.records.sources import SourceKind
from datasources.records.traces import AttributeName
from datasources.scope import Rule, Scope
from datasources.tempo.client import TempoSource
from resolvers.context import Sources
from resolvers.source_probes import ProbeReport, probe_sources, shapes

NOW_NS = 1_800_000_000 * NS_PER_S
HOUR = Interval(NOW_NS - 3600 * NS_PER_S, NOW_NS)
SCOPE = Scope(frozenset({"p"}), (Rule("service_namespace", ("shop",)),))


class Servers:
    """All three at once. Those that leak take no notice of what they are asked under."""

    def __init__(self, *leaking: str, status: int = 200) -> None:
        self.leaking, self.status = leaking, status
        self.requests: list[httpx.Request] = []
        self.sources = Sources(
            {"prometheus": PrometheusSource(self._sender("prometheus", SourceKind.PROMETHEUS))},
            {"loki": LokiSource(self._sender("loki", SourceKind.LOKI))},
            {"tempo": TempoSource(self._sender("tempo", SourceKind.TEMPO))},
        )

    def _sender(self, name: str, kind: SourceKind) -> HttpSender:
        settings = SourceSettings(name=name, url=f"http://{name}", timeout_s=2)
        return HttpSender(settings, kind, transport=httpx.MockTransport(self._answer))

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        if self.status != 200:
            return httpx.Response(self.status)
        leaks = any(part in str(request.url) for part in self.leaking)
        values = ["bank"] if leaks or "probe-" not in _whole(request) else []
        return httpx.Response(200, json=_body(request.url.path, values))


def _whole(request: httpx.Request) -> str:
    return unquote_plus(str(request.url) + request.content.decode())


def _body(path: str, values: list[str]) -> dict[str, Any]:
    if path.startswith("/api/v2/search"):
        return {"tagValues": [{"type": "string", "value": value} for value in values]}
    if path.endswith("/detected_labels"):
        return {"detectedLabels": [{"label": value, "cardinality": 1} for value in values]}
    if path.endswith("/series"):
        return {"status": "success", "data": [{"service_namespace": value} for value in values]}
    return {"status": "success", "data": values}


def call() -> Call:
    return Call(Deadline.after(5), Ledger())


async def probe(servers: Servers, *projects: Project) -> list[ProbeReport]:
    return await probe_sources(servers.sources, projects, now_ns=NOW_NS, call=call())


def project(slug: str, *rules: Rule, tenant: str | None = None, **sources: str) -> Project:
    scope = Scope(frozenset({slug}), rules or (Rule("service_namespace", (slug,)),), tenant)
    key = UUID(int=sum(slug.encode()))
    return Project(key=key, number=1, slug=slug, name=slug, created_at=datetime.now(UTC), scope=scope, **sources)


async def test_honest_sources_keep_everything() -> None:
    servers = Servers()
    assert [report.switched_off for report in await probe(servers)] == [(), (), ()]
    assert len(servers.requests) == 6
    assert all("probe-" in _whole(request) for request in servers.requests)


@pytest.mark.parametrize(
    ("leaking", "switched_off"),
    [
        ("prometheus/api/v1/label", [("labels",), (), ()]),
        ("prometheus/api/v1/series", [("series",), (), ()]),
        ("loki/loki/api/v1/label/", [(), ("labels",), ()]),
        ("loki/loki/api/v1/series", [(), ("series",), ()]),
        ("loki/loki/api/v1/detected_labels", [(), ("detected labels",), ()]),
        ("tempo/", [(), (), ("tags",)]),
    ],
)
async def test_what_leaks_is_switched_off_and_nothing_else(leaking: str, switched_off: list[tuple[str, ...]]) -> None:
    reports = await probe(Servers(leaking))
    assert [report.switched_off for report in reports] == switched_off
    assert [report.source.status().last_error is None for report in reports] == [not each for each in switched_off]


USES: list[tuple[str, Callable[[Sources], Any]]] = [
    ("prometheus/api/v1/label", lambda s: _prometheus(s).label_values("x", _prometheus(s).narrow_metric(None, SCOPE), HOUR, call=call())),
    ("prometheus/api/v1/label", lambda s: _prometheus(s).label_names(_prometheus(s).narrow_metric(None, SCOPE), HOUR, call=call())),
    ("prometheus/api/v1/series", lambda s: _prometheus(s).series(_prometheus(s).narrow_metric(None, SCOPE), HOUR, call=call())),
    ("loki/loki/api/v1/label/", lambda s: _loki(s).label_values("x", _loki(s).narrow_selector("", SCOPE), HOUR, call=call())),
    ("loki/loki/api/v1/label/", lambda s: _loki(s).labels(_loki(s).narrow_selector("", SCOPE), HOUR, call=call())),
    ("loki/loki/api/v1/series", lambda s: _loki(s).series(_loki(s).narrow_selector("", SCOPE), HOUR, call=call())),
    ("loki/loki/api/v1/detected_labels", lambda s: _loki(s).detected_labels(_loki(s).narrow_selector("", SCOPE), HOUR, call=call())),
    ("tempo/", lambda s: _tempo(s).attributes(SCOPE, HOUR, call=call())),
    ("tempo/", lambda s: _tempo(s).attribute_values(AttributeName("a", "span"), SCOPE, HOUR, limit=5, call=call())),
]  # fmt: skip


def _prometheus(sources: Sources) -> Any:
    return sources.metrics["prometheus"]


def _loki(sources: Sources) -> Any:
    return sources.logs["loki"]


def _tempo(sources: Sources) -> Any:
    return sources.traces["tempo"]


@pytest.mark.parametrize(("leaking", "use"), USES, ids=[f"{name} {place}" for place, (name, _) in enumerate(USES)])
async def test_what_is_switched_off_is_not_asked_until_the_source_is_mended(leaking: str, use: Any) -> None:
    servers = Servers(leaking)
    await probe(servers)
    asked = len(servers.requests)
    with pytest.raises(SourceRefused, match="switched off"):
        await use(servers.sources)
    assert len(servers.requests) == asked
    servers.leaking = ()
    assert [report.switched_off for report in await probe(servers)] == [(), (), ()]


async def test_a_source_that_cannot_be_asked_changes_nothing_and_is_told() -> None:
    servers = Servers("loki/")
    await probe(servers)
    servers.status = 500
    reports = await probe(servers)
    assert [type(report.error).__name__ for report in reports] == ["SourceUnavailable"] * 3
    assert [report.switched_off for report in reports][1] == ("detected labels", "labels", "series")


async def test_every_shape_of_scope_that_a_sources_projects_have_is_tried_once() -> None:
    projects = [
        project("shop"),
        project("bank"),
        project("both", Rule("service_namespace", ("a", "b"))),
        project("jobs", Rule("job", pattern="x/.+"), Rule("service_namespace", ("x",))),
        project("tenant", tenant="t"),
        project("elsewhere", tenant="u", metrics_source="other", logs_source="other", traces_source="other"),
    ]
    assert len(shapes(projects[:5])) == 4
    servers = Servers()
    await probe(servers, *projects)
    tenants = [request.headers.get("x-scope-orgid") for request in servers.requests if request.url.host == "loki"]
    assert sorted(str(tenant) for tenant in tenants) == ["None"] * 9 + ["t"] * 3
