"""Each rule counts what it says, through fragments, and in time linear in the document."""

from __future__ import annotations

import time

import pytest
from graphql import GraphQLError

from gateway.execution.limits import RULES, Limits, check_text, exceeded, parse_within
from gateway.execution.limits.aliases import ALIASES
from gateway.execution.limits.comparisons import COMPARISONS
from gateway.execution.limits.definitions import DEFINITIONS
from gateway.execution.limits.depth import DEPTH
from gateway.execution.limits.directives import DIRECTIVES
from gateway.execution.limits.fields import FIELDS
from gateway.execution.limits.introspection_depth import INTROSPECTION_DEPTH
from gateway.execution.limits.root_fields import ROOT_FIELDS
from gateway.execution.request import Refused
from tests.gateway.execution.limits.harness import assert_measures, selections

TWICE = " ".join(f"fragment F{i} on T {{ ...F{i + 1} ...F{i + 1} }}" for i in range(60)) + " fragment F60 on T { a }"


@pytest.mark.parametrize(
    ("rule", "text", "measure"),
    [
        (DEFINITIONS, "{ a }", 1),
        (DEFINITIONS, "query A { a } query B { ...F } fragment F on T { a }", 3),
        (DEPTH, "{ a }", 1),
        (DEPTH, "{ a { b } c { d { e } } }", 3),
        (DEPTH, "{ ...F } fragment F on T { a { ... on U { b } } }", 2),
        (DEPTH, "query A { a } query B { a { b } }", 2),
        (DEPTH, "{ ...F } fragment F on T { a { ...F } }", 1),
        (ROOT_FIELDS, "{ a b: a ... { c } ...F } fragment F on T { d { e f } }", 4),
        (ROOT_FIELDS, "query A { a } query B { a b }", 2),
        (ALIASES, "{ a b }", 0),
        (ALIASES, "{ x: a { y: b } ...F ...F } fragment F on T { z: c }", 4),
        (DIRECTIVES, "{ a }", 0),
        (DIRECTIVES, "query ($v: Int @d) @d { a @d @d ... @d { b } ...F @d } fragment F on T { c @d }", 7),
        (FIELDS, "{ a { b c } ...F ...F } fragment F on T { d }", 5),
        (FIELDS, "{ ...Missing }", 0),
        (COMPARISONS, "{ a b c }", 0),
        (COMPARISONS, "{ a a a }", 3),
        (COMPARISONS, "{ a { b } a { b } x: a { b } }", 2),
        (COMPARISONS, "{ a ...F ...F ... on T { a } } fragment F on T { a }", 3),
        (COMPARISONS, "{ ...F ...F } fragment F on T { a { ...F } }", 0),
        (INTROSPECTION_DEPTH, "{ logs { fields { fields { fields } } } }", 0),
        (
            INTROSPECTION_DEPTH,
            "{ __schema { types { fields { type { ...F } } } } } fragment F on T { fields { name } }",
            2,
        ),
        (INTROSPECTION_DEPTH, '{ __type(name: "A") { possibleTypes { interfaces { inputFields { name } } } } }', 3),
    ],
)
def test_rule_counts(rule, text, measure):
    assert_measures(rule, text, measure)


@pytest.mark.parametrize("rule", RULES, ids=lambda rule: rule.name)
def test_rule_takes_no_longer_where_each_fragment_is_spread_twice(rule):
    document = selections("{ ...F0 } " + TWICE)
    started = time.process_time()
    rule.measure(document)
    assert time.process_time() - started < 0.05


def test_fields_of_fragments_that_double_are_counted_to_the_last():
    assert FIELDS.measure(selections("{ ...F0 } " + TWICE)) == 2**60


def test_rules_come_in_their_order_and_the_first_one_refuses():
    refused = exceeded(RULES, selections("{ " + "x: a { b } " * 200 + "}"), Limits())
    assert refused is not None
    assert refused.errors[0]["extensions"]["code"] == "MAX_ROOT_FIELDS_LIMIT"


def test_every_rule_has_a_limit_and_a_code_of_its_own():
    names = {rule.name for rule in RULES}
    assert names | {"bytes", "tokens"} == set(Limits.__struct_fields__)
    assert len({rule.code for rule in RULES}) == len(RULES)


@pytest.mark.parametrize("text", ["{ a }" + " " * 96, "{ a } #" + "é" * 60, "{ a } #" + "\U0001f600" * 30])
def test_a_text_is_measured_in_bytes(text):
    with pytest.raises(Refused) as refused:
        check_text(text, Limits(bytes=100))
    assert refused.value.errors[0]["extensions"] == {"code": "MAX_BYTES_LIMIT", "limit": 100}


def test_a_text_at_its_limit_is_accepted():
    check_text("é" * 50, Limits(bytes=100))


@pytest.mark.parametrize("text", ["{ a b c d }", "#\n#\n#\n#\n#\n{ a }"], ids=["names", "comments"])
def test_parsing_stops_at_the_tokens_limit(text):
    with pytest.raises(Refused) as refused:
        parse_within(text, Limits(tokens=5))
    assert refused.value.errors[0]["extensions"]["code"] == "MAX_TOKENS_LIMIT"


def test_what_is_no_graphql_is_told_as_such():
    with pytest.raises(GraphQLError):
        parse_within("{ a", Limits())
