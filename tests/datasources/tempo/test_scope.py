"""The TraceQL scoper: the hostile list, refusals with their positions, rules of every kind, and a mutation fuzz."""

from __future__ import annotations

import json
import os
import random
import re
import time
from pathlib import Path

import pytest

from datasources.scope import Refused, Rule, Scope, Signal
from datasources.tempo.attributes import resource_attribute
from datasources.tempo.scope import (
    condition,
    fixed_filters,
    narrow,
    narrow_metrics,
    narrow_search,
    narrow_traces,
)
from datasources.tempo.scope_check import check_scoped
from tests.datasources.tempo.recordings import SHOP, recorded_queries

ADVERSARIAL = json.loads((Path(__file__).parents[2] / "fixtures" / "adversarial" / "traceql.json").read_text())
WALL = '(resource.service.namespace = "shop")'
SELECTED = "| select ( name , kind , status , nestedSetParent , resource.service.name ) with ( most_recent = true )"
MUTANTS = int(os.environ.get("FUZZ_MUTANTS", "20000"))
STRING = re.compile(r'"(?:[^"\\]|\\.)*"')


def assert_walled(text: str) -> None:
    """A reading of its own: every `{` opens the wall, alone or followed by one pair of parentheses up to its `}`."""
    bare = STRING.sub('"_"', text)
    wall = STRING.sub('"_"', WALL)
    assert bare.lstrip("( -0123456789.*+/").startswith("{")
    opened = 0
    for part in bare.split("{")[1:]:
        inside, closed, after = part.partition("}")
        assert closed
        assert "}" not in after
        assert inside.startswith(f" {wall} ")
        rest = inside.removeprefix(f" {wall} ").strip()
        if rest:
            assert rest.startswith("&& ( ")
            assert rest.endswith(" )")
            depth = 0
            for char in rest.removeprefix("&& ( ").removesuffix(" )"):
                depth += (char == "(") - (char == ")")
                assert depth >= 0
            assert depth == 0
        opened += 1
    assert opened
    assert WALL in text
    foreign = {"rootName", "rootServiceName", "trace:rootName", "trace:rootService", "compare", "parent"}
    assert not [word for word in bare.split() if word in foreign or word.startswith("parent.")]


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
    "traceql, text",
    [
        ("{}", f"{{ {WALL} }}"),
        ("{ status=error }", f"{{ {WALL} && ( status = error ) }}"),
        ("{ true || false }", f"{{ {WALL} && ( true || false ) }}"),
        ('{ .a = `x"\\y` }', f'{{ {WALL} && ( .a = "x\\"\\\\y" ) }}'),
        ("{ duration > 1.5µs }", f"{{ {WALL} && ( duration > 1.5us ) }}"),
        ("{} >> {.a=1}", f"{{ {WALL} }} >> {{ {WALL} && ( .a = 1 ) }}"),
        ("count() > 3", f"{{ {WALL} }} | count ( ) > 3"),
        ("by(name)", f"{{ {WALL} }} | by ( name )"),
        ("{}|rate()by(name)|topk(3)", f"{{ {WALL} }} | rate ( ) by ( name ) | topk ( 3 )"),
    ],
)
def test_text_that_is_sent_is_canonical(traceql: str, text: str) -> None:
    assert narrow(traceql, SHOP).text == text


@pytest.mark.parametrize(
    "traceql, position",
    [
        ("{ a", 2),
        ("{ .a = 1", 8),
        ("{ .a = 1 } ; drop", 11),
        ("  { rootName = `x` }", 4),
        ("{} // x", 3),
        ("{} | compare({})", 5),
        ("{} && max(duration) > 1s", 6),
        ('{ .a = "x', 7),
        ("{ .a = 'x' }", 7),
        ("{} with (debug=true)", 9),
        ("{ .a = 1 } }", 11),
        ("{" + " (" * 61, 122),
    ],
)
def test_refusal_points_into_the_text_as_written(traceql: str, position: int) -> None:
    with pytest.raises(Refused) as caught:
        narrow(traceql, SHOP)
    assert caught.value.position == position
    assert caught.value.extensions == {"position": position}


@pytest.mark.parametrize(
    "traceql, position", [("{ .a = 1", 8), ("{} | rate()", 5), ("{} | rate() by (name)", 5), ("{ a }", 2)]
)
def test_search_refuses_in_the_words_of_the_text_as_written(traceql: str, position: int) -> None:
    with pytest.raises(Refused) as caught:
        narrow_search(traceql, SHOP, also="{ status = error }")
    assert caught.value.position == position


@pytest.mark.parametrize(
    "traceql, also, text",
    [
        ("", None, f"{{ {WALL} }} {SELECTED}"),
        (" \n", None, f"{{ {WALL} }} {SELECTED}"),
        ("", "{ status = error }", f"{{ {WALL} }} | {{ {WALL} && ( status = error ) }} {SELECTED}"),
        ("{.a=1}", None, f"{{ {WALL} && ( .a = 1 ) }} {SELECTED}"),
        ("{} with (most_recent=false)", None, f"{{ {WALL} }} {SELECTED}"),
        (
            "({} | count() > 1) && {}",
            None,
            f"( {{ {WALL} }} | count ( ) > 1 ) && {{ {WALL} }} with ( most_recent = true )",
        ),
    ],
    ids=["all", "blank", "filter alone", "query alone", "own hints replaced", "pipelines in parentheses"],
)
def test_search_asks_for_the_newest_with_what_a_list_shows(traceql: str, also: str | None, text: str) -> None:
    assert narrow_search(traceql, SHOP, also=also).text == text


def test_filter_narrows_after_the_person_own_stages() -> None:
    text = narrow_search("{.a=1} | count() > 2", SHOP, also="{ status = error }").text
    assert text.startswith(f"{{ {WALL} && ( .a = 1 ) }} | count ( ) > 2 | {{ {WALL} && ( status = error ) }} | select")


def test_numbers_are_asked_for_without_exemplars() -> None:
    text = narrow_metrics("{ .a = 1 }", SHOP, function="rate()").text
    assert text == f"{{ {WALL} && ( .a = 1 ) }} | rate ( ) with ( exemplars = false )"


@pytest.mark.parametrize("also, function", [("{ true }", None), (None, "rate()")], ids=["filter", "rate"])
def test_pipelines_in_parentheses_take_no_further_stage(also: str | None, function: str | None) -> None:
    with pytest.raises(Refused, match="parentheses"):
        if function:
            narrow_metrics("({} | count() > 1) && {}", SHOP, function=function, also=also)
        else:
            narrow_search("({} | count() > 1) && {}", SHOP, also=also)


def test_traces_are_named_without_their_leading_zeros() -> None:
    text = narrow_traces(["00ab" + "0" * 28, "f" * 32], SHOP).text
    wanted = f'trace:id = "ab{"0" * 28}" || trace:id = "{"f" * 32}"'
    assert text.startswith(f"{{ {WALL} && ( {wanted} ) }} | select")


@pytest.mark.parametrize(
    "rules, wall",
    [
        (
            (Rule("service_namespace", ("a", "b")),),
            '(resource.service.namespace = "a" || resource.service.namespace = "b")',
        ),
        ((Rule("k8s_pod_name", pattern="shop-.+"),), '(resource.k8s.pod.name =~ "shop-.+")'),
        ((Rule("a", ("x",)), Rule("b", ("y",))), '(resource.a = "x") && (resource.b = "y")'),
        ((Rule("a", ('x" || true) } {',)),), '(resource.a = "x\\" || true) } {")'),
        ((Rule("a", ("x",)), Rule("b", ("y",), signals=frozenset({Signal.LOGS}))), '(resource.a = "x")'),
    ],
    ids=["values", "pattern", "two rules", "hostile value", "rule of another signal"],
)
def test_every_rule_stands_in_the_wall(rules: tuple[Rule, ...], wall: str) -> None:
    scope = Scope(frozenset({"p"}), rules)
    assert narrow("{ .a = 1 } > {}", scope).text == f"{{ {wall} && ( .a = 1 ) }} > {{ {wall} }}"


@pytest.mark.parametrize(
    "rule",
    [Rule("a b", ("x",)), Rule("a{}", ("x",)), Rule("a", pattern=".*"), Rule("a", pattern="(")],
    ids=["space", "braces", "matches the empty text", "no expression"],
)
def test_rule_that_would_be_no_wall_is_an_error(rule: Rule) -> None:
    with pytest.raises(ValueError):
        condition(Scope(frozenset({"p"}), (rule,)))


def test_scope_without_a_rule_for_traces_is_an_error() -> None:
    with pytest.raises(ValueError):
        narrow("{}", Scope(frozenset({"p"}), (Rule("a", ("x",), signals=frozenset({Signal.METRICS})),)))


@pytest.mark.parametrize(
    "label, attribute",
    [
        ("service_namespace", "service.namespace"),
        ("service_instance_id", "service.instance.id"),
        ("deployment_environment_name", "deployment.environment.name"),
        ("cloud_availability_zone", "cloud.availability_zone"),
        ("process_executable_build_id_gnu", "process.executable.build_id.gnu"),
        ("container_image_repo_digests", "container.image.repo_digests"),
        ("team", "team"),
        ("team_name", "team.name"),
        ("my.team_name", "my.team_name"),
    ],
)
def test_label_becomes_the_resource_attribute_of_the_same_meaning(label: str, attribute: str) -> None:
    assert resource_attribute(label) == attribute


def test_tag_endpoints_get_plain_equalities_only() -> None:
    scope = Scope(frozenset({"p"}), (Rule("a", ("x", 'y"')), Rule("b", ("z",))))
    assert fixed_filters(scope) == [
        '{ resource.a = "x" && resource.b = "z" }',
        '{ resource.a = "y\\"" && resource.b = "z" }',
    ]


@pytest.mark.parametrize(
    "text",
    [
        f"{{ {WALL} && ( true ) || ( true ) }}",
        f"{{ {WALL} || ( true ) }}",
        f"{{ {WALL} && ( true ) }} >> {{ true }}",
        f"{{ {WALL} && ( ( true ) }}",
        f"{{ {WALL} }} # x",
        f"max ( duration ) > 1s | {{ {WALL} }}",
    ],
    ids=["left early", "joined by or", "second without", "left open", "comment", "starts without"],
)
def test_second_reading_sees_what_the_first_must_not_write(text: str) -> None:
    with pytest.raises(Refused):
        check_scoped(text, f"{{ {WALL}", text.count("{"))


def test_recorded_queries_keep_their_words() -> None:
    kept = 0
    for query in recorded_queries():
        try:
            text = narrow(query, SHOP).text
        except Refused:
            continue
        kept += 1
        squeezed = text.replace(f"{WALL} && ( ", "").replace(WALL, "").replace(" ", "")
        assert sorted(re.sub(r"[(){} ]", "", squeezed)) == sorted(re.sub(r"[(){} ]", "", query))
    assert kept > 20


@pytest.mark.parametrize(
    "text",
    ["{" * 16_000, "(" * 16_000, "1" * 16_000, "{}" * 8_000, "{ ." + "a" * 16_000, "{ " + "!" * 15_000, "1d" * 8_000]
    + ['{ ."' + "a" * 16_000, "{ " + "&& " * 5_000, "{}" + " with (sample=0.1)" * 800],
    ids=lambda text: text[:6],
)
def test_no_input_takes_long(text: str) -> None:
    assert min(seconds_for(text) for _ in range(3)) < 0.1


def seconds_for(text: str) -> float:
    started = time.process_time()
    try:
        narrow(text, SHOP)
    except Refused:
        pass
    return time.process_time() - started


def test_mutants_never_leave_the_wall() -> None:
    chance = random.Random(int(os.environ.get("FUZZ_SEED", "7")))
    seeds = [case["query"] for case in ADVERSARIAL] + recorded_queries()
    pieces = [
        "{",
        "}",
        "(",
        ")",
        " || ",
        " && ",
        "|",
        '"',
        "`",
        "\\",
        "/*",
        "*/",
        "//",
        "\n",
        "\x00",
        "é",
        ".a",
        "rate()",
    ]
    pieces += ["{}", "{ true }", "} || {", "by(name)", "count()", "with (", "parent", "rootName", ">>", "!", "~", "="]
    written = 0
    for _ in range(MUTANTS):
        text = chance.choice(seeds)
        for _ in range(chance.randint(1, 4)):
            at, to = sorted((chance.randint(0, len(text)), chance.randint(0, len(text))))
            other = chance.choice(seeds)
            middle = chance.choice(["", chance.choice(pieces), text[at:to] * 2, other[: chance.randint(0, len(other))]])
            text = text[:at] + middle + text[to if chance.random() < 0.5 else at :]
        try:
            narrowed = narrow(text, SHOP).text
        except Refused as refused:
            assert refused.position is None or 0 <= refused.position <= len(text)
            continue
        written += 1
        assert_walled(narrowed)
    assert written > MUTANTS / 50
