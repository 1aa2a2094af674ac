"""What the client sends, seen on a scripted transport."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote

import httpx
import pytest

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import BadInput, SourceMalformed, SourceRefused
from datasources.http import HttpSender, SourceSettings
from datasources.prometheus.client import PrometheusSource
from datasources.prometheus.requests import escape_label, seconds
from datasources.records.shared import NS_PER_S, Interval
from datasources.records.sources import SourceKind
from datasources.scope import Rule, Scope

SHOP = Scope(frozenset({"shop"}), (Rule("service_namespace", ("shop",)),), tenant="acme")
HOUR = Interval(3600 * NS_PER_S, 7200 * NS_PER_S, 60 * NS_PER_S)
WALL = 'service_namespace="shop"'


class Prometheus:
    def __init__(self, body: str = '{"status":"success","data":[]}', status: int = 200) -> None:
        self.requests: list[httpx.Request] = []
        self.body, self.status = body, status
        settings = SourceSettings(name="prometheus", url="http://prometheus:9090", timeout_s=2)
        sender = HttpSender(settings, SourceKind.PROMETHEUS, transport=httpx.MockTransport(self._answer))
        self.source = PrometheusSource(sender)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(self.status, text=self.body)

    @property
    def form(self) -> dict[str, list[str]]:
        return parse_qs(self.requests[-1].content.decode())


def call() -> Call:
    return Call(Deadline.after(5), Ledger())


MATRIX = '{"data":{"resultType":"matrix","result":[]}}'
VECTOR = '{"data":{"resultType":"vector","result":[]}}'


async def test_range_query_is_a_form_with_the_narrowed_text_and_the_scopes_tenant() -> None:
    prometheus = Prometheus(MATRIX)
    await prometheus.source.query_range(prometheus.source.narrow("up", SHOP), HOUR, limit=20, call=call())
    assert prometheus.requests[0].url.path == "/api/v1/query_range"
    assert prometheus.requests[0].headers["x-scope-orgid"] == "acme"
    assert prometheus.form == {
        "query": [f"up{{{WALL}}}"],
        "start": ["3600"],
        "end": ["7200"],
        "step": ["60"],
        "timeout": ["2000ms"],
        "limit": ["21"],
    }


async def test_instant_query_asks_at_the_millisecond() -> None:
    prometheus = Prometheus(VECTOR)
    await prometheus.source.query(prometheus.source.narrow("up", SHOP), 1_500_250_000_000, call=call())
    assert prometheus.form["time"] == ["1500.25"]
    assert "limit" not in prometheus.form


async def test_questions_about_labels_always_carry_the_scope() -> None:
    prometheus = Prometheus()
    everything = prometheus.source.narrow_selector("", SHOP)
    await prometheus.source.label_names(everything, HOUR, call=call())
    assert prometheus.form["match[]"] == [f"{{{WALL}}}"]
    await prometheus.source.series(everything, HOUR, limit=10, call=call())
    assert prometheus.form["match[]"] == [f"{{{WALL}}}"]
    await prometheus.source.label_values("service_name", everything, HOUR, call=call())
    values = prometheus.requests[-1]
    assert (values.method, values.url.path) == ("GET", "/api/v1/label/service_name/values")
    assert unquote(values.url.params["match[]"]) == f"{{{WALL}}}"


async def test_more_points_than_prometheus_gives_are_never_asked_for() -> None:
    prometheus = Prometheus(MATRIX)
    interval = Interval(0, 11_001 * NS_PER_S, NS_PER_S)
    with pytest.raises(BadInput):
        await prometheus.source.query_range(prometheus.source.narrow("up", SHOP), interval, call=call())
    assert not prometheus.requests


async def test_refusal_is_told_in_prometheus_words() -> None:
    body = '{"status":"error","errorType":"execution","error":"many-to-many matching not allowed"}'
    prometheus = Prometheus(body, 422)
    with pytest.raises(SourceRefused, match="many-to-many matching not allowed"):
        await prometheus.source.query(prometheus.source.narrow("up", SHOP), 0, call=call())


async def test_nonsense_is_malformed_and_asked_again_next_time() -> None:
    prometheus = Prometheus("<html>")
    for _ in range(2):
        with pytest.raises(SourceMalformed):
            await prometheus.source.query(prometheus.source.narrow("up", SHOP), 0, call=call())
    assert len(prometheus.requests) == 2


async def test_check_remembers_the_version_for_the_status() -> None:
    prometheus = Prometheus('{"status":"success","data":{"version":"3.14.0"}}')
    assert await prometheus.source.check(call()) == "3.14.0"
    assert prometheus.source.status().version == "3.14.0"
    await prometheus.source.close()


@pytest.mark.parametrize(
    "label, path",
    [
        ("service_name", "service_name"),
        ("service.name", "U__service_2e_name"),
        ("a_b.c", "U__a__b_2e_c"),
        ("../../admin", "U___2e__2e__2f__2e__2e__2f_admin"),
        ("é", "U___e9_"),
        ("1a", "U__1a"),
    ],
)
def test_label_in_a_path_is_escaped(label: str, path: str) -> None:
    assert escape_label(label) == path


@pytest.mark.parametrize(
    "at_ns, text", [(0, "0"), (1_500_000_000, "1.5"), (1_000_999_999, "1"), (1_060_000_000, "1.06")]
)
def test_instants_are_seconds_with_milliseconds(at_ns: int, text: str) -> None:
    assert seconds(at_ns) == text


async def test_rules_and_alerts_are_cut_to_the_scope() -> None:
    alerts = '{"data":{"alerts":[{"labels":{"service_namespace":"shop"}},{"labels":{"service_namespace":"bank"}}]}}'
    [alert] = await Prometheus(alerts).source.alerts(SHOP, call=call())
    assert (alert.labels, alert.value, alert.active_at_ns) == ({"service_namespace": "shop"}, None, None)
    rules = '{"data":{"groups":[{"name":"g","rules":[{"name":"r","query":"up","type":"recording"}]},{"name":"h","rules":null}]}}'
    assert await Prometheus(rules).source.rules(SHOP, call=call()) == []


async def test_status_names_source_and_kind_before_the_first_answer() -> None:
    source = Prometheus().source
    assert (source.name, source.kind, source.max_points) == ("prometheus", SourceKind.PROMETHEUS, 11_000)
    assert (source.status().name, source.status().version, source.status().checked_at) == ("prometheus", None, None)
