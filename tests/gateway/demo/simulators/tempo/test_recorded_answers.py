"""The simulated Tempo gives answers of the shape that the real one gave to the same requests."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from opentelemetry.proto.trace.v1.trace_pb2 import TracesData

from gateway.demo.scenario import Scenario
from gateway.demo.scenario.requests import Request

RECORDED = Path(__file__).parents[4] / "fixtures" / "tempo"
NOT_SPOKEN = ("otlp_", "tenant_", "tag_values_v2_array")
"""Nothing is written here, there is one tenant, and the scenario's spans have no arrays."""
RECORDINGS = [path.stem for path in sorted(RECORDED.glob("*.json")) if not path.stem.startswith(NOT_SPOKEN)]
TEXTS = [name for name in RECORDINGS if "error_" in name and "error_trace" not in name]
RECORDED_EARLIER_NS = {"search_error_range_too_long": 1_795_335_029_500_000_000}
OTHER_QUERY = {
    "search_event": '{ event:name = "exception" && event.exception.type =~ ".*Timeout.*" }',
    "search_select": "{ span.order.id != nil } | select(span.order.id, span.order.total, resource.service.namespace)",
    "search_count": '{ span.db.system.name = "postgresql" } | count() > 3',
}
"""Where the scenario's words are not the recorded shop's."""


def recording(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())
    return found


def fields(value: Any, path: str = "") -> Iterator[tuple[str, str]]:
    """Every place and the type of what stands there; values of attributes may be of any type that they can have."""
    if isinstance(value, dict):
        yield path, "object"
        is_attribute = path.endswith(".value") and any(key.endswith("Value") for key in value)
        is_free = path.endswith((".serviceStats", ".attributes", ".resource"))
        for key, part in value.items():
            yield from () if is_attribute else fields(part, f"{path}.*" if is_free else f"{path}.{key}")
    elif isinstance(value, list):
        yield path, "list"
        for part in value:
            yield from fields(part, f"{path}[]")
    else:
        yield (
            path,
            "number" if isinstance(value, (int, float)) and not isinstance(value, bool) else type(value).__name__,
        )


def optional(place: str) -> bool:
    """What depends on the data: noughts, names, events, links and parents need not be there."""
    return place.endswith(
        (".*", ".*[]", ".value", ".errorCount", ".message", ".code", ".durationMs", ".inspectedSpans")
    ) or any(
        part in place
        for part in (".events", ".links", ".parentSpanId", ".exemplars", "serviceStats", "inspectedTraces")
    )


async def replay(client: httpx.AsyncClient, name: str, path: str = "") -> tuple[dict[str, Any], httpx.Response]:
    recorded = recording(name)
    request = recorded["request"]
    params = dict(request["params"])
    if name in OTHER_QUERY:
        params["q"] = OTHER_QUERY[name]
    answer = await client.request(
        request["method"],
        path or request["path"],
        params=params,
        headers=request["headers"],
        content=request.get("body"),
    )
    assert answer.status_code == recorded["response"]["status"]
    return recorded["response"], answer


def assert_same_shape(answered: Any, recorded: Any) -> None:
    mine, theirs = set(fields(answered)), set(fields(recorded))
    assert {place for place in mine - theirs if not optional(place[0])} == set()
    assert {place for place in theirs - mine if not optional(place[0])} == set()


@pytest.mark.parametrize("name", TEXTS)
async def test_refusal_has_the_recorded_status_and_text(tempo: httpx.AsyncClient, clock: Any, name: str) -> None:
    clock.now_ns = RECORDED_EARLIER_NS.get(name, clock.now_ns)
    recorded, answer = await replay(tempo, name)
    assert answer.text == recorded["body"]
    assert answer.headers["content-type"] == recorded["headers"]["content-type"]


@pytest.mark.parametrize("name", [name for name in RECORDINGS if name not in TEXTS and not name.startswith("trace_")])
async def test_answer_has_the_recorded_shape(tempo: httpx.AsyncClient, name: str) -> None:
    recorded, answer = await replay(tempo, name)
    assert answer.headers["content-type"] == recorded["headers"]["content-type"]
    if recorded["body_encoding"] == "text":
        assert answer.text == recorded["body"]
    else:
        assert_same_shape(answer.json(), recorded["body"])


def a_request(scenario: Scenario, fits: Callable[[Request], bool]) -> Request:
    hour = 1_795_331_400_000_000_000
    requests = [request for name in scenario.namespaces for request in scenario.requests(name, hour, hour + 10**12)]
    return next(request for request in requests if fits(request))


def failing(request: Request) -> bool:
    return request.namespace == "shop" and any(span.events for span in request.spans)


def linked(request: Request) -> bool:
    return request.namespace == "bank" and any(span.links for span in request.spans)


def of_64_bits(request: Request) -> bool:
    return request.trace_id.startswith("0" * 16)


@pytest.mark.parametrize(
    "name", [name for name in RECORDINGS if name.startswith("trace_") and name not in TEXTS and "protobuf" not in name]
)
async def test_trace_has_the_recorded_shape(tempo: httpx.AsyncClient, scenario: Scenario, name: str) -> None:
    if "not_found" in name:
        recorded, answer = await replay(tempo, name)
        assert (
            answer.text == recorded["body"]
            if recorded["body_encoding"] == "text"
            else answer.json() == recorded["body"]
        )
        return
    fits = linked if "links" in name else of_64_bits if "zeros" in name else failing
    wanted = a_request(scenario, fits).trace_id
    version, shown = ("v2/", wanted.lstrip("0") if "trimmed" in name else wanted)
    path = f"/api/{'' if '_v1_' in name else version}traces/{shown}"
    recorded, answer = await replay(tempo, name, path)
    assert answer.headers["content-type"] == recorded["headers"]["content-type"]
    assert_same_shape(answer.json(), recorded["body"])


@pytest.mark.parametrize("version", ["v1", "v2"])
async def test_protobuf_says_what_json_says(tempo: httpx.AsyncClient, scenario: Scenario, version: str) -> None:
    path = f"/api/{'' if version == 'v1' else 'v2/'}traces/{a_request(scenario, failing).trace_id}"
    recorded, answer = await replay(tempo, f"trace_{version}_protobuf", path)
    assert answer.headers["content-type"] == recorded["headers"]["content-type"]
    body = answer.content if version == "v1" else unwrapped(answer.content)
    groups = TracesData.FromString(body).resource_spans
    told = (await tempo.get(path)).json()
    told_groups = told["batches"] if version == "v1" else told["trace"]["resourceSpans"]
    spans = [span for group in groups for scope in group.scope_spans for span in scope.spans]
    told_spans = [span for group in told_groups for scope in group["scopeSpans"] for span in scope["spans"]]
    assert [(base64.b64encode(span.span_id).decode(), span.name, str(span.end_time_unix_nano)) for span in spans] == [
        (span["spanId"], span["name"], span["endTimeUnixNano"]) for span in told_spans
    ]
    assert [len(span.attributes) for span in spans] == [len(span.get("attributes", [])) for span in told_spans]
    assert any(span.status.code == 2 and span.events for span in spans)


def unwrapped(body: bytes) -> bytes:
    """Field 1 of Tempo's wrapper, whose length takes more than one byte."""
    assert body[0] == 0x0A
    length, shift, at = 0, 0, 1
    while True:
        length |= (body[at] & 127) << shift
        shift, at = shift + 7, at + 1
        if body[at - 1] < 128:
            return body[at : at + length]
