from __future__ import annotations

import httpx
import pytest

from gateway.demo.scenario import Scenario
from gateway.demo.simulators.loki import create_app
from tests.gateway.demo.simulators.loki.conftest import NOW_NS

COUNT = 'sum by (__tenant_id__, service_namespace) (count_over_time({service_name=~".+"}[60m]))'


async def _ask(scenario: Scenario, tenant: str | None, path: str = "query", query: str = COUNT) -> httpx.Response:
    app = create_app(scenario, lambda: NOW_NS, multi_tenant=True)
    headers = {} if tenant is None else {"X-Scope-OrgID": tenant}
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://loki") as client:
        return await client.get(f"/loki/api/v1/{path}", params={"query": query}, headers=headers)


async def test_tenant_sees_its_own_namespace_only(scenario: Scenario) -> None:
    result = (await _ask(scenario, "shop")).json()["data"]["result"]
    assert [series["metric"] for series in result] == [{"service_namespace": "shop"}]


async def test_tenants_read_together_are_told_apart_by_a_label(scenario: Scenario) -> None:
    result = (await _ask(scenario, "shop|bank")).json()["data"]["result"]
    assert sorted(series["metric"]["__tenant_id__"] for series in result) == ["bank", "shop"]


@pytest.mark.parametrize("tenant", [None, "", "|"], ids=["missing", "empty", "only a bar"])
async def test_request_without_a_tenant_is_refused(scenario: Scenario, tenant: str | None) -> None:
    answer = await _ask(scenario, tenant)
    assert (answer.status_code, answer.text) == (401, "no org id\n")


async def test_impossible_tenant_is_refused(scenario: Scenario) -> None:
    answer = await _ask(scenario, "bad/x")
    assert (answer.status_code, answer.text) == (400, "tenant ID 'bad/x' contains unsupported character '/'")


async def test_unknown_tenant_has_nothing(scenario: Scenario) -> None:
    assert (await _ask(scenario, "nobody", "labels", "")).json() == {"status": "success"}


async def test_without_tenants_the_header_is_ignored(loki: httpx.AsyncClient) -> None:
    answer = await loki.get("/loki/api/v1/label/service_namespace/values", headers={"X-Scope-OrgID": "bad/x"})
    assert answer.json()["data"] == ["bank", "shop"]
