"""The PromQL scoper: the hostile list, refusals with their positions, rules of every kind, and a mutation fuzz."""

from __future__ import annotations

import json
import os
import random
import re
import time
from pathlib import Path

import promql_parser
import pytest

from datasources.prometheus.scope import MAX_DEPTH, MAX_OPERATORS, MAX_PROMQL_BYTES, narrow, narrow_selector
from datasources.scope import Refused, Rule, Scope, Signal
from tests.datasources.prometheus.recordings import recorded_queries

FIXTURES = Path(__file__).parents[2] / "fixtures"
ADVERSARIAL = json.loads((FIXTURES / "adversarial" / "promql.json").read_text())
SHOP = Scope(frozenset({"shop"}), (Rule("service_namespace", ("shop",)),))
WALL = 'service_namespace="shop"'
MUTANTS = int(os.environ.get("FUZZ_MUTANTS", "20000"))


@pytest.mark.parametrize("case", ADVERSARIAL, ids=[repr(case["query"])[:60] for case in ADVERSARIAL])
def test_hostile_query_comes_out_as_marked(case: dict[str, str]) -> None:
    if case["expect"] == "refused":
        with pytest.raises(Refused):
            narrow(case["query"], SHOP)
    else:
        assert_walled(narrow(case["query"], SHOP).text)


def test_hostile_list_is_whole() -> None:
    assert {case["expect"] for case in ADVERSARIAL} == {"scoped", "refused"}
    assert len(ADVERSARIAL) >= 50


@pytest.mark.parametrize(
    "promql, text",
    [
        ("up", f"up{{{WALL}}}"),
        ("up # bank\n", f"up{{{WALL}}}"),
        ("up{a='b'}", f'up{{{WALL},a="b"}}'),
        ("rate( x [ 5m ] )", f"rate(x{{{WALL}}}[5m])"),
        ("a + ON (b) group_left c", f"a{{{WALL}}} + ON (b) group_left c{{{WALL}}}"),
        ("sum by (a,) (x)", f"sum by (a,) (x{{{WALL}}})"),
        ("x @ -1.5 offset 1m", f"x{{{WALL}}} @ - 1.5 offset 1m"),
        ("NaN > bool Inf", "NaN > bool Inf"),
        ("time()", "time()"),
    ],
)
def test_text_that_is_sent_is_canonical(promql: str, text: str) -> None:
    assert narrow(promql, SHOP).text == text


@pytest.mark.parametrize(
    "promql, position",
    [
        ("sum(rate(up[5m])) ~ 1", 18),
        ('up{a="b"} and up{service_namespace="bank"}', 17),
        ("  info(up)", 2),
        ("up{a=}", 5),
        ("up{a", 4),
        ("sum(up", 6),
        ("up +", 4),
        ("up{a.b='c'}", 4),
        ("up offset x", 10),
        ("rate(up[5m],)", 12),
        ("up{a:b='c'}", 3),
        ("up{'a\\xff'='c'}", 3),
        ("", 0),
    ],
)
def test_refusal_points_into_the_text_as_written(promql: str, position: int) -> None:
    with pytest.raises(Refused) as caught:
        narrow(promql, SHOP)
    assert caught.value.position == position
    assert caught.value.extensions == {"position": position}


@pytest.mark.parametrize(
    "promql",
    ["rate(up)", "histogram_quantile(0.9)", 'up{a=~"("}', "topk(up)", '"a" + 1', "up[5m] + 1"],
)
def test_types_are_checked_before_anything_is_sent(promql: str) -> None:
    with pytest.raises(Refused, match="not valid PromQL") as caught:
        narrow(promql, SHOP)
    assert not re.search(r"\d:\d", caught.value.message)  # positions of the rewritten text would mislead


@pytest.mark.parametrize(
    "promql",
    [
        "up" + " + up" * (MAX_OPERATORS + 1),
        "(" * MAX_DEPTH + "up" + ")" * MAX_DEPTH,
        "a" * (MAX_PROMQL_BYTES + 1),
        "é" * (MAX_PROMQL_BYTES // 2 + 1),
        "x" + "[1m:]" * (MAX_OPERATORS + 1),
    ],
    ids=["operators", "depth", "characters", "bytes", "subqueries"],
)
def test_limits_hold_before_the_native_parser_is_called(promql: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promql_parser, "parse", lambda text: pytest.fail("the parser was called"))
    with pytest.raises(Refused):
        narrow(promql, SHOP)


@pytest.mark.parametrize(
    "rules, wall",
    [
        ((Rule("ns", ("shop", "b.nk")),), r'{ns=~"shop|b\\.nk"}'),
        ((Rule("job", pattern="shop/.+"),), '{job=~"shop/.+"}'),
        ((Rule("ns", ("a",)), Rule("env", ("prod",))), '{ns="a",env="prod"}'),
        ((Rule("ns", ('a"}or{b="c',)),), r'{ns="a\"}or{b=\"c"}'),
        ((Rule("ns", ("a|b", "c")),), r'{ns=~"a\\|b|c"}'),
        ((Rule("ns", ("a",)), Rule("x", ("y",), signals=frozenset({Signal.LOGS}))), '{ns="a"}'),
    ],
    ids=["values", "pattern", "two rules", "hostile value", "hostile alternative", "rule of another signal"],
)
def test_every_kind_of_rule_is_written_first(rules: tuple[Rule, ...], wall: str) -> None:
    assert narrow("{}", Scope(frozenset("p"), rules)).text == wall


def test_scope_without_a_rule_for_metrics_is_no_scope() -> None:
    with pytest.raises(ValueError):
        narrow("up", Scope(frozenset("p"), (Rule("ns", ("a",), signals=frozenset({Signal.LOGS})),)))


@pytest.mark.parametrize(
    "selector, text", [("", "{%s}"), ("up", "up{%s}"), ("{}", "{%s}"), ("up{a='b'}", 'up{%s,a="b"}')]
)
def test_selector_is_exactly_one(selector: str, text: str) -> None:
    assert narrow_selector(selector, SHOP).text == text % WALL


@pytest.mark.parametrize("selector", ["sum(up)", "up or up", "1", "up[5m]", "-up", "(up)", "up, {}", '"up"'])
def test_anything_but_one_selector_is_refused_as_one(selector: str) -> None:
    with pytest.raises(Refused):
        narrow_selector(selector, SHOP)


def test_recorded_queries_pass() -> None:
    passed = 0
    for promql in recorded_queries():
        try:
            assert_walled(narrow(promql, SHOP).text)
            passed += 1
        except Refused:
            continue
    assert passed >= 30


def test_mutants_are_refused_or_walled() -> None:
    chance = random.Random(20_261_122)
    seeds = [case["query"] for case in ADVERSARIAL] + recorded_queries()
    accepted, slowest = 0, 0.0
    for _ in range(MUTANTS):
        mutant = mutate(chance, chance.choice(seeds), seeds)
        started = time.thread_time()
        text, position = outcome(mutant)
        slowest = max(slowest, time.thread_time() - started)
        assert position is None or 0 <= position <= len(mutant)
        if text is not None:
            accepted += 1
            assert_walled(text)
    assert accepted > MUTANTS / 20
    assert slowest < 0.1


def outcome(promql: str) -> tuple[str | None, int | None]:
    try:
        return narrow(promql, SHOP).text, None
    except Refused as refusal:
        return None, refusal.position


PIECES = (
    *"{}()[],=~!\"'`\\#\n\r\t @+-*/^<>:.0x5m",
    " or ",
    " by (a) ",
    "offset 5m",
    "up",
    '="bank"',
    "\\x62",
    "\u00a0",
    "/*",
    "//",
)


def mutate(chance: random.Random, text: str, seeds: list[str]) -> str:
    for _ in range(chance.randint(1, 4)):
        at = chance.randint(0, len(text))
        end = min(len(text), at + chance.randint(0, 6))
        match chance.randint(0, 4):
            case 0:
                text = text[:at] + chance.choice(PIECES) + text[at:]
            case 1:
                text = text[:at] + text[end:]
            case 2:
                text = text[:at] + chance.choice(PIECES) + text[end:]
            case 3:
                other = chance.choice(seeds)
                text = text[:at] + other[chance.randint(0, len(other)) :]
            case _:
                text = text[:end] + text[at:]
    return text


def assert_walled(text: str) -> None:
    """A judge that shares nothing with the scoper: without its strings, every brace is followed by the wall."""
    bare = re.sub(r'"(?:[^"\\]|\\.)*"', lambda found: found[0] if found[0] == '"shop"' else '""', text)
    for found in re.finditer(r"\{", bare):
        assert bare.startswith(f"{{{WALL}", found.start()), text
    assert_no_bare_names(bare, text)


def assert_no_bare_names(bare: str, text: str) -> None:
    outside = re.sub(r"\{[^}]*\}", "{}", bare)
    outside = re.sub(r"(?i)\b(?:by|without|on|ignoring|group_left|group_right) \([^)]*\)", "", outside)
    words = r"(?i)\b(?:and|or|unless|atan2|offset|bool|start|end|inf|nan|group_left|group_right)\b"
    outside = re.sub(words, "", outside)
    for found in re.finditer(r"(?<![\w:.])[A-Za-z_:][\w:]*", outside):
        following = outside[found.end() :].lstrip()
        assert following[:1] in ("{", "("), text
