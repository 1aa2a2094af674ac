"""Rules and alerts that a source evaluates itself, as far as they are a project's."""

from __future__ import annotations

from msgspec import Struct


class SourceAlert(Struct, frozen=True, kw_only=True):
    """One active alert. `state` is `pending` or `firing`; annotations are filled in."""

    name: str
    state: str
    labels: dict[str, str]
    annotations: dict[str, str]
    active_at_ns: int | None
    value: float | None


class SourceRule(Struct, frozen=True, kw_only=True):
    """One rule. `expression` and `last_error` are None where the rule itself is not the project's and only some of its alerts are.

    `kind` is `alerting` or `recording`; `state` is None for a recording rule.
    """

    name: str
    group: str
    kind: str
    expression: str | None
    labels: dict[str, str]
    annotations: dict[str, str]
    health: str
    state: str | None
    last_error: str | None
    for_s: float
    keep_firing_for_s: float
    alerts: list[SourceAlert]
