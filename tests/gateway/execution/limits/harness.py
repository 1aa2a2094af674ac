"""Holds one rule to documents of a known measure: accepted at its limit, refused one below."""

from __future__ import annotations

from graphql import parse

from gateway.execution.limits import Limits, Rule, exceeded
from gateway.execution.limits.selections import Selections


def selections(text: str) -> Selections:
    """The selections of a document."""
    return Selections(parse(text))


def assert_measures(rule: Rule, text: str, measure: int) -> None:
    """The document has exactly `measure` of what the rule counts."""
    assert rule.measure(selections(text)) == measure
    assert exceeded([rule], selections(text), Limits(**{rule.name: measure})) is None
    if measure:
        refused = exceeded([rule], selections(text), Limits(**{rule.name: measure - 1}))
        assert refused is not None
        (error,) = refused.errors
        assert error["extensions"] == {"code": rule.code, "limit": measure - 1}
        assert str(measure - 1) in error["message"]
