from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

FIXTURES = Path(__file__).parents[4] / "fixtures" / "loki"
FREE_MAPS = {"stream", "metric", "structuredMetadata", "parsed"}
OPTIONAL = {"recvWaitTime", "estimatedQueryBytes", "jsonPath", "structuredMetadata", "parsed"}
NOT_SERVED = ("push", "otlp", "tail", "tenant", "services")
KNOWN = sorted(
    path.stem for path in FIXTURES.glob("*.json") if not path.stem.startswith(NOT_SERVED) or path.stem in {"services"}
)
# Their words name lines that only the recorded server had.
OWN_WORDS = {"query_range_error_unwrap", "services"}


def _recorded(name: str) -> dict[str, Any]:
    recorded: dict[str, Any] = json.loads((FIXTURES / f"{name}.json").read_text())
    return recorded


async def _ask(loki: httpx.AsyncClient, recorded: dict[str, Any]) -> httpx.Response:
    request = recorded["request"]
    return await loki.request(
        request["method"],
        request["path"],
        params=request["params"],
        headers=request["headers"],
        data=request.get("form"),
    )


@pytest.mark.parametrize("name", KNOWN)
async def test_answer_has_the_status_the_type_and_the_shape_of_the_recorded_one(
    loki: httpx.AsyncClient, name: str
) -> None:
    recorded = _recorded(name)
    answer = await _ask(loki, recorded)
    expected = recorded["response"]
    assert answer.status_code == expected["status"], answer.text
    assert answer.headers.get("content-type") == expected["headers"].get("content-type")
    if expected["body_encoding"] == "json":
        assert _differences(expected["body"], answer.json()) == []
    elif name in OWN_WORDS:
        assert answer.text.split("'")[:2] == expected["body"].split("'")[:2] or answer.text.startswith("query-frontend")
    else:
        assert answer.text == expected["body"]


def _differences(expected: Any, answer: Any, path: str = "") -> list[str]:
    """Where the keys or the types of two JSON values differ; empty lists have no shape to compare."""
    if isinstance(expected, dict) and isinstance(answer, dict):
        if path.rsplit(".", 1)[-1] in FREE_MAPS:
            return [f"{path}.{key} is no text" for key, value in answer.items() if not isinstance(value, str)]
        missing = [f"{path}: {key} on one side only" for key in (expected.keys() ^ answer.keys()) - OPTIONAL]
        both = expected.keys() & answer.keys()
        return missing + [
            text for key in sorted(both) for text in _differences(expected[key], answer[key], f"{path}.{key}")
        ]
    if isinstance(expected, list) and isinstance(answer, list):
        return _list_differences(expected, answer, path)
    if isinstance(expected, int | float) and not isinstance(expected, bool):
        same = isinstance(answer, int | float) and not isinstance(answer, bool)
    else:
        same = type(expected) is type(answer) or (path.endswith("parsers") and None in (expected, answer))
    return [] if same else [f"{path}: {type(answer).__name__} instead of {type(expected).__name__}"]


def _list_differences(expected: list[Any], answer: list[Any], path: str) -> list[str]:
    """A sample or an entry is compared part by part, the members of other lists with the first recorded one."""
    if not expected or not answer:
        return []
    if path.endswith(("values[]", "samples[]", "value")) or (path.endswith(".result") and isinstance(expected[0], int)):
        if len(expected) != len(answer):
            return [f"{path}: {len(answer)} parts instead of {len(expected)}"]
        pairs = list(zip(expected, answer, strict=True))
    else:
        pairs = [(expected[0], item) for item in answer]
    return [text for left, right in pairs for text in _differences(left, right, f"{path}[]")]


@pytest.mark.parametrize(
    "name",
    ["query_range_streams_default", "query_range_streams_categorized", "query_range_json_categorized",
     "query_range_metric_by_namespace_level", "query_range_metric_topk", "query_vector", "index_volume", "patterns",
     "detected_fields", "series", "labels"],
)  # fmt: skip
async def test_answer_to_a_question_about_the_demo_is_not_empty(loki: httpx.AsyncClient, name: str) -> None:
    body = (await _ask(loki, _recorded(name))).json()
    data = body.get("data", body.get("fields"))
    assert len(data["result"] if isinstance(data, dict) else data) > 0


async def test_metric_grid_is_the_recorded_one(loki: httpx.AsyncClient) -> None:
    recorded = _recorded("query_range_metric_step_alignment")
    (series,) = (await _ask(loki, recorded)).json()["data"]["result"]
    (expected,) = recorded["response"]["body"]["data"]["result"]
    assert [at for at, _ in series["values"]] == [at for at, _ in expected["values"]]


async def test_volume_range_has_the_recorded_timestamps(loki: httpx.AsyncClient) -> None:
    recorded = _recorded("index_volume_range")
    series = (await _ask(loki, recorded)).json()["data"]["result"][0]
    expected = recorded["response"]["body"]["data"]["result"][0]
    assert [at for at, _ in series["values"]] == [at for at, _ in expected["values"]]


async def test_volume_range_adds_up_to_the_volume(loki: httpx.AsyncClient) -> None:
    request = _recorded("index_volume_range")["request"]["params"]
    ranged = (await loki.get("/loki/api/v1/index/volume_range", params=request)).json()["data"]["result"]
    whole = (await loki.get("/loki/api/v1/index/volume", params=request)).json()["data"]["result"]
    sums = {one["metric"]["service_namespace"]: sum(int(size) for _, size in one["values"]) for one in ranged}
    assert sums == {one["metric"]["service_namespace"]: int(one["value"][1]) for one in whole}
