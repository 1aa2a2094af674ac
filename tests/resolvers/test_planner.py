"""Which scopes share a request, and who gets which part of the answer."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from datasources.exceptions import SourceRefused, SourceTimeout, SourceUnavailable
from datasources.records.metrics import RawSeries
from datasources.scope import Rule, Scope, Signal
from resolvers.planner import MAX_MERGED, ask_merged, plan


def scope(*rules: Rule, project: str = "p", tenant: str | None = None) -> Scope:
    return Scope(frozenset({project}), rules, tenant)


def namespace(*values: str) -> Scope:
    return scope(Rule("ns", values), project=values[0])


def series(value: float, **labels: str) -> RawSeries:
    return RawSeries(labels, [0.0], [value])


def test_scopes_with_the_same_label_share_one_request() -> None:
    [only] = plan([("a", namespace("shop")), ("b", namespace("bank"))], Signal.METRICS)
    assert only.labels == ("ns",)
    assert only.scope == Scope(frozenset({"shop", "bank"}), (Rule("ns", ("shop", "bank")),))


@pytest.mark.parametrize(
    "other",
    [
        scope(Rule("ns", ("bank",)), tenant="t"),
        scope(Rule("job", ("bank",))),
        scope(Rule("ns", ("bank", "bank2"))),
        scope(Rule("ns", pattern="b.+")),
        scope(Rule("ns", ("bank",)), Rule("env", ("prod",))),
    ],
    ids=["tenant", "label", "several values", "pattern", "more rules"],
)
def test_scopes_that_cannot_be_told_apart_are_asked_alone(other: Scope) -> None:
    plans = plan([("a", namespace("shop")), ("b", other)], Signal.METRICS)
    assert [(each.labels, each.scope) for each in plans] == [((), namespace("shop")), ((), other)]


def test_one_scope_needs_no_grouping_however_many_ask() -> None:
    [only] = plan([("a", namespace("shop")), ("b", namespace("shop"))], Signal.METRICS)
    assert only.labels == ()
    assert only.split([series(1)]) == {"a": [series(1)], "b": [series(1)]}


def test_many_scopes_are_asked_in_requests_of_a_bounded_size() -> None:
    plans = plan([(n, namespace(f"n{n}")) for n in range(MAX_MERGED + 1)], Signal.METRICS)
    assert [len(each.keys) for each in plans] == [MAX_MERGED, 1]


def test_everyone_gets_their_own_part_without_the_label_that_told_it_apart() -> None:
    [only] = plan([("a", namespace("shop")), ("b", namespace("bank"))], Signal.METRICS)
    found = [series(1, ns="shop", route="/"), series(2, ns="bank"), series(3, ns="other"), series(4)]
    assert only.split(found) == {"a": [series(1, route="/")], "b": [series(2)]}
    assert only.split(found, keep=["ns"])["b"] == [series(2, ns="bank")]


def test_combination_of_labels_that_is_nobodys_is_left_out() -> None:
    one = scope(Rule("ns", ("shop",)), Rule("env", ("prod",)))
    other = scope(Rule("ns", ("bank",)), Rule("env", ("dev",)))
    [only] = plan([("a", one), ("b", other)], Signal.METRICS)
    found = [series(1, ns="shop", env="prod"), series(2, ns="shop", env="dev"), series(3, ns="bank", env="dev")]
    assert only.split(found) == {"a": [series(1)], "b": [series(3)]}


async def test_failure_stays_with_those_who_shared_the_request() -> None:
    async def ask(asked: Scope, labels: tuple[str, ...]) -> Sequence[RawSeries]:
        if asked.tenant:
            raise SourceTimeout("slow", source="prometheus")
        return [series(1)]

    scopes = [("a", namespace("shop")), ("b", scope(Rule("ns", ("bank",)), tenant="t"))]
    answers = await ask_merged(scopes, Signal.METRICS, ask)
    assert answers["a"] == [series(1)]
    assert isinstance(answers["b"], SourceTimeout)


async def test_words_about_a_merged_request_are_shown_to_nobody() -> None:
    async def ask(asked: Scope, labels: tuple[str, ...]) -> Sequence[RawSeries]:
        raise SourceRefused("labels of bank", source="prometheus")

    alone = await ask_merged([("a", namespace("shop"))], Signal.METRICS, ask)
    merged = await ask_merged([("a", namespace("shop")), ("b", namespace("bank"))], Signal.METRICS, ask)
    assert isinstance(alone["a"], SourceRefused)
    assert isinstance(merged["a"], SourceUnavailable)
    assert "bank" not in merged["a"].message
