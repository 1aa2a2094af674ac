"""Who may claim which telemetry: a person only what lies within the scope of a project that they administer; pure rules."""

from __future__ import annotations

import re
from collections.abc import Sequence

from msgspec import Struct

from datasources.exceptions import BadInput
from datasources.records.projects import Project
from datasources.scope import Rule
from datasources.scoping.rules import check_label

MAX_RULES = 10
MAX_VALUES = 50
MAX_CHARACTERS = 200


class ScopeInput(Struct, frozen=True):
    """A scope as a person asks for it: (label, value) pairs, one label twice meaning either value.

    None for a tenant or source means that of the project that the scope lies within.
    """

    labels: tuple[tuple[str, str], ...]
    tenant: str | None = None
    metrics_source: str | None = None
    logs_source: str | None = None
    traces_source: str | None = None


def rules_of(labels: Sequence[tuple[str, str]], *, argument: str) -> tuple[Rule, ...]:
    """One rule per label, with its values in the order given.

    Raises: BadInput for no label at all, an empty or odd value, a name that can be no scope's label, and too many.
    """
    values: dict[str, list[str]] = {}
    for label, value in labels:
        if value not in values.setdefault(label, []):
            values[label].append(value)
    if not values:
        raise BadInput("a scope needs at least one label: without one it would be everything", argument=argument)
    if len(values) > MAX_RULES or any(len(found) > MAX_VALUES for found in values.values()):
        raise BadInput(f"at most {MAX_RULES} labels with {MAX_VALUES} values each", argument=argument)
    try:
        for label, found in values.items():
            check_label(label)
            if any(len(text) > MAX_CHARACTERS for text in (label, *found)):
                raise ValueError(f"at most {MAX_CHARACTERS} characters")
        return tuple(Rule(label, tuple(found)) for label, found in values.items())
    except ValueError as error:
        raise BadInput(str(error), argument=argument) from None


def is_within(rules: Sequence[Rule], outer: Sequence[Rule]) -> bool:
    """Whether whatever `rules` (of all signals) select, the `outer` ones select too.

    Rules are ANDed: each of the outer ones has to be there again, with no value that it does not have.
    """
    return all(any(_narrows(rule, wall) for rule in rules) for wall in outer)


def lies_within(asked: ScopeInput, rules: Sequence[Rule], outer: Project) -> bool:
    """Whether a scope that is asked for lies within a project's: rules, tenant and sources."""
    same = (
        (asked.tenant, outer.scope.tenant),
        (asked.metrics_source, outer.metrics_source),
        (asked.logs_source, outer.logs_source),
        (asked.traces_source, outer.traces_source),
    )
    return all(wanted is None or wanted == given for wanted, given in same) and is_within(rules, outer.scope.rules)


def _narrows(rule: Rule, wall: Rule) -> bool:
    if rule.label != wall.label or not rule.values or not wall.signals <= rule.signals:
        return False
    if wall.pattern is not None:
        return all(re.fullmatch(wall.pattern, value, re.ASCII) for value in rule.values)
    return set(rule.values) <= set(wall.values)
