"""The simulated Prometheus gives answers of the shape that the real one gave to the same requests."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from gateway.demo.scenario import Scenario
from gateway.demo.simulators.prometheus import create_app

RECORDED = Path(__file__).parents[4] / "fixtures" / "prometheus"
NOW_S = 1_795_335_015

NOT_SPOKEN = {
    "alertmanager": "another server",
    "federate": "not asked for by the gateway",
    "features": "not asked for by the gateway",
    "options_cors": "browsers do not come here",
    "parse_query": "not asked for by the gateway",
    "remote_write": "nothing is written here",
    "scrape_pools": "not asked for by the gateway",
    "status_flags": "not asked for by the gateway",
    "status_tsdb": "not asked for by the gateway",
    "targets": "not asked for by the gateway",
    "native": "the scenario has classic histograms only",
    "v2_42": "another version",
    "rules_record": "the scenario has no recording rules",
    "query_lookback_delta": "the scenario scrapes at the very second that was asked about",
    "query_alerts_series": "the scenario keeps no series of its alerts",
}
RECORDINGS = [
    path.stem for path in sorted(RECORDED.glob("*.json")) if not any(mark in path.stem for mark in NOT_SPOKEN)
]
DIFFERENT_TEXT = {
    "query_error_execution_422": "names the series, which are the scenario's own",
}
"""Errors whose words need not be the same."""


@pytest.fixture(scope="module")
def app() -> Any:
    return create_app(Scenario(), lambda: NOW_S * 1_000_000_000)


def recording(name: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((RECORDED / f"{name}.json").read_text())
    return found


async def replay(app: Any, request: dict[str, Any]) -> httpx.Response:
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://prometheus") as client:
        return await client.request(
            request["method"],
            request["path"],
            params=request.get("params"),
            data=request.get("form"),
            headers=request["headers"],
        )


def shape(value: Any) -> Any:
    """Keys and types; of lists and of objects with free keys, the set of their members' shapes."""
    if isinstance(value, dict):
        return {
            key: "labels" if key in ("metric", "labels", "seriesLabels", "annotations") else shape(part)
            for key, part in value.items()
        }
    if isinstance(value, list):
        kinds = {json.dumps(shape(part), sort_keys=True) for part in value}
        return sorted(kinds)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return "number"
    return type(value).__name__


@pytest.mark.parametrize("name", RECORDINGS)
async def test_answer_has_the_recorded_status_and_shape(app: Any, name: str) -> None:
    recorded = recording(name)
    answer = await replay(app, recorded["request"])
    assert answer.status_code == recorded["response"]["status"]
    assert answer.headers["content-type"] == recorded["response"]["headers"]["content-type"]
    body = recorded["response"]["body"]
    if recorded["response"]["body_encoding"] == "text" or isinstance(body, str):
        assert answer.text == body
    elif body["status"] == "error" and name not in DIFFERENT_TEXT:
        assert answer.json() == body
    else:
        assert_same_shape(body, answer.json(), name)


def assert_same_shape(recorded: dict[str, Any], ours: dict[str, Any], name: str) -> None:
    assert set(recorded) == set(ours)
    if recorded["status"] == "error":
        assert ours["errorType"] == recorded["errorType"]
        return
    theirs, mine = recorded["data"], ours["data"]
    if isinstance(theirs, dict) and "result" in theirs:
        assert theirs["resultType"] == mine["resultType"]
        assert bool(theirs["result"]) == bool(mine["result"])
        assert set(shape(mine["result"])) <= set(shape(theirs["result"])) or not theirs["result"]
        assert shape(theirs.get("stats")) == shape(mine.get("stats"))
    elif isinstance(theirs, dict) and "groups" in theirs:
        assert_same_rules(theirs, mine)
    elif isinstance(theirs, dict) and name.startswith("metadata"):
        assert {json.dumps(shape(value)) for value in mine.values()} == {
            json.dumps(shape(value)) for value in theirs.values()
        }
    elif name.startswith("series"):
        assert bool(theirs) == bool(mine)
        assert all(isinstance(value, str) for labels in mine for value in labels.values())
    else:
        assert shape(theirs) == shape(mine)


def assert_same_rules(theirs: dict[str, Any], mine: dict[str, Any]) -> None:
    def keys(data: dict[str, Any], kind: str) -> set[frozenset[str]]:
        return {frozenset(rule) for group in data["groups"] for rule in group["rules"] if rule["type"] == kind}

    assert {frozenset(group) for group in mine["groups"]} <= {frozenset(group) for group in theirs["groups"]}
    assert keys(mine, "alerting") <= keys(theirs, "alerting")
    assert ("groupNextToken" in mine) == ("groupNextToken" in theirs)


def test_recordings_are_there() -> None:
    assert len(RECORDINGS) > 80
