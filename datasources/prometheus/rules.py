"""Rules and alerts that Prometheus evaluates, cut down to what is a project's: their endpoints know no selector. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from ..http import SourceResponse
from ..records.source_rules import SourceAlert, SourceRule
from ..records.time import parse_instant
from ..scope import Rule
from ..scoping.rules import is_within
from .decoding import decode

_ORDER = ("unknown", "inactive", "pending", "firing")


class _Alert(msgspec.Struct):
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    state: str = "unknown"
    active_at: str = msgspec.field(name="activeAt", default="")
    value: str = ""


class _Rule(msgspec.Struct, rename="camel"):
    name: str
    query: str
    type: str
    health: str = "unknown"
    state: str | None = None
    last_error: str = ""
    duration: float = 0.0
    keep_firing_for: float = 0.0
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    alerts: list[_Alert] | None = None


class _Group(msgspec.Struct):
    name: str
    rules: list[_Rule] | None = None


class _Groups(msgspec.Struct):
    groups: list[_Group]


class _RulesAnswer(msgspec.Struct):
    data: _Groups


class _Alerts(msgspec.Struct):
    alerts: list[_Alert]


class _AlertsAnswer(msgspec.Struct):
    data: _Alerts


_RULES = msgspec.json.Decoder(_RulesAnswer)
_ALERTS = msgspec.json.Decoder(_AlertsAnswer)


def decode_alerts(response: SourceResponse, source: str, wall: Sequence[Rule]) -> list[SourceAlert]:
    """Shape: the active alerts whose labels are within the scope, in the source's order."""
    return _own_alerts(decode(_ALERTS, response, source).data.alerts, wall)


def decode_rules(response: SourceResponse, source: str, wall: Sequence[Rule]) -> list[SourceRule]:
    """Shape: the rules that are the project's by their own labels, and those of which an active alert is.

    Of the latter only the project's alerts are shown, the state is theirs, and expression and last error are hidden.
    """
    found = []
    for group in decode(_RULES, response, source).data.groups:
        for rule in group.rules or ():
            alerts = _own_alerts(rule.alerts or (), wall)
            is_own = is_within(wall, rule.labels)
            if is_own or alerts:
                found.append(_rule(group.name, rule, alerts, is_own=is_own))
    return found


def _rule(group: str, rule: _Rule, alerts: list[SourceAlert], *, is_own: bool) -> SourceRule:
    return SourceRule(
        name=rule.name,
        group=group,
        kind=rule.type,
        expression=rule.query if is_own else None,
        labels=rule.labels,
        annotations=rule.annotations if is_own else {},
        health=rule.health if is_own else "unknown",
        state=rule.state if is_own else _worst(alerts),
        last_error=rule.last_error or None if is_own else None,
        for_s=rule.duration,
        keep_firing_for_s=rule.keep_firing_for,
        alerts=alerts,
    )


def _own_alerts(alerts: Iterable[_Alert], wall: Sequence[Rule]) -> list[SourceAlert]:
    return [_alert(alert) for alert in alerts if is_within(wall, alert.labels)]


def _alert(alert: _Alert) -> SourceAlert:
    return SourceAlert(
        name=alert.labels.get("alertname", ""),
        state=alert.state,
        labels=alert.labels,
        annotations=alert.annotations,
        active_at_ns=_instant(alert.active_at),
        value=_number(alert.value),
    )


def _worst(alerts: Iterable[SourceAlert]) -> str:
    return max((alert.state for alert in alerts), key=lambda state: _ORDER.index(state) if state in _ORDER else 0)


def _instant(text: str) -> int | None:
    try:
        return parse_instant(text)
    except ValueError:
        return None


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if abs(value) < float("inf") else None
