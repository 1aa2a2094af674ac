"""An expression in its usual form, on one line."""

from __future__ import annotations

import json

from gateway.demo.simulators.prometheus.promql.nodes import (
    Aggregation,
    Binary,
    Call,
    Matching,
    Node,
    Number,
    Paren,
    Selector,
    String,
    Subquery,
    Unary,
)
from gateway.demo.simulators.prometheus.values import format_value

_UNITS = (
    ("y", 31_536_000_000),
    ("w", 604_800_000),
    ("d", 86_400_000),
    ("h", 3_600_000),
    ("m", 60_000),
    ("s", 1000),
    ("ms", 1),
)


def printed(node: Node) -> str:
    if isinstance(node, Number):
        return format_value(node.value)
    if isinstance(node, String):
        return json.dumps(node.value, ensure_ascii=False)
    if isinstance(node, Selector):
        return _selector(node)
    if isinstance(node, Subquery):
        step = printed_duration(node.step_ms) if node.step_ms else ""
        return f"{printed(node.expression)}[{printed_duration(node.range_ms)}:{step}]{_shift(node)}"
    if isinstance(node, Paren):
        return f"({printed(node.expression)})"
    if isinstance(node, Unary):
        return f"{node.op}{printed(node.expression)}"
    if isinstance(node, Call):
        return f"{node.name}({', '.join(printed(argument) for argument in node.arguments)})"
    if isinstance(node, Aggregation):
        return _aggregation(node)
    return _binary(node)


def printed_duration(milliseconds: int) -> str:
    """The largest units that divide it, as in 1h30m."""
    text = ""
    for unit, length in _UNITS:
        if milliseconds >= length and (unit not in "wy" or milliseconds % length == 0):
            text += f"{milliseconds // length}{unit}"
            milliseconds %= length
    return text or "0s"


def _selector(node: Selector) -> str:
    inside = ", ".join(
        f"{matcher.name}{matcher.op}{json.dumps(matcher.value, ensure_ascii=False)}" for matcher in node.matchers
    )
    braces = f"{{{inside}}}" if inside or not node.name else ""
    spell = f"[{printed_duration(node.range_ms)}]" if node.range_ms else ""
    return f"{node.name}{braces.replace(', ', ',') if inside else braces}{spell}{_shift(node)}"


def _shift(node: Selector | Subquery) -> str:
    at = "" if node.at is None else f" @ {node.at}()" if isinstance(node.at, str) else f" @ {node.at / 1000:.3f}"
    sign = "-" if node.offset_ms < 0 else ""
    return at + (f" offset {sign}{printed_duration(abs(node.offset_ms))}" if node.offset_ms else "")


def _aggregation(node: Aggregation) -> str:
    grouping = f" {'without' if node.without else 'by'} ({', '.join(node.labels)}) " if node.grouped else ""
    parameter = f"{printed(node.parameter)}, " if node.parameter else ""
    return f"{node.op}{grouping}({parameter}{printed(node.expression)})"


def _binary(node: Binary) -> str:
    middle = node.op + (" bool" if node.returns_bool else "")
    if node.matching is not None:
        middle += " " + _matching(node.matching)
    return f"{printed(node.left)} {middle} {printed(node.right)}"


def _matching(matching: Matching) -> str:
    text = f"{'on' if matching.on else 'ignoring'} ({', '.join(matching.labels)})"
    return text + (f" group_{matching.group} ({', '.join(matching.include)})" if matching.group else "")
