"""One query, four sources: all of them, and with each of them out of order."""

from __future__ import annotations

import time

import pytest

from gateway.demo.query import DASHBOARD_QUERY
from gateway.demo.simulators.faults import Fault

from .conftest import LIMIT_S, World

SECTION = {"prometheus": "metrics", "loki": "logs", "tempo": "traces"}
FAULTS = [
    Fault("fail", status=500),
    Fault("fail", status=503),
    Fault("hang"),
    Fault("slow", delay_s=30),
    Fault("cut"),
    Fault("garbage"),
]
OVERHEAD_S = 1.5
"""For the gateway's own work, and for a machine that does something else besides."""


async def test_one_query_returns_data_of_all_four_sources_and_no_error(world: World) -> None:
    answer = await world.query(DASHBOARD_QUERY)
    assert "errors" not in answer
    shown = answer["data"]["project"]["dashboard"]
    assert shown["metrics"]["requestRate"]["series"][0]["values"]
    assert len(shown["metrics"]["services"]) == 6
    assert shown["errors"]["events"] > 0
    assert len(shown["errors"]["top"]) == 3
    assert shown["logs"]["total"] > 1_000
    assert len(shown["logs"]["recentErrors"]) == len(shown["traces"]["slowest"]) == len(shown["traces"]["failing"]) == 3
    reports = {report["source"]: report for report in shown["sources"]}
    assert set(reports) == {"postgres", "prometheus", "loki", "tempo"}
    assert all(report["ok"] and report["tookMs"] > 0 for report in reports.values())


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: f"{fault.mode}-{fault.status}")
@pytest.mark.parametrize("source", SECTION)
async def test_a_source_out_of_order_takes_its_own_section_and_no_other(
    world: World, source: str, fault: Fault
) -> None:
    await world.query(DASHBOARD_QUERY)
    world.break_source(source, fault)
    started = time.monotonic()
    answer = await world.query(DASHBOARD_QUERY.replace("1h", "50m"))
    took_s = time.monotonic() - started
    errors = answer["errors"]
    assert {error["extensions"]["source"] for error in errors} == {source}
    assert all(error["extensions"]["code"].startswith("SOURCE_") for error in errors)
    assert all(error["path"][:3] == ["project", "dashboard", SECTION[source]] for error in errors)
    shown = answer["data"]["project"]["dashboard"]
    whole = {"metrics", "errors", "alerts", "logs", "traces"} - {SECTION[source]}
    assert all(shown[section] is not None and None not in shown[section].values() for section in whole)
    (report,) = (report for report in shown["sources"] if report["source"] == source)
    assert not report["ok"]
    assert took_s < LIMIT_S + OVERHEAD_S


async def test_with_every_telemetry_source_down_the_store_still_answers(world: World) -> None:
    for source in SECTION:
        world.break_source(source, Fault("fail", status=503))
    answer = await world.query(DASHBOARD_QUERY)
    shown = answer["data"]["project"]["dashboard"]
    assert shown["errors"]["events"] > 0
    assert shown["alerts"] is not None
    assert shown["logs"] is None
    assert shown["traces"] is None


async def test_with_the_store_down_what_does_not_need_it_is_whole(world: World) -> None:
    await world.query(DASHBOARD_QUERY)
    await world.stop_store()
    answer = await world.query(DASHBOARD_QUERY)
    assert {error["extensions"]["source"] for error in answer["errors"]} == {"postgres"}
    shown = answer["data"]["project"]["dashboard"]
    assert shown["errors"] is shown["alerts"] is None
    assert shown["health"] == "UNKNOWN"
    assert all(shown[section] is not None and None not in shown[section].values() for section in SECTION.values())


async def test_with_the_store_down_nobody_is_let_in_who_was_not_known(world: World) -> None:
    await world.stop_store()
    headers = {"authorization": f"Bearer {world.token}"}
    answer = await world.client.post("/graphql", json={"query": "{ viewer { email } }"}, headers=headers)
    assert answer.status_code == 503
    assert answer.json()["errors"][0]["extensions"]["code"] == "SOURCE_UNAVAILABLE"
