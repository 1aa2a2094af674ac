"""Rules as matchers, contradictions, membership, and scopes that become one."""

from __future__ import annotations

import pytest

from datasources.scope import Rule, Scope, Signal
from datasources.scoping.merge import MAX_VALUES, merge_scopes, scope_label
from datasources.scoping.rules import Matcher, is_conflict, is_within, matcher_for

SHOP = Rule("ns", ("shop",))
TWO = Rule("ns", ("shop", "b.nk"))
JOB = Rule("job", pattern="shop/.+")


@pytest.mark.parametrize(
    "rule, matcher",
    [
        (SHOP, Matcher("ns", "=", "shop")),
        (TWO, Matcher("ns", "=~", r"shop|b\.nk")),
        (JOB, Matcher("job", "=~", "shop/.+")),
    ],
    ids=["value", "values", "pattern"],
)
def test_rule_becomes_one_anchored_matcher(rule: Rule, matcher: Matcher) -> None:
    assert matcher_for(rule) == matcher


@pytest.mark.parametrize(
    "pattern",
    [".*", "shop|", "(", "(?i)shop", "(?=shop)shop", r"(shop)\1", "[[:alpha:]]+", r"\pL+", "shop.*+", "a{,5}b", "a\nb"],
)
def test_pattern_that_would_be_no_wall_or_reads_differently_is_refused(pattern: str) -> None:
    with pytest.raises(ValueError):
        matcher_for(Rule("job", pattern=pattern))


@pytest.mark.parametrize("label", ["service.name", "a b", "1a", 'a"', "лабел"])
def test_label_that_needs_quotes_cannot_be_a_rule(label: str) -> None:
    with pytest.raises(ValueError):
        matcher_for(Rule(label, ("shop",)))


@pytest.mark.parametrize(
    "rule, op, value, conflict",
    [
        (SHOP, "=", "bank", True),
        (SHOP, "=", "", True),
        (SHOP, "=", "shop", False),
        (SHOP, "!=", "shop", True),
        (TWO, "!=", "shop", False),
        (SHOP, "=~", "bank", False),
        (SHOP, "=", None, False),
        (Rule("ns", pattern="s.+"), "=", "bank", False),
    ],
)
def test_only_a_provable_contradiction_is_one(rule: Rule, op: str, value: str | None, conflict: bool) -> None:
    assert is_conflict([rule], "ns", op, value) is conflict
    assert not is_conflict([rule], "other", op, value)


@pytest.mark.parametrize(
    "labels, within",
    [
        ({"ns": "shop", "job": "shop/cart"}, True),
        ({"ns": "shop", "job": "bank/shop/cart"}, False),
        ({"ns": "shop"}, False),
        ({"ns": "", "job": "shop/cart"}, False),
        ({}, False),
    ],
)
def test_thing_is_within_where_every_rule_holds(labels: dict[str, str], within: bool) -> None:
    assert is_within([TWO, JOB], labels) is within


def test_nothing_is_within_no_rules() -> None:
    assert not is_within([], {"ns": "shop"})


def scope(*rules: Rule, project: str = "p", tenant: str | None = None) -> Scope:
    return Scope(frozenset({project}), rules, tenant)


def test_scopes_with_the_same_label_and_tenant_become_one() -> None:
    merged = merge_scopes([scope(SHOP, project="a"), scope(Rule("ns", ("bank",)), project="b")], Signal.METRICS)
    assert merged == Scope(frozenset("ab"), (Rule("ns", ("shop", "bank")),))
    assert scope_label(merged, Signal.METRICS) == "ns"


@pytest.mark.parametrize(
    "other",
    [
        scope(SHOP, tenant="t"),
        scope(Rule("job", ("shop",))),
        scope(JOB),
        scope(SHOP, Rule("env", ("prod",))),
        scope(Rule("ns", tuple(f"n{n}" for n in range(MAX_VALUES)))),
    ],
    ids=["tenant", "label", "pattern", "two rules", "too many values"],
)
def test_scopes_that_cannot_be_one_stay_apart(other: Scope) -> None:
    assert merge_scopes([scope(SHOP), other], Signal.METRICS) is None


def test_only_the_rules_of_the_signal_count_in_a_merge() -> None:
    logs_only = Rule("env", ("prod",), signals=frozenset({Signal.LOGS}))
    merged = merge_scopes([scope(SHOP, logs_only), scope(SHOP, project="q")], Signal.METRICS)
    assert merged is not None
    assert merged.rules == (SHOP,)
    assert merge_scopes([scope(SHOP, logs_only), scope(SHOP, project="q")], Signal.LOGS) is None
