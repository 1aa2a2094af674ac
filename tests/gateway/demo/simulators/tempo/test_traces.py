from __future__ import annotations

from typing import Any

import httpx
import pytest

from gateway.demo.scenario import Scenario
from gateway.demo.scenario.requests import Request

HOUR_NS = 1_795_331_400_000_000_000


@pytest.fixture(scope="session")
def request_of_the_past(scenario: Scenario) -> Request:
    requests = scenario.requests("shop", HOUR_NS, HOUR_NS + 3 * 10**11)
    return next(request for request in requests if request.failed and len(request.variant.spans) > 8)


def names(body: dict[str, Any]) -> list[str]:
    groups = body["trace"].get("resourceSpans", [])
    return [span["name"] for group in groups for scope in group["scopeSpans"] for span in scope["spans"]]


async def test_trace_holds_all_its_spans_by_service(tempo: httpx.AsyncClient, request_of_the_past: Request) -> None:
    body = (await tempo.get(f"/api/v2/traces/{request_of_the_past.trace_id}")).json()
    assert sorted(names(body)) == sorted(span.name for span in request_of_the_past.spans)
    assert "status" not in body
    services = [
        attribute["value"]["stringValue"]
        for group in body["trace"]["resourceSpans"]
        for attribute in group["resource"]["attributes"]
        if attribute["key"] == "service.name"
    ]
    assert sorted(services) == sorted({span.service for span in request_of_the_past.spans})


async def test_id_may_lack_its_zeros_and_be_of_any_case(tempo: httpx.AsyncClient, scenario: Scenario) -> None:
    requests = scenario.requests("shop", HOUR_NS, HOUR_NS + 10**12)
    request = next(request for request in requests if request.trace_id.startswith("0"))
    for shown in (request.trace_id, request.trace_id.lstrip("0"), request.trace_id.upper()):
        assert (await tempo.get(f"/api/traces/{shown}")).status_code == 200


async def test_filter_leaves_the_spans_it_finds_and_says_so(
    tempo: httpx.AsyncClient, request_of_the_past: Request
) -> None:
    path = f"/api/v2/traces/{request_of_the_past.trace_id}"
    failing = [span.name for span in request_of_the_past.spans if span.status == "ERROR"]
    body = (await tempo.get(path, params={"q": "{ status = error }"})).json()
    assert sorted(names(body)) == sorted(failing)
    assert body["status"] == "PARTIAL"
    root = request_of_the_past.spans[0].name
    deepest = request_of_the_past.spans[-1].span_id
    query = f'{{ span:id = "{deepest}" }}'
    assert root not in names((await tempo.get(path, params={"q": query})).json())
    assert root in names((await tempo.get(path, params={"q": query, "keep_hierarchy": "true"})).json())


async def test_running_trace_shows_the_spans_that_have_ended(
    tempo: httpx.AsyncClient, clock: Any, request_of_the_past: Request
) -> None:
    path = f"/api/v2/traces/{request_of_the_past.trace_id}"
    clock.now_ns = request_of_the_past.start_ns
    assert (await tempo.get(path)).json() == {"trace": {}, "metrics": {}}
    clock.now_ns = request_of_the_past.start_ns + request_of_the_past.duration_ns - 1
    running = names((await tempo.get(path)).json())
    assert 0 < len(running) < len(request_of_the_past.spans)
    assert request_of_the_past.spans[0].name not in running


@pytest.mark.parametrize("wanted", ["0", "f" * 32, "1" * 16])
async def test_unknown_trace_is_404_in_one_version_and_empty_in_the_other(
    tempo: httpx.AsyncClient, wanted: str
) -> None:
    old = await tempo.get(f"/api/traces/{wanted}")
    assert (old.status_code, old.content) == (404, b"")
    assert (await tempo.get(f"/api/v2/traces/{wanted}")).json() == {"trace": {}, "metrics": {}}


@pytest.mark.parametrize("query", ["{ status = error } | count() > 1", "{} >> {}", "{} | rate()"])
async def test_only_one_spanset_filter_may_cut_a_trace(
    tempo: httpx.AsyncClient, request_of_the_past: Request, query: str
) -> None:
    answer = await tempo.get(f"/api/v2/traces/{request_of_the_past.trace_id}", params={"q": query})
    assert answer.status_code == 400
    assert answer.text.startswith("invalid TraceQL filter: failed to parse TraceQL spanset filter: ")
