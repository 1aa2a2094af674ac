"""What of an answer is a project's: a span counts as foreign until its resource shows the scope. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from ..scope import Rule
from .attributes import resource_attribute
from .otlp import KeyValue, ResourceSpans, texts_of


def shows_scope(attributes: Iterable[KeyValue], rules: Sequence[Rule]) -> bool:
    """Whether these attributes meet every rule. A missing attribute, or one that is no text, is foreign.

    A search returns the attributes that its query compares, so every span that a narrowed query found shows the scope.
    Never without a rule.
    """
    texts = texts_of(attributes)
    return bool(rules) and all(_holds(rule, texts.get(resource_attribute(rule.label))) for rule in rules)


def own_resource_spans(found: Iterable[ResourceSpans], rules: Sequence[Rule]) -> tuple[list[ResourceSpans], int]:
    """The project's part of a trace, and how many spans of others it leaves out, of which nothing else remains."""
    own: list[ResourceSpans] = []
    hidden = 0
    for each in found:
        if shows_scope(each.resource.attributes, rules):
            own.append(each)
        else:
            hidden += each.span_count
    return own, hidden


def _holds(rule: Rule, value: str | None) -> bool:
    if not value:
        return False
    return value in rule.values if rule.pattern is None else re.fullmatch(rule.pattern, value) is not None
