"""No LogQL gets around a project's scope: marked hostile queries, hostile scopes, and mutants judged by another reading."""

from __future__ import annotations

import json
import os
import random
import re
import time
from pathlib import Path

import pytest

from datasources.loki.scope import narrow, narrow_selector, read_again
from datasources.scope import Refused, Rule, Scope, Signal
from tests.datasources.loki.recordings import NAMES, recording

HOSTILE = json.loads((Path(__file__).parents[2] / "fixtures" / "adversarial" / "logql.json").read_text())
SHOP = Scope(frozenset({"p1"}), (Rule("service_namespace", ("shop",)),))
PREFIX = '{service_namespace="shop"'
MUTANTS = int(os.environ.get("FUZZ_MUTANTS", "20000"))
SEEDS = [case["query"] for case in HOSTILE if case["query"]] + [
    'sum by (service_name) (rate({service_namespace="shop"} |= "a{b}" | json | status >= 500 [5m]))',
    'quantile_over_time(0.99, {service_name="payment"} | json | unwrap duration_ms | __error__="" [1m]) by (service_name)',
    '{app=`x\\y`} | pattern "<ip> - <_>" | line_format "{{.ip}}" # done\n',
    'topk(2, sum by (app) (rate({app=~".+"}[1m] offset 5m))) / on(app) group_left vector(1)',
]


@pytest.mark.parametrize("case", HOSTILE, ids=lambda case: case["query"][:40] or "empty")
def test_hostile_query_comes_out_as_marked(case):
    if case["expect"] == "refused":
        with pytest.raises(Refused):
            narrow(case["query"], SHOP)
    else:
        assert_scoped(narrow(case["query"], SHOP).text)


def recorded_queries() -> list[str]:
    params = (recording(name)["request"].get("params", {}) for name in NAMES if name.startswith("query"))
    return sorted({found["query"] for found in params if "query" in found})


@pytest.mark.parametrize(
    "query", [query for query in recorded_queries() if '"nope"' not in query and '"bank"' not in query]
)
def test_queries_that_a_real_loki_answered_are_narrowed(query):
    try:
        assert_scoped(narrow(query, SHOP).text)
    except Refused:
        assert "error" in "".join(
            name for name in NAMES if recording(name)["request"].get("params", {}).get("query") == query
        )


@pytest.mark.parametrize(
    "logql, narrowed",
    [
        ("{}", '{service_namespace="shop"}'),
        ('{app="web"}', '{service_namespace="shop", app="web"}'),
        ('{ app = `a"b` }', '{service_namespace="shop", app="a\\"b"}'),
        ('{a="b"} # why\n|= "x"', '{service_namespace="shop", a="b"} |= "x"'),
        ('rate({a="b"}[5m])\n', 'rate({service_namespace="shop", a="b"}[5m])'),
        ('{a="b"} | x > 5µs', '{service_namespace="shop", a="b"} | x > 5us'),
    ],
)
def test_narrowed_text_is_canonical(logql, narrowed):
    assert narrow(logql, SHOP).text == narrowed


@pytest.mark.parametrize(
    "logql, position",
    [
        ('{app="web", service_namespace="bank"}', 12),
        ('sum(rate({app="web"}[5m])) + table("x")', 29),
        ("{app='web'}", 5),
        ('{app="web"} | x=1;', 17),
        ('{app="web"', 10),
        ('{app="web"} // x', 12),
        ("(vector(1)", 10),
        ('{app="\\q"}', 5),
    ],
)
def test_refusal_says_where_in_the_persons_text(logql, position):
    with pytest.raises(Refused) as caught:
        narrow(logql, SHOP)
    assert caught.value.position == position


@pytest.mark.parametrize("size", ["0KB", "0KiB", "0.0B", "0.4B", "0.0001kB", "00M", "0.P"])
def test_size_that_makes_loki_hang_is_refused(size):
    with pytest.raises(Refused) as caught:
        narrow(f"{{}} | size > {size}", SHOP)
    assert caught.value.position == 12


@pytest.mark.parametrize(
    "number", ["0", "0.0", "0s", "0m", "1B", "0.1KB", "10KiB", "0ms", "5m", "1e-3", "0x0", "0.", "1.5GB"]
)
def test_other_numbers_stay_as_they_are(number):
    assert narrow(f"{{}} | size > {number}", SHOP).text.endswith(f"size > {number}")


def test_several_values_become_quoted_alternatives():
    scope = Scope(frozenset(), (Rule("ns", ("a.b", "c|d")), Rule("env", ("prod",))))
    assert narrow('{x="y"}', scope).text == '{ns=~"a\\\\.b|c\\\\|d", env="prod", x="y"}'


def test_an_operators_pattern_is_used_as_it_is():
    scope = Scope(frozenset(), (Rule("job", pattern="shop/.+"),))
    assert narrow("{}", scope).text == '{job=~"shop/.+"}'


@pytest.mark.parametrize("pattern", [".*", "a?", "x|", "(?i)shop"])
def test_pattern_that_would_be_no_wall_is_not_a_rule(pattern):
    with pytest.raises(ValueError):
        narrow("{}", Scope(frozenset(), (Rule("job", pattern=pattern),)))


def test_rules_of_other_signals_do_not_apply():
    scope = Scope(frozenset(), (Rule("job", ("a",), signals=frozenset({Signal.METRICS})),))
    with pytest.raises(ValueError, match="no rule"):
        narrow("{}", scope)


def test_hostile_scope_values_stay_one_literal():
    draw = random.Random(7)
    for _ in range(500):
        value = "".join(draw.choice("shop\"\\{}|=~`'#/,. ()[]*é") for _ in range(draw.randint(1, 12)))
        text = narrow('{app="web"} |= "x"', Scope(frozenset(), (Rule("ns", (value,)), Rule("b", (value, "z"))))).text
        assert len(re.findall(r"[{}]", re.sub(r'"(?:[^"\\]|\\.)*"', "", text))) == 2


@pytest.mark.parametrize(
    "logql, selector",
    [
        ("", '{service_namespace="shop"}'),
        ('{a="b"} |= "x" | json', '{service_namespace="shop", a="b"}'),
        ('sum(rate({a="b"}[5m]))', '{service_namespace="shop", a="b"}'),
    ],
)
def test_selector_is_taken_out_of_a_query(logql, selector):
    assert narrow_selector(logql, SHOP).text == selector


def test_selector_of_a_query_without_one_is_refused():
    with pytest.raises(Refused):
        narrow_selector("vector(1)", SHOP)


@pytest.mark.parametrize(
    "text, count",
    [
        ('{app="web"}', 1),
        ('{service_namespace="shopping"}', 1),
        ('{service_namespace="shop"} {', 1),
        ('{service_namespace="shop", app="web"} or {app="x"}', 2),
        ('{service_namespace="shop"} # x', 1),
        ('table("x", {service_namespace="shop"})', 1),
        ('{service_namespace="shop"}', 2),
    ],
)
def test_second_reading_refuses_what_the_first_should_not_have_written(text, count):
    with pytest.raises(Refused):
        read_again(text, PREFIX, count)


def test_mutants_are_scoped_or_refused():
    draw = random.Random(20261101)
    scoped = 0
    for _ in range(MUTANTS):
        mutant = mutate(draw, draw.choice(SEEDS))
        started = time.perf_counter()
        try:
            text = narrow(mutant, SHOP).text
        except Refused as refused:
            assert refused.position is None or 0 <= refused.position <= len(mutant)
        else:
            scoped += 1
            assert_scoped(text)
        assert time.perf_counter() - started < 0.5
    assert scoped > MUTANTS / 50


@pytest.mark.parametrize(
    "evil",
    [
        "(" * 16_000,
        '{a="b"' + ', a="b"' * 2_200 + "}",
        '{a="b"} |= "x"' * 1_000,
        "9" * 16_000,
        '"' + "\\" * 15_000,
        "#" * 16_000,
        "[" + " " * 16_000,
        "a " * 8_000,
        "1e" * 8_000,
        '{a="b"} | x="' + "\\x41" * 3_000,
        "`" * 16_001,
    ],
    ids=range(11),
)
def test_no_text_takes_long(evil):
    started = time.perf_counter()
    try:
        narrow(evil, SHOP)
    except Refused:
        pass
    assert time.perf_counter() - started < 0.5


def mutate(draw: random.Random, text: str) -> str:
    pieces = [
        "{",
        "}",
        '"',
        "`",
        "'",
        "\\",
        "#",
        "\n",
        "\r",
        "//",
        "/*",
        "*/",
        ",",
        "|",
        "=",
        "=~",
        "(",
        ")",
        "[",
        "]",
        "\x00",
    ]
    pieces += [
        " ",
        "\u00a0",
        "µ",
        "or",
        "unless",
        '{app="x"}',
        'service_namespace="bank"',
        "\\x22",
        "{{",
        "\ufeff",
        "\\",
    ]
    for _ in range(draw.randint(1, 4)):
        at = draw.randint(0, len(text))
        match draw.randrange(4):
            case 0:
                text = text[:at] + draw.choice(pieces) + text[at:]
            case 1:
                text = text[:at] + text[at + draw.randint(1, 4) :]
            case 2:
                text = text[:at] + draw.choice(pieces) + text[at + 1 :]
            case _:
                other = draw.choice(SEEDS)
                text = text[:at] + other[draw.randint(0, len(other)) :]
    return text


def assert_scoped(text: str) -> None:
    """Reads character by character, the way Go's scanner does, and knows nothing of how the text was made."""
    at, in_string = 0, False
    while at < len(text):
        char = text[at]
        if in_string:
            at += 1 if char == "\\" else 0
            in_string = char != '"'
            assert char not in "\n\r"
        elif char == "{":
            assert text.startswith((PREFIX + ",", PREFIX + "}"), at), text
            at = closing_brace(text, at)
        else:
            assert char not in "}`'#\\\n\r\t\x00", text
            assert not text.startswith(("//", "/*"), at), text
            in_string = char == '"'
        at += 1
    assert not in_string


def closing_brace(text: str, at: int) -> int:
    """Where the selector that starts here ends: a list of `name op "string"` and nothing else."""
    found = re.compile(r'\{\w+(?:=|!=|=~|!~)"(?:[^"\\\n]|\\.)*"(?:, \w+(?:=|!=|=~|!~)"(?:[^"\\\n]|\\.)*")*\}').match(
        text, at
    )
    assert found, text
    return found.end() - 1
