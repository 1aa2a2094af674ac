"""What a project gets does not depend on what else the source holds: with the bank's traces beside them or without."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from datasources.exceptions import GatewayError
from datasources.records.shared import NS_PER_S
from datasources.records.traces import TraceFilter
from gateway.demo.scenario.scenario import Scenario
from resolvers import traces
from resolvers.time_ranges import TimeRange
from tests.resolvers.traces.simulated import BANK, NOW_NS, Simulated
from tests.resolvers.traces.trees import SHOP

HOSTILE = json.loads((Path(__file__).parents[2] / "fixtures" / "adversarial" / "traceql.json").read_text())
RANGE = TimeRange(from_ns=NOW_NS - 150 * NS_PER_S, to_ns=NOW_NS - 60 * NS_PER_S)
STEP_NS = 30 * NS_PER_S


class ShopAlone(Scenario):
    """The same shop in a world without a bank."""

    namespaces = ("shop",)


@pytest.fixture(scope="module")
def alone() -> ShopAlone:
    return ShopAlone(1)


async def test_there_is_a_bank_in_one_of_the_worlds(tempo: Simulated, alone: ShopAlone) -> None:
    for source, count in ((tempo, 5), (Simulated(alone), 0)):
        assert len((await traces.traces(source.context(BANK), BANK, time_range=RANGE, first=5)).nodes) == count


async def everything(tempo: Simulated, query: str) -> list[Any]:
    """All answers that a query leads to, refusals among them."""
    context = tempo.context()
    found: list[Any] = []
    try:
        page = await traces.traces(context, SHOP, query=query, time_range=RANGE, first=50)
        found += [page, *[await traces.trace(context, SHOP, node.id) for node in page.nodes[:2]]]
        found += [await traces.rate(context, page.search, STEP_NS)]
        found += [await traces.latency(context, page.search, 0.9, STEP_NS)]
    except GatewayError as error:
        found += [type(error).__name__, error.message, error.extensions]
    return found


@pytest.mark.parametrize("case", HOSTILE, ids=[repr(case["query"])[:60] for case in HOSTILE])
async def test_hostile_query_gives_what_it_gives_in_a_world_of_ones_own(
    tempo: Simulated, alone: ShopAlone, case: dict[str, str]
) -> None:
    found = await everything(tempo, case["query"])
    assert found == await everything(Simulated(alone), case["query"])
    assert "bank" not in repr(found).replace(repr(case["query"])[1:-1], "")


async def test_names_and_values_are_those_of_a_world_of_ones_own(tempo: Simulated, alone: ShopAlone) -> None:
    for source in (tempo, Simulated(alone)):
        context = source.context()
        names = await traces.trace_attributes(context, SHOP, RANGE)
        values = {
            (each.scope, each.name): await traces.trace_attribute_values(context, each, search=None, first=1000)
            for each in names
            if each.scope != "intrinsic"
        }
        if source is tempo:
            expected = values
    assert values == expected
    assert "bank" not in repr(values)


async def test_rankings_are_those_of_a_world_of_ones_own(tempo: Simulated, alone: ShopAlone) -> None:
    search = (await traces.traces(tempo.context(), SHOP, asked=TraceFilter(), time_range=RANGE, first=1)).search
    for rank in (traces.slowest_traces, traces.failing_traces):
        found = await rank(tempo.context(), SHOP, search.interval, first=5)
        assert found
        assert found == await rank(Simulated(alone).context(), SHOP, search.interval, first=5)
