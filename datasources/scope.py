"""A project's part of the shared telemetry, and the types of the expressions that are narrowed to it.

A source's methods take these types and nothing else, and only the scopers (`datasources/<source>/scope.py`)
make them: an expression that is not narrowed cannot be sent. `tests/architecture` holds the second half.
"""

from __future__ import annotations

import enum
from dataclasses import dataclass

from .exceptions import BadInput


class Signal(enum.StrEnum):
    """The signals that a rule may speak of."""

    METRICS = "metrics"
    LOGS = "logs"
    TRACES = "traces"


ALL_SIGNALS = frozenset(Signal)


class Refused(BadInput):
    """The expression cannot be narrowed safely, so it is not run. `position` is an offset into the text as written."""


@dataclass(frozen=True, slots=True)
class Rule:
    """`label` must be one of `values`, or match `pattern`, an anchored RE2 expression that an operator wrote.

    Labels are written as Prometheus and Loki know them (`service_namespace`); for traces a scoper names the
    attribute (`service.namespace`). Exactly one of `values` and `pattern` is given. An empty value would mean
    "label absent", so it is refused.
    """

    label: str
    values: tuple[str, ...] = ()
    pattern: str | None = None
    signals: frozenset[Signal] = ALL_SIGNALS

    def __post_init__(self) -> None:
        if bool(self.values) == (self.pattern is not None):
            raise ValueError("a rule needs either values or a pattern")
        if any(not value or not value.isprintable() for value in self.values) or self.pattern == "":
            raise ValueError("a rule's values are printable and not empty")
        if not self.label or self.label == "__name__":
            raise ValueError(f"{self.label!r} cannot be a scope's label")


@dataclass(frozen=True, slots=True)
class Scope:
    """One project's rules, ANDed, and its tenant where the sources have several. Never without a rule.

    A scope merged from several projects (the planner's) carries all their ids.
    """

    projects: frozenset[str]
    rules: tuple[Rule, ...]
    tenant: str | None = None

    def rules_for(self, signal: Signal) -> tuple[Rule, ...]:
        """The rules that hold for a signal.

        Raises: ValueError where none does: a scope without rules would be no wall at all.
        """
        rules = tuple(rule for rule in self.rules if signal in rule.signals)
        if not rules:
            raise ValueError(f"the scope has no rule for {signal}")
        return rules


@dataclass(frozen=True, slots=True)
class ScopedPromQL:
    """PromQL, or one bare selector, in which every vector selector carries the scope. Made by `prometheus/scope.py` only."""

    text: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class ScopedLogQL:
    """LogQL, or one bare stream selector, in which every selector carries the scope. Made by `loki/scope.py` only."""

    text: str
    scope: Scope


@dataclass(frozen=True, slots=True)
class ScopedTraceQL:
    """TraceQL in which every spanset filter carries the scope. Made by `tempo/scope.py` only."""

    text: str
    scope: Scope
