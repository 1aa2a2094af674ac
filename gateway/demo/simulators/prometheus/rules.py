"""The server's own alerting rules, evaluated over the last minutes whenever somebody asks."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from starlette.responses import Response

from gateway.demo.simulators.prometheus.answers import success
from gateway.demo.simulators.prometheus.engine import Evaluator
from gateway.demo.simulators.prometheus.parameters import Parameters, invalid
from gateway.demo.simulators.prometheus.promql import parse
from gateway.demo.simulators.prometheus.storage.protocol import Storage, matching
from gateway.demo.simulators.prometheus.values import format_datetime, format_exponent

_INTERVAL_MS = 15_000
_LOOK_BACK_MS = 30 * 60_000
_FAILED = 'http_server_request_duration_seconds_count{http_response_status_code=~"5.."}'
_BY = "sum by (service_namespace, service_name)"


@dataclass(frozen=True)
class AlertingRule:
    """Units: `duration_s` is how long the expression must hold before the alert fires."""

    name: str
    query: str
    duration_s: int
    labels: Mapping[str, str]
    annotations: Mapping[str, str] = field(default_factory=dict)


GROUPS: dict[str, tuple[AlertingRule, ...]] = {
    "requests": (
        AlertingRule(
            "HighErrorRate",
            f"{_BY} (rate({_FAILED}[1m])) / {_BY} (rate(http_server_request_duration_seconds_count[1m])) > 0.1",
            15,
            {"severity": "critical"},
            {
                "summary": "High 5xx ratio on {{ $labels.service_namespace }}/{{ $labels.service_name }}",
                "description": "ratio is {{ $value | humanizePercentage }}",
            },
        ),
        AlertingRule(
            "SlowRequests",
            "histogram_quantile(0.95, sum by (le, service_namespace, service_name) "
            "(rate(http_server_request_duration_seconds_bucket[5m]))) > 1",
            60,
            {"severity": "warning"},
            {"summary": "{{ $labels.service_name }} takes more than a second for one request in twenty"},
        ),
    ),
    "runtime": (
        AlertingRule(
            "TargetDown", "up == 0", 60, {"severity": "critical"}, {"summary": "target {{ $labels.instance }} is down"}
        ),
        AlertingRule(
            "QueueLag",
            "max by (service_namespace, service_name, topic) (messaging_queue_lag) > 20",
            30,
            {"severity": "warning"},
            {"summary": "{{ $labels.topic }} waits for {{ $labels.service_name }}"},
        ),
    ),
}


def rules(storage: Storage, parameters: Parameters, now_ms: int) -> Response:
    """Source: GET /api/v1/rules."""
    kind = parameters.text("type").lower()
    if kind not in ("", "alert", "record"):
        raise invalid("type", f'not supported value "{parameters.text("type")}"')
    groups = []
    for name, members in GROUPS.items():
        chosen = [rule for rule in members if kind != "record" and _is_asked(rule, name, parameters)]
        if chosen:
            groups.append(_group(name, [_rule(storage, rule, parameters, now_ms) for rule in chosen], now_ms))
    return success(_page(groups, parameters))


def alerts(storage: Storage, now_ms: int) -> Response:
    """Source: GET /api/v1/alerts."""
    return success(
        {
            "alerts": [
                alert
                for members in GROUPS.values()
                for rule in members
                for alert in active_alerts(storage, rule, now_ms)
            ]
        }
    )


def active_alerts(storage: Storage, rule: AlertingRule, now_ms: int) -> list[dict[str, Any]]:
    """One for each series that the expression has now; active since it has had it without a break."""
    last = now_ms // _INTERVAL_MS * _INTERVAL_MS
    instants = list(range(last - _LOOK_BACK_MS, last + 1, _INTERVAL_MS))
    found = []
    for column in Evaluator(storage, instants).vector(parse(rule.query)):
        value = column.values[-1]
        if value is not None:
            since = next((place for place in range(len(instants) - 1, -1, -1) if column.values[place] is None), -1) + 1
            found.append(_alert(rule, column.labels, value, instants[since], last))
    return found


def _alert(rule: AlertingRule, labels: dict[str, str], value: float, since_ms: int, now_ms: int) -> dict[str, Any]:
    kept = {name: text for name, text in labels.items() if name != "__name__"}
    return {
        "labels": {**kept, **rule.labels, "alertname": rule.name},
        "annotations": {name: _expanded(text, kept, value) for name, text in rule.annotations.items()},
        "state": "firing" if now_ms - since_ms >= rule.duration_s * 1000 else "pending",
        "activeAt": format_datetime(since_ms),
        "value": format_exponent(value),
    }


def _expanded(template: str, labels: dict[str, str], value: float) -> str:
    text = re.sub(r"\{\{ \$labels\.(\w+) \}\}", lambda match: labels.get(match[1], ""), template)
    return text.replace("{{ $value | humanizePercentage }}", f"{value * 100:.4g}%")


def _rule(storage: Storage, rule: AlertingRule, parameters: Parameters, now_ms: int) -> dict[str, Any]:
    active = active_alerts(storage, rule, now_ms)
    states = {alert["state"] for alert in active}
    return {
        "state": "firing" if "firing" in states else "pending" if states else "inactive",
        "name": rule.name,
        "query": rule.query,
        "duration": rule.duration_s,
        "keepFiringFor": 0,
        "labels": dict(rule.labels),
        "annotations": dict(rule.annotations),
        "alerts": None if parameters.text("exclude_alerts") == "true" else active,
        "health": "ok",
        "evaluationTime": 0.001,
        "lastEvaluation": format_datetime(now_ms // _INTERVAL_MS * _INTERVAL_MS),
        "type": "alerting",
    }


def _group(name: str, members: list[dict[str, Any]], now_ms: int) -> dict[str, Any]:
    return {
        "name": name,
        "file": "rules.yml",
        "rules": members,
        "interval": _INTERVAL_MS // 1000,
        "limit": 0,
        "evaluationTime": 0.002,
        "lastEvaluation": format_datetime(now_ms // _INTERVAL_MS * _INTERVAL_MS),
    }


def _is_asked(rule: AlertingRule, group: str, parameters: Parameters) -> bool:
    names, groups, files = (parameters.all(f"{what}[]") for what in ("rule_name", "rule_group", "file"))
    matchers = parameters.matchers(required=False)
    return (
        (not names or rule.name in names)
        and (not groups or group in groups)
        and (not files or "rules.yml" in files)
        and (not matchers or any(matching(dict(rule.labels), each) for each in matchers))
    )


def _page(groups: list[dict[str, Any]], parameters: Parameters) -> dict[str, Any]:
    """Source: group_limit and group_next_token, since Prometheus 3.1."""
    text, token = parameters.text("group_limit"), parameters.text("group_next_token")
    if token and not text:
        raise invalid("group_limit", "group_limit needs to be present in order to paginate over the groups")
    if not text:
        return {"groups": groups}
    if not text.isdigit() or int(text) == 0:
        raise invalid("group_limit", f'group_limit value is invalid: strconv.Atoi: parsing "{text}": invalid syntax')
    names = [group["name"] for group in groups]
    first = names.index(token) if token in names else 0
    last = first + int(text)
    page: dict[str, Any] = {"groups": groups[first:last]}
    return page | {"groupNextToken": names[last]} if last < len(groups) else page
