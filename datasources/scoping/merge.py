"""Several projects' scopes as one, so that one request can serve them all."""

from __future__ import annotations

from collections.abc import Sequence

from ..scope import Rule, Scope, Signal

MAX_VALUES = 100


def merge_scopes(scopes: Sequence[Scope], signal: Signal) -> Scope | None:
    """The union of the scopes' values for one signal, carrying all their projects.

    None where they cannot be one: other tenants, other labels, more than one rule, a pattern, more than 100 values.
    Two projects may share a value: what bears it is part of both answers.
    """
    if not scopes or len({scope.tenant for scope in scopes}) > 1:
        return None
    rules = [scope.rules_for(signal) for scope in scopes]
    if any(len(found) != 1 or not found[0].values for found in rules) or len({found[0].label for found in rules}) > 1:
        return None
    values = dict.fromkeys(value for found in rules for value in found[0].values)
    if len(values) > MAX_VALUES:
        return None
    projects = frozenset().union(*(scope.projects for scope in scopes))
    return Scope(projects, (Rule(rules[0][0].label, tuple(values)),), scopes[0].tenant)


def scope_label(scope: Scope, signal: Signal) -> str | None:
    """The one label that tells the projects of a merged scope apart, None where it has several rules or a pattern."""
    rules = scope.rules_for(signal)
    return rules[0].label if len(rules) == 1 and rules[0].values else None
