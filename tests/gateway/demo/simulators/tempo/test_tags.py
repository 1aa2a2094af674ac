from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import httpx
import pytest

Ask = Callable[..., Awaitable[Any]]
BANK = '{ resource.service.namespace = "bank" }'


@pytest.fixture
def values(tempo: httpx.AsyncClient) -> Ask:
    async def ask(tag: str, **params: object) -> list[tuple[str, str]]:
        given: dict[str, Any] = {"start": 1795331415, "end": 1795335015, **params}
        answer = await tempo.get(f"/api/v2/search/tag/{tag}/values", params=given)
        assert answer.status_code == 200, answer.text
        return [(value["type"], value["value"]) for value in answer.json()["tagValues"]]

    return ask


async def test_values_are_those_of_the_filter(values: Ask) -> None:
    found = await values("resource.service.name", q=BANK)
    assert sorted(value for _, value in found) == [
        "accounts", "fraud", "gateway", "ledger", "notifications", "payments",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "query",
    [
        '{ resource.service.namespace = "bank" && .http.route = "/x" }',
        '{ resource.service.namespace = "bank" && (name = "x" || name = "y") }',
        '{ resource.service.namespace = "bank" } >> { name = "x" }',
        '{ resource.service.namespace = "bank',
    ],
    ids=["unscoped", "or", "structural", "unfinished"],
)
async def test_hard_filter_is_silently_ignored(values: Ask, query: str) -> None:
    found = await values("resource.service.namespace", q=query)
    assert sorted(value for _, value in found) == ["bank", "shop"]


async def test_filter_on_what_varies_is_asked_of_the_requests(values: Ask) -> None:
    assert await values("span.enduser.id", q='{ span.enduser.id = "user-3" }') == [("string", "user-3")]


async def test_values_are_told_with_their_types(values: Ask) -> None:
    assert ("int", "200") in await values("span.http.response.status_code")
    assert sorted(await values("span.cache.hit")) == [("bool", "false"), ("bool", "true")]
    assert {kind for kind, _ in await values("duration", limit=20)} == {"int"}
    assert ("keyword", "unspecified") in await values("kind")


async def test_limit_is_kept(values: Ask) -> None:
    assert len(await values("span.enduser.id", limit=3)) == 3


async def test_names_are_told_by_scope_and_limited_in_each(tempo: httpx.AsyncClient) -> None:
    everything = (await tempo.get("/api/v2/search/tags")).json()["scopes"]
    assert [scope["name"] for scope in everything][:3] == ["resource", "span", "intrinsic"]
    limited = (await tempo.get("/api/v2/search/tags", params={"limit": 2, "scope": "span"})).json()["scopes"]
    assert [(scope["name"], len(scope["tags"])) for scope in limited] == [("span", 2)]


async def test_names_are_those_of_the_filter(tempo: httpx.AsyncClient) -> None:
    params = {"scope": "span", "q": '{ resource.service.name = "fraud" }'}
    [scope] = (await tempo.get("/api/v2/search/tags", params=params)).json()["scopes"]
    assert "http.route" in scope["tags"]
    assert "order.id" not in scope["tags"]


async def test_old_endpoints_take_no_scopes_and_no_filter(tempo: httpx.AsyncClient) -> None:
    names = (await tempo.get("/api/search/tags", params={"q": BANK})).json()["tagNames"]
    assert names == sorted(names)
    assert {"service.name", "http.route"} <= set(names)
    services = (await tempo.get("/api/search/tag/service.namespace/values", params={"q": BANK})).json()["tagValues"]
    assert services == ["bank", "shop"]
