"""Filters: what lines and labels have to look like for a line to stay."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import TypeAlias

from gateway.demo.simulators.loki.go_values import parse_duration, parse_size
from gateway.demo.simulators.loki.line_patterns import compile_wildcard
from gateway.demo.simulators.loki.line_state import LineState
from gateway.demo.simulators.loki.needles import Needle
from gateway.demo.simulators.loki.regexes import compile_regex
from gateway.demo.simulators.loki.store import matches
from gateway.demo.simulators.loki.syntax import BothOf, Comparison, EitherOf, LabelCondition, LineFilter, Matcher

Test: TypeAlias = Callable[[LineState], bool]

_COMPARE = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
_READ: dict[str, Callable[[str], float]] = {"": float, "duration": parse_duration, "bytes": parse_size}


def compile_line_filter(stage: LineFilter) -> Test:
    """Whether a line stays."""
    tests = [_line_test(stage.op, value) for value in stage.values]
    found = tests[0] if len(tests) == 1 else lambda state: any(test(state) for test in tests)
    return (lambda state: not found(state)) if stage.op.startswith("!") else found


def _line_test(op: str, value: str) -> Test:
    if op in {"|=", "!="}:
        needle = Needle(value)
        return lambda state: state.contains(needle)
    search = compile_regex(value).search if op in {"|~", "!~"} else compile_wildcard(value).fullmatch
    return lambda state: search(state.line) is not None


def compile_condition(condition: LabelCondition) -> Test:
    """Whether a line stays by its labels."""
    if isinstance(condition, Matcher):
        name, test = condition.name, matches(condition)
        return lambda state: test(state.get(name))
    if isinstance(condition, Comparison):
        return _compile_comparison(condition)
    left, right = compile_condition(condition.left), compile_condition(condition.right)
    if isinstance(condition, BothOf):
        return lambda state: left(state) and right(state)
    return lambda state: left(state) or right(state)


def _compile_comparison(condition: Comparison) -> Test:
    """A line that is marked already, or whose label is no number, stays (marked): only text conditions drop those."""
    name, limit = condition.name, condition.value
    compare, read = _COMPARE[condition.op], _READ[condition.unit]

    def test(state: LineState) -> bool:
        text = state.get(name)
        if state.failed:
            return True
        if not text:
            return False
        try:
            return bool(compare(read(text), limit))
        except ValueError:
            state.fail("LabelFilterErr", f'strconv.ParseFloat: parsing "{text}": invalid syntax')
            return True

    return test


def names_in(condition: LabelCondition) -> set[str]:
    """The labels that a condition reads."""
    if isinstance(condition, Matcher | Comparison):
        return {condition.name}
    assert isinstance(condition, BothOf | EitherOf)
    return names_in(condition.left) | names_in(condition.right)
