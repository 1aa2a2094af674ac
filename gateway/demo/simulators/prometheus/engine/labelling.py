"""label_replace, label_join, absent: functions that make labels."""

from __future__ import annotations

import re

from gateway.demo.simulators.prometheus.engine.columns import Column, Labels, merged
from gateway.demo.simulators.prometheus.engine.faults import ExecutionFault
from gateway.demo.simulators.prometheus.promql.nodes import Node, Paren, Selector
from gateway.demo.simulators.prometheus.promql.regexes import RegexFault, compile_regex

_SAME = "vector cannot contain metrics with the same labelset"


def label_replace(columns: list[Column], target: str, replacement: str, source: str, pattern: str) -> list[Column]:
    try:
        regex = compile_regex(pattern)
    except RegexFault as error:
        raise ExecutionFault(f"invalid regular expression in label_replace(): {pattern}") from error
    found = []
    for column in columns:
        match = regex.fullmatch(column.labels.get(source, ""))
        found.append(
            column
            if match is None
            else Column(_set(column.labels, target, _expanded(replacement, match)), column.values)
        )
    return merged(found, _SAME)


def _expanded(template: str, match: re.Match[str]) -> str:
    """Go's regexp.Expand: $1, ${1}, $name; an unknown name is empty."""

    def value(reference: re.Match[str]) -> str:
        name = reference[1] or reference[2]
        if name == "$":
            return "$"
        try:
            return match[int(name) if name.isdigit() else name] or ""
        except (IndexError, re.error):
            return ""

    return re.sub(r"\$(?:\{(\w+)\}|(\w+|\$))", value, template)


def label_join(columns: list[Column], target: str, separator: str, sources: list[str]) -> list[Column]:
    return merged(
        (
            Column(
                _set(column.labels, target, separator.join(column.labels.get(source, "") for source in sources)),
                column.values,
            )
            for column in columns
        ),
        _SAME,
    )


def _set(labels: Labels, name: str, value: str) -> Labels:
    changed = {key: old for key, old in labels.items() if key != name}
    if value:
        changed[name] = value
    return changed


def absent_labels(node: Node) -> Labels:
    """What absent() can say of the series that it does not see: labels that the selector wants equal to one value."""
    while isinstance(node, Paren):
        node = node.expression
    if not isinstance(node, Selector):
        return {}
    names = [matcher.name for matcher in node.matchers]
    return {
        matcher.name: matcher.value
        for matcher in node.matchers
        if matcher.op == "=" and matcher.value and matcher.name != "__name__" and names.count(matcher.name) == 1
    }


def absent(columns: list[Column], labels: Labels, size: int) -> list[Column]:
    present = [
        any(value is not None for value in row) for row in zip(*(column.values for column in columns), strict=True)
    ] or [False] * size
    return [Column(labels, [None if here else 1.0 for here in present])]
