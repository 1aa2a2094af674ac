"""A scope's rules as matchers, and what contradicts them."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from ..scope import Rule
from .strings import quote_re2

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class Matcher(NamedTuple):
    """One matcher, unquoted. `op` is `=` or `=~`; both anchor."""

    label: str
    op: str
    value: str


def matcher_for(rule: Rule) -> Matcher:
    """The rule in PromQL and LogQL: an equality, or an anchored expression of quoted alternatives or the operator's own.

    Raises: ValueError for a label or a pattern that would be no wall.
    """
    check_label(rule.label)
    if rule.pattern is not None:
        check_pattern(rule.pattern)
        return Matcher(rule.label, "=~", rule.pattern)
    if len(rule.values) == 1:
        return Matcher(rule.label, "=", rule.values[0])
    return Matcher(rule.label, "=~", "|".join(quote_re2(value) for value in rule.values))


def check_label(label: str) -> None:
    """Raises: ValueError for a name that is no plain label."""
    if not _LABEL.fullmatch(label) or label == "__name__":
        raise ValueError(f"{label!r} cannot be a scope's label")


def check_pattern(pattern: str) -> None:
    """Only what Python and RE2 read alike may be a rule, and it must not match the empty text, which means "no such label".

    Raises: ValueError.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            found = re.compile(pattern, re.ASCII)
    except (re.error, Warning) as error:
        raise ValueError(f"{pattern!r} is no regular expression that a rule can be: {error}") from None
    if not pattern.isprintable() or re.search(r"\(\?(?![:P])|\\[^\w\s]?\d|\(\?P[=>]|[*+?}]\+|\{,", pattern):
        raise ValueError(f"{pattern!r} uses look-around, flags, references or a repetition that RE2 reads differently")
    if found.fullmatch(""):
        raise ValueError(f"{pattern!r} matches the empty text, so it would be no wall")


def is_conflict(rules: Iterable[Rule], label: str | None, op: str, value: str | None) -> bool:
    """Whether a person's own `=` or `!=` on a scope's label can match nothing within the scope.

    Saying so is a courtesy: the rules are ANDed in any case.
    """
    for rule in rules:
        if rule.label == label and value is not None and rule.values:
            if op == "=" and value not in rule.values:
                return True
            if op == "!=" and rule.values == (value,):
                return True
    return False


def is_within(rules: Sequence[Rule], labels: dict[str, str]) -> bool:
    """Whether a thing with these labels is the project's: every rule holds, and a missing label is foreign.

    Never without a rule.
    """
    return bool(rules) and all(_holds(rule, labels.get(rule.label)) for rule in rules)


def _holds(rule: Rule, value: str | None) -> bool:
    if not value:
        return False
    if rule.pattern is not None:
        return re.fullmatch(rule.pattern, value, re.ASCII) is not None
    return value in rule.values
