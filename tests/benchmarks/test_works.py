"""What the benchmark asks is valid, for the gateway as for its peers, and compared to the letter."""

from __future__ import annotations

import json
from typing import Any

import pytest
from graphql import build_schema, parse, validate

from benchmarks.compare import difference
from benchmarks.load import Window
from benchmarks.measure import Figures, ratios
from benchmarks.report import Claim, plot, table
from benchmarks.subset import subset
from benchmarks.upstream import logs, metrics, traces
from benchmarks.works import ALONE, WORKS, Work
from schema.roots import schema


@pytest.mark.parametrize("work", [*WORKS, ALONE], ids=lambda work: work.name)
def test_question_is_valid_in_the_served_schema_and_in_the_peers_part_of_it(work: Work) -> None:
    tree = parse(work.document)
    assert validate(schema._schema, tree) == []
    assert validate(build_schema(subset(schema._schema, [work.document])), tree) == []


def test_each_request_asks_for_something_else() -> None:
    for work in WORKS:
        assert work.body(0) != work.body(1)


def test_upstream_values_agree_where_windows_overlap() -> None:
    form = {"query": 'sum by (service_name) (rate(x{service_namespace="shop"}[75s]))', "step": "60"}
    first, second = (
        json.loads(metrics.query_range(form | {"start": str(start), "end": str(start + 3600)}))["data"]["result"]
        for start in (1_795_348_800, 1_795_348_860)
    )
    assert len(first) == len(second) == len(metrics.SERVICES)
    assert all(one["values"][1:] == other["values"][:-1] for one, other in zip(first, second, strict=True))


def test_upstream_gives_as_much_as_is_asked_for() -> None:
    lines = json.loads(logs.query_range({"query": "{}", "limit": "101"}))["data"]["result"]
    assert sum(len(stream["values"]) for stream in lines) == 101
    assert len(json.loads(traces.search({"limit": "5", "spss": "3"}))["traces"]) == 5
    spans = json.loads(traces.trace(f"{1:016x}{200:016x}"))["trace"]["resourceSpans"]
    assert sum(len(scope["spans"]) for each in spans for scope in each["scopeSpans"]) == 200


@pytest.mark.parametrize(
    ("one", "other", "where"),
    [
        ({"a": [1, 2.0]}, {"a": [1.0, 2]}, None),
        ({"a": 1}, {"a": 2}, "data.a"),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}, "data"),
        ([1], [1, 2], "data"),
        ({"a": None}, {"a": 0}, "data.a"),
    ],
    ids=["numbers", "value", "order", "length", "null"],
)
def test_answers_are_compared_to_the_letter(one: Any, other: Any, where: str | None) -> None:
    found = difference(one, other)
    assert (found is None) if where is None else (found or "").startswith(f"{where}:")


def test_ratios_are_above_one_where_the_gateway_is_better() -> None:
    ours = Figures([2.0], [3.0], [100.0], [10.0], [1.0])
    peers = Figures([6.0], [9.0], [25.0], [40.0], [1.0])
    results = {"small": {"gateway": ours, "apollo": peers}}
    told = ratios(results, "gateway")
    assert told == {"small": {"apollo": {"throughput": 4.0, "cpu": 4.0, "p50": 3.0}}}
    assert "apollo" in table(results, told)
    assert plot(results).count("<rect") == 3


def test_a_claim_without_a_figure_does_not_hold() -> None:
    assert not Claim("x", None, 1).holds
    assert Claim("x", 2, 1).holds
    assert not Claim("x", 2, 1, at_most=True).holds


def test_a_single_answer_has_its_own_time_as_every_quantile() -> None:
    assert Window(1.0, [0.5]).quantile_ms(0.99) == 500
