"""Hostile queries of the three languages, sent by a member of the shop: beside a bank or alone, the answer is the same."""

from __future__ import annotations

import json
import random
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.gateway.walls.conftest import Worlds, differences

FIXTURES = Path(__file__).parents[2] / "fixtures" / "adversarial"
CASES = {name: json.loads((FIXTURES / f"{name}.json").read_text("utf-8")) for name in ("promql", "logql", "traceql")}
DOCUMENTS = {
    "metrics": """query ($q: String!, $range: TimeRange) { project(slug: "shop") { metrics(range: $range, step: "1m") {
        series(promql: $q, limit: 1000) {
          series { labels { name value } legend values exemplars(first: 2) { traceId labels { name value } } }
          warnings truncated
        }
        vector(promql: $q, limit: 1000) { labels { name value } value } value(promql: $q)
    } } }""",
    "lines": """query ($q: String!, $range: TimeRange) { project(slug: "shop") {
        logs(query: $q, range: $range, first: 20) {
          nodes { cursor line level service labels { name value } fields { name value } traceId }
          pageInfo { hasNextPage endCursor }
        }
    } }""",
    "counts of lines": """query ($q: String!, $range: TimeRange) { project(slug: "shop") {
        logs(query: $q, range: $range) { volume(step: "1m") { level total counts } patterns { pattern total } }
    } }""",
    "traces": """query ($q: String!, $range: TimeRange) { project(slug: "shop") {
        traces(query: $q, range: $range, first: 10) {
          exhaustive nodes {
            id rootService rootName durationMs services { service spanCount errorCount }
            matched { spanId name attributes { name value } }
          }
        }
    } }""",
    "counts of traces": """query ($q: String!, $range: TimeRange) { project(slug: "shop") {
        traces(query: $q, range: $range, first: 10) {
          rate(step: "1m") { series { labels { name value } values } }
          latency(step: "1m") { series { labels { name value } values } }
        }
    } }""",
}
LANGUAGES = {"metrics": "promql", "lines": "logql", "counts of lines": "logql"} | {
    "traces": "traceql",
    "counts of traces": "traceql",
}
OTHER_KIND = ("this wants a log query", "a range such as", *(f"{name}() asks for numbers" for name in (
    "rate", "count_over_time", "max_over_time", "min_over_time", "histogram_over_time"
)), "this gives a matrix", "this gives a string")  # fmt: skip
"""What is said to a query that is scoped, and of another kind than was asked for."""
MUTANTS = 60
PIECES = [
    '"',
    "`",
    "'",
    "}",
    "{",
    ")",
    "(",
    "||",
    "&&",
    " or ",
    ",",
    "\\",
    "#",
    "//",
    "/*",
    "\r",
    "\n",
    '="bank"',
    '=~".*"',
    "!=",
]
PIECES += [
    "service_namespace",
    "resource.service.namespace",
    "rootName",
    "$",
    "\u00a0",
    "\x00",
    "bank",
    "|",
    "[1h]",
    "info(",
]


def window(worlds: Worlds, seconds: int = 300) -> dict[str, str]:
    """The last minutes, as fixed instants."""
    end_s = worlds.now_ns // 60_000_000_000 * 60
    return {"from": _text(end_s - seconds), "to": _text(end_s)}


def _text(at_s: int) -> str:
    return datetime.fromtimestamp(at_s, UTC).isoformat().replace("+00:00", "Z")


def _asked(worlds: Worlds, document: str, expect: str) -> list[dict[str, Any]]:
    cases = CASES[LANGUAGES[document]]
    return [{"q": case["query"], "range": window(worlds)} for case in cases if case["expect"] == expect]


@pytest.mark.parametrize("document", DOCUMENTS)
async def test_a_query_that_is_scoped_is_answered_as_if_there_were_no_bank(worlds: Worlds, document: str) -> None:
    asked = _asked(worlds, document, "scoped")
    answers = await worlds.answers(DOCUMENTS[document], asked)
    assert differences(asked, answers) == []
    refused = [
        (each["q"], error["message"])
        for each, (answer, _) in zip(asked, answers, strict=True)
        for error in answer.get("errors", [])
        if error["extensions"]["code"] == "BAD_USER_INPUT" and not error["message"].startswith(OTHER_KIND)
    ]
    assert refused == []


@pytest.mark.parametrize("document", ["metrics", "lines", "traces"])
async def test_a_query_that_is_refused_reaches_no_source_and_is_told_where(worlds: Worlds, document: str) -> None:
    before = [world.asked() for world in (worlds.beside, worlds.alone)]
    asked = _asked(worlds, document, "refused")
    answers = await worlds.answers(DOCUMENTS[document], asked)
    assert [world.asked() for world in (worlds.beside, worlds.alone)] == before
    assert differences(asked, answers) == []
    for each, (answer, _) in zip(asked, answers, strict=True):
        for error in answer["errors"]:
            assert error["extensions"]["code"] == "BAD_USER_INPUT", each
            assert 0 <= error["extensions"]["position"] <= len(each["q"]), each
            assert error["message"], each


@pytest.mark.parametrize("document", ["metrics", "lines", "traces"])
async def test_mutants_of_hostile_queries_are_answered_as_if_there_were_no_bank(worlds: Worlds, document: str) -> None:
    chance = random.Random(f"{document} 7")
    queries = [case["query"] for case in CASES[LANGUAGES[document]]]
    mutants = [_mutated(chance.choice(queries), chance) for _ in range(MUTANTS)]
    asked = [{"q": query, "range": window(worlds)} for query in mutants]
    assert await worlds.differences(DOCUMENTS[document], asked) == []


def _mutated(query: str, chance: random.Random) -> str:
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(query) + 1)
        cut = at + chance.choice([0, 0, 1, 4])
        query = query[:at] + chance.choice([*PIECES, ""]) + query[cut:]
    return query


async def test_there_is_a_bank_in_one_of_the_worlds(worlds: Worlds) -> None:
    """The control: what the shop's member must not get is there to be got."""
    document = """query ($slug: String!, $range: TimeRange) { project(slug: $slug) {
        metrics(range: $range) { labelValues(label: "service_name") }
        logs(range: $range, first: 5) { nodes { service } } traces(range: $range, first: 5) { nodes { id } }
        errors(first: 5) { nodes { title } }
    } }"""
    asked = {"slug": "bank", "range": window(worlds)}
    bank = (await worlds.beside.ask(document, asked, who="bank"))["data"]["project"]
    assert "ledger" in bank["metrics"]["labelValues"]
    assert [len(bank[name]["nodes"]) for name in ("logs", "traces", "errors")] == [5, 5, 5]
    for world in (worlds.beside, worlds.alone):
        assert await world.ask(document, asked) == {"data": {"project": None}}
