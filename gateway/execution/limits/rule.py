"""What a rule is, and the check of a document against all of them."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from msgspec import Struct

from ..request import Refused
from .selections import Selections


class Limits(Struct, frozen=True, kw_only=True):
    """The most that a document may have of each. The defaults of the settings are in `gateway.settings`."""

    bytes: int = 65_536
    tokens: int = 2_000
    definitions: int = 100
    depth: int = 20
    root_fields: int = 20
    aliases: int = 50
    directives: int = 50
    fields: int = 500
    comparisons: int = 2_000
    introspection_depth: int = 2


class Rule(Struct, frozen=True):
    """`name` is the member of Limits, `counts` says in words what `measure` counts in an operation, at worst."""

    name: str
    code: str
    counts: str
    measure: Callable[[Selections], int]


def exceeded(rules: Iterable[Rule], selections: Selections, limits: Limits) -> Refused | None:
    """The first rule that the document breaks, None where it keeps them all."""
    for rule in rules:
        most = getattr(limits, rule.name)
        if rule.measure(selections) > most:
            return Refused.because(f"the document has more than {most} {rule.counts}", rule.code, limit=most)
    return None
