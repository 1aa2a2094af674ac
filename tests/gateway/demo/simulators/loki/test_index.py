from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.gateway.demo.simulators.loki.conftest import NOW_NS

PREFIX = "/loki/api/v1"
WINDOW = {"start": str(NOW_NS - 1200 * 10**9), "end": str(NOW_NS)}
CHECKOUT = '{service_name="checkout"}'


async def _get(loki: httpx.AsyncClient, path: str, **parameters: Any) -> Any:
    answer = await loki.get(f"{PREFIX}/{path}", params=WINDOW | parameters)
    assert answer.status_code == 200, answer.text
    return answer.json()


async def _count(loki: httpx.AsyncClient, selector: str) -> int:
    data = (await _get(loki, "query", query=f"sum(count_over_time({selector}[20m]))", time=str(NOW_NS)))["data"]
    return int(data["result"][0]["value"][1])


async def test_label_values_are_those_of_the_selected_streams(loki: httpx.AsyncClient) -> None:
    found = await _get(loki, "label/service_name/values", query='{service_namespace="shop", service_name=~"c.*"}')
    assert found["data"] == ["cart", "catalog", "checkout"]


async def test_series_of_several_selectors_are_joined(loki: httpx.AsyncClient) -> None:
    found = await _get(loki, "series", **{"match[]": [CHECKOUT, '{service_name=~"checkout|fraud"}']})
    assert sorted(series["service_name"] for series in found["data"]) == ["checkout", "fraud"]


async def test_index_knows_how_many_lines_there_are(loki: httpx.AsyncClient) -> None:
    entries = (await _get(loki, "index/stats", query=CHECKOUT))["entries"]
    assert entries == pytest.approx(await _count(loki, CHECKOUT), rel=0.02)


async def test_volume_comes_near_the_bytes_of_the_lines(loki: httpx.AsyncClient) -> None:
    (volume,) = (await _get(loki, "index/volume", query=CHECKOUT))["data"]["result"]
    query = f"sum(bytes_over_time({CHECKOUT}[20m]))"
    (counted,) = (await _get(loki, "query", query=query, time=str(NOW_NS)))["data"]["result"]
    assert int(volume["value"][1]) == pytest.approx(int(counted["value"][1]), rel=0.15)


async def test_volume_is_limited_to_the_largest(loki: httpx.AsyncClient) -> None:
    asked = {"query": '{service_namespace=~".+"}', "targetLabels": "service_name"}
    everything = (await _get(loki, "index/volume", **asked))["data"]["result"]
    assert (await _get(loki, "index/volume", **asked, limit=2))["data"]["result"] == everything[:2]


async def test_patterns_count_each_line_of_a_logfmt_service_once(loki: httpx.AsyncClient) -> None:
    found = (await _get(loki, "patterns", query=CHECKOUT, step="1m"))["data"]
    assert sum(count for pattern in found for _, count in pattern["samples"]) == pytest.approx(
        await _count(loki, CHECKOUT), rel=0.01
    )


async def test_patterns_have_holes_for_what_varies(loki: httpx.AsyncClient) -> None:
    found = {pattern["pattern"]: pattern for pattern in (await _get(loki, "patterns", query=CHECKOUT))["data"]}
    received = found['level=info msg="order received" order=<_> items=<_> user=<_>']
    assert received["level"] == "info"
    assert received["samples"][0][0] % 4 == 0


async def test_json_lines_have_no_patterns(loki: httpx.AsyncClient) -> None:
    assert (await _get(loki, "patterns", query='{service_name="payment"}'))["data"] == []


@pytest.mark.parametrize(
    "service, field",
    [
        ("payment", {"label": "duration_ms", "type": "float", "parsers": ["json"], "jsonPath": ["duration_ms"]}),
        ("payment", {"label": "pool_in_use", "type": "int", "parsers": ["json"], "jsonPath": ["pool", "in_use"]}),
        ("checkout", {"label": "duration", "type": "duration", "parsers": ["logfmt"]}),
        ("checkout", {"label": "trace_id", "type": "string", "parsers": None}),
        ("checkout", {"label": "severity_number", "type": "int", "parsers": None}),
    ],
    ids=["JSON", "nested JSON", "logfmt", "metadata", "number in metadata"],
)
async def test_field_is_detected_with_its_type_and_origin(
    loki: httpx.AsyncClient, service: str, field: dict[str, Any]
) -> None:
    fields = (await _get(loki, "detected_fields", query=f'{{service_name="{service}"}}', line_limit=1000))["fields"]
    (found,) = [one for one in fields if one["label"] == field["label"]]
    assert found.pop("cardinality") > 0
    assert found == field


async def test_values_of_a_field_are_listed_up_to_the_limit(loki: httpx.AsyncClient) -> None:
    found = await _get(loki, "detected_field/user/values", query=CHECKOUT, limit=3)
    assert (len(found["values"]), found["limit"]) == (3, 3)


async def test_form_in_the_body_counts_before_the_address(loki: httpx.AsyncClient) -> None:
    address = f"{PREFIX}/query_range"
    answer = await loki.post(address, params={"limit": 7, "query": "{"}, data={"query": CHECKOUT})
    entries = [value for stream in answer.json()["data"]["result"] for value in stream["values"]]
    assert (answer.status_code, len(entries)) == (200, 7)


async def test_json_body_is_not_read(loki: httpx.AsyncClient) -> None:
    answer = await loki.post(f"{PREFIX}/query_range", json={"query": CHECKOUT})
    assert (answer.status_code, answer.text) == (400, "parse error : syntax error: unexpected $end")


async def test_lines_of_a_trace_are_those_of_the_request(loki: httpx.AsyncClient, scenario: Any) -> None:
    request = scenario.requests("shop", NOW_NS - 300 * 10**9, NOW_NS - 200 * 10**9)[-1]
    query = f'{{service_namespace="shop"}} | trace_id="{request.trace_id}"'
    data = (await _get(loki, "query_range", query=query))["data"]
    found = sorted(value[1] for stream in data["result"] for value in stream["values"])
    assert found == sorted(log.line for log in request.logs)
