from __future__ import annotations

import json
from pathlib import Path

import pytest

from gateway.demo.simulators.tempo.traceql.errors import InvalidQuery
from gateway.demo.simulators.tempo.traceql.nodes import MetricsQuery, RankStage
from gateway.demo.simulators.tempo.traceql.parser import parse_identifier, parse_query
from gateway.demo.simulators.tempo.traceql.validation import validate

ADVERSARIAL = Path(__file__).parents[4] / "fixtures" / "adversarial" / "traceql.json"
READ_AS = {
    "{}": "{ true }",
    "{ .a = 1 || .b = 2 && .c = 3 }": "{ ((.a = 1) || (.b = 2)) && (.c = 3) }",
    "{ .a = 1 && .b = 2 || .c = 3 }": "{ ((.a = 1) && (.b = 2)) || (.c = 3) }",
    "{ .a + 2 * 3 = 7 }": "{ (.a + (2 * 3)) = 7 }",
    "{ .a ^ 2 ^ 3 = 7 }": "{ (.a ^ (2 ^ 3)) = 7 }",
    "{ !.a = true }": "{ (!.a) = true }",
    "{ -.a * 2 > 3 }": "{ (-(.a * 2)) > 3 }",
    "{ .a != nil && nil = .b }": "{ (.a != nil) && (.b = nil) }",
    '{ span."http route" = "x" }': '{ span."http route" = `x` }',
    "{ span:status = error && trace:duration > 1h2m3.5s }": "{ (status = error) && (traceDuration > 1h2m3.5s) }",
    "{ duration > 1d && .x = 1us500ns }": "{ (duration > 24h0m0s) && (.x = 1.5µs) }",
    "{ .x = .5 && .y = 1e3 && .z = maxInt }": "{ ((.x = 0.5) && (.y = 1000.0)) && (.z = 9223372036854775807) }",
    "{ name = `a\\n` } // done": "{ name = `a\\n` }",
    '{ /* why */ name = "\\"\\u0041\\n" }': '{ name = `"A\n` }',
    "{.a=1}>>{.b=2}|count()>2|avg(duration)<1s": "({ .a = 1 }) >> ({ .b = 2 })|(count()) > 2|(avg(duration)) < 1s",
    "{ } | by(.a) | coalesce() | select(.b, name)": "{ true }|by(.a)|coalesce()|select(.b, name)",
    "{ } | count() > 2 * 3 + 1": "{ true }|(count()) > 7",
}


@pytest.mark.parametrize("text", READ_AS)
def test_query_is_read_as(text: str) -> None:
    query = parse_query(text)
    validate(query)
    assert str(query.expression) == READ_AS[text]


def test_metrics_query_keeps_groups_quantiles_ranks_and_hints() -> None:
    query = parse_query("{} | quantile_over_time(duration, .5, 1) by (name, .a) | topk(3) with(exemplars=2)")
    assert isinstance(query.expression, MetricsQuery)
    assert query.expression.aggregate.quantiles == (0.5, 1.0)
    assert [str(attribute) for attribute in query.expression.aggregate.by] == ["name", ".a"]
    assert query.expression.stages == (RankStage("topk", 3),)
    assert query.hints == {"exemplars": 2}


REFUSED_WITH = {
    "": "parse error : syntax error: unexpected $end",
    "{": "parse error at line 1, col 2: syntax error: unexpected $end",
    "{ } extra": "parse error at line 1, col 5: syntax error: unexpected IDENTIFIER",
    "{ foo = 1 }": "parse error at line 1, col 3: unknown identifier: foo",
    "{ .a = 1": "parse error at line 1, col 9: syntax error: unexpected $end",
    "{\n  .a ==1 }": "parse error at line 2, col 7: syntax error: unexpected =",
    '{ .a = "x }': "parse error at line 1, col 8: literal not terminated",
    "{ .a = 'x' }": "parse error at line 1, col 8: unknown identifier: 'x'",
    "{ nil }": "parse error at line 1, col 7: syntax error: unexpected }, expecting = or !=",
    "{ . = 1 }": "parse error at line 1, col 3: syntax error: unexpected END_ATTRIBUTE, expecting IDENTIFIER",
    "{ span:nope = 1 }": "parse error at line 1, col 8: syntax error: unexpected IDENTIFIER",
    "{} | rate(": "parse error at line 1, col 11: syntax error: unexpected $end, expecting )",
    "{} | nope()": "parse error at line 1, col 6: syntax error: unexpected IDENTIFIER",
    "rate()": "parse error at line 1, col 1: syntax error: unexpected rate",
    "{} | compare({ status = error })": "parse error at line 1, col 6: syntax error: unexpected compare",
    "{ } && by(name)": "parse error at line 1, col 5: syntax error: unexpected &&",
    "{ .a = 1 } with (most_recent=true) { }": "parse error at line 1, col 36: syntax error: unexpected {",
    '{ duration = "x" }': "binary operations must operate on the same type: duration = `x`",
    "{ status > error }": "illegal operation for the given types: status > error",
    "{ name = nil }": "name=nil is not valid because intrinsics cannot be nil",
    "{ resource.service.name = nil }": (
        "resource.service.name=nil is not valid because resource.service.name cannot be nil"
    ),
    '{ name =~ "(" }': "invalid regex: `(`",
    '{ name =~ "(?=a)" }': "invalid regex: `(?=a)`",
    "{ 1 + 1 }": "span filter field expressions must resolve to a boolean: { 1 + 1 }",
    "{ !1 }": "illegal operation for the given type: !1",
    "{ parent.a = 1 }": "parent not yet supported",
    "{ } | by(1 = 1)": "grouping field expressions must reference the span: by(1 = 1)",
    "{ } | avg(name) > 1": "aggregate field expressions must resolve to a number type: avg(name)",
    "{ } | count() + count() > 1": "scalar filter lhs of type (%v) not yet supported",
}


@pytest.mark.parametrize("text", REFUSED_WITH)
def test_query_is_refused_with(text: str) -> None:
    with pytest.raises(InvalidQuery) as refusal:
        validate(parse_query(text))
    assert str(refusal.value) == REFUSED_WITH[text]


@pytest.mark.parametrize(
    "text",
    [
        "(" * 5000 + "{}" + ")" * 5000,
        "{" + "(" * 5000 + ".a" + ")" * 5000 + "}",
        "{ " + " && ".join([".a = 1"] * 5000) + " }",
        " && ".join(["{}"] * 5000),
        "{ .a = " + "9" * 5000 + " }",
        "{ .a" + " = 1" * 5000 + " }",
        "{ " + "!" * 5000 + ".a }",
        "{ } | count() > " + "-" * 5000 + "1",
    ],
    ids=[
        "parentheses",
        "field parentheses",
        "conditions",
        "spansets",
        "digits",
        "comparisons",
        "negations",
        "minus signs",
    ],
)
def test_text_that_would_exhaust_the_stack_is_refused(text: str) -> None:
    with pytest.raises(InvalidQuery, match="parse error at line 1"):
        parse_query(text)


@pytest.mark.parametrize("case", json.loads(ADVERSARIAL.read_text()), ids=lambda case: case["query"][:60])
def test_hostile_query_that_may_be_scoped_parses(case: dict[str, str]) -> None:
    if case["expect"] == "scoped":
        validate(parse_query(case["query"]))
    else:
        assert _parses_or_is_refused(case["query"])


def _parses_or_is_refused(text: str) -> bool:
    """Whatever comes, nothing but InvalidQuery is raised."""
    try:
        validate(parse_query(text))
    except InvalidQuery as error:
        return bool(str(error))
    return True


@pytest.mark.parametrize(
    ("text", "scope", "name"),
    [
        ("span.http.route", "span", "http.route"),
        (".x", "", "x"),
        ("name", "", "name"),
        ("trace:duration", "", "traceDuration"),
    ],
)
def test_identifier_of_a_tag_is_an_attribute(text: str, scope: str, name: str) -> None:
    attribute = parse_identifier(text)
    assert (attribute.scope, attribute.name) == (scope, name)


@pytest.mark.parametrize("text", ["service.name", "", "1", ".a = 1", "name} {", "span."])
def test_what_is_no_attribute_is_no_identifier(text: str) -> None:
    with pytest.raises(InvalidQuery):
        parse_identifier(text)
