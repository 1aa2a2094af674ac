"""A scope that is asked for lies within another one, or it does not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.exceptions import BadInput
from datasources.records.projects import Project
from datasources.scope import Rule, Scope, Signal
from datasources.scoping.rules import is_within as holds
from resolvers.projects.wall import ScopeInput, is_within, lies_within, rules_of

SHOP = Rule("service_namespace", ("shop",))
BOTH = Rule("service_namespace", ("shop", "store"))
JOBS = Rule("job", pattern="shop/.+")
LOGS_ONLY = Rule("service_namespace", ("shop",), signals=frozenset({Signal.LOGS}))


@pytest.mark.parametrize(
    ("labels", "outer", "within"),
    [
        pytest.param([("service_namespace", "shop")], [SHOP], True, id="the same"),
        pytest.param([("service_namespace", "shop"), ("service_name", "cart")], [SHOP], True, id="a label more"),
        pytest.param([("service_namespace", "shop")], [BOTH], True, id="one of two values"),
        pytest.param([("service_namespace", "store"), ("service_namespace", "shop")], [BOTH], True, id="another order"),
        pytest.param([("service_namespace", "bank")], [SHOP], False, id="another value"),
        pytest.param([("service_namespace", "shop"), ("service_namespace", "bank")], [SHOP], False, id="a value more"),
        pytest.param([("service_name", "cart")], [SHOP], False, id="another label"),
        pytest.param([("service.namespace", "shop")], [SHOP], None, id="the label spelt as traces have it"),
        pytest.param([("service_namespace", "Shop")], [SHOP], False, id="capitals"),
        pytest.param([("service_namespace", "shop.*")], [SHOP], False, id="an expression for a value"),
        pytest.param([("job", "shop/cart")], [JOBS], True, id="a value that the pattern matches"),
        pytest.param([("job", "shop/")], [JOBS], False, id="a value that it does not"),
        pytest.param([("job", "x/shop/cart")], [JOBS], False, id="a value that it matches in the middle"),
        pytest.param([("job", "shop/a\u2028b")], [JOBS], None, id="a value with a line's end"),
        pytest.param([("job", "shop/cart"), ("job", "bank/cart")], [JOBS], False, id="one of two that it matches"),
        pytest.param([("service_namespace", "shop")], [SHOP, JOBS], False, id="one rule of two"),
        pytest.param([("service_namespace", "shop"), ("job", "shop/a")], [SHOP, JOBS], True, id="two rules of two"),
        pytest.param([("service_namespace", "shop")], [LOGS_ONLY], True, id="more signals than the wall"),
    ],
)
def test_a_scope_lies_within_another(labels: Any, outer: list[Rule], within: bool | None) -> None:
    try:
        rules = rules_of(labels, argument="labels")
    except BadInput:
        assert within is None
    else:
        assert is_within(rules, outer) is within


@pytest.mark.parametrize(
    "labels",
    [
        pytest.param([], id="none"),
        pytest.param([("service_namespace", "")], id="an empty value"),
        pytest.param([("", "shop")], id="an empty name"),
        pytest.param([("__name__", "up")], id="the metric's name"),
        pytest.param([("a b", "shop")], id="an odd name"),
        pytest.param([('a"} or {b', "shop")], id="a name that breaks out"),
        pytest.param([("a", "shop\n")], id="a line's end"),
        pytest.param([("a", "x" * 201)], id="a long value"),
        pytest.param([(f"a{n}", "x") for n in range(11)], id="many labels"),
        pytest.param([("a", f"x{n}") for n in range(51)], id="many values"),
    ],
)
def test_labels_that_would_be_no_wall_are_bad_input(labels: Any) -> None:
    with pytest.raises(BadInput) as refused:
        rules_of(labels, argument="input.scope.labels")
    assert refused.value.argument == "input.scope.labels"


NAMES, VALUES = st.sampled_from("abc"), st.sampled_from("xyz")
LABELS = st.lists(st.tuples(NAMES, VALUES), min_size=1, max_size=6)
PATTERNS = st.builds(lambda name, text: Rule(name, pattern=text), NAMES, st.sampled_from(["x", "[xy]", "y|z", ".+"]))
OUTER = st.one_of(LABELS.map(lambda labels: rules_of(labels, argument="")), st.lists(PATTERNS, min_size=1, max_size=2))
SERIES = st.dictionaries(NAMES, VALUES)


@given(LABELS, OUTER, SERIES)
def test_what_a_scope_within_another_selects_the_other_selects_too(
    labels: Any, outer: list[Rule], series: dict[str, str]
) -> None:
    rules = rules_of(labels, argument="")
    if is_within(rules, outer) and holds(rules, series):
        assert holds(outer, series)


@pytest.mark.parametrize(
    ("asked", "within"),
    [
        ({}, True),
        ({"tenant": "one"}, True),
        ({"tenant": "two"}, False),
        ({"tenant": ""}, False),
        ({"metrics_source": "prometheus"}, True),
        ({"metrics_source": "other"}, False),
        ({"logs_source": "other"}, False),
        ({"traces_source": "other"}, False),
    ],
)
def test_tenant_and_sources_are_those_of_the_project_around(asked: dict[str, str], within: bool) -> None:
    outer = Project(
        key=UUID(int=1), number=1, slug="shop", name="Shop", created_at=datetime.now(UTC),
        scope=Scope(frozenset({"p"}), (SHOP,), "one"),
    )  # fmt: skip
    given = ScopeInput((("service_namespace", "shop"),), **asked)
    assert lies_within(given, rules_of(given.labels, argument=""), outer) is within
