"""Turns a field expression into a function over spans, with TraceQL's strictness about types."""

from __future__ import annotations

import operator as python
from collections.abc import Callable
from typing import Any, TypeAlias

from gateway.demo.simulators.tempo.traceql.attributes import Attribute
from gateway.demo.simulators.tempo.traceql.constants import calculate
from gateway.demo.simulators.tempo.traceql.errors import InvalidQuery
from gateway.demo.simulators.tempo.traceql.getters import Getter, getter
from gateway.demo.simulators.tempo.traceql.nodes import BinaryOperation, FieldExpression, Static, UnaryOperation
from gateway.demo.simulators.tempo.traceql.regexes import compile_regex
from gateway.demo.simulators.tempo.traceql.values import (
    Duration,
    Value,
    is_numeric,
    takes_operator,
    type_of,
    types_combine,
)
from gateway.demo.simulators.tempo.traceql.views import SpanView, Undetermined

Test: TypeAlias = Callable[[Value, Value], bool]
_RELATIONS: dict[str, Callable[[Any, Any], bool]] = {
    "=": python.eq,
    "!=": python.ne,
    "<": python.lt,
    "<=": python.le,
    ">": python.gt,
    ">=": python.ge,
}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def compile_field(expression: FieldExpression) -> Getter:
    """Raises, when called on a template: Undetermined, unless the answer is the same whatever is not known."""
    match expression:
        case Static(value):
            return lambda _: value
        case Attribute():
            return getter(expression)
        case UnaryOperation(operator, operand):
            return _unary(operator, compile_field(operand))
        case BinaryOperation("&&", left, right):
            return _and(compile_field(left), compile_field(right))
        case BinaryOperation("||", left, right):
            return _or(compile_field(left), compile_field(right))
        case BinaryOperation("=~" | "!~" as operator, left, Static(pattern)):
            return _regex(operator, compile_field(left), str(pattern))
        case BinaryOperation(operator, left, right) if operator in _RELATIONS:
            return _relation(expression)
        case BinaryOperation(operator, left, right):
            return _arithmetic(operator, compile_field(left), compile_field(right))
    raise InvalidQuery(f"unexpected expression {expression}")


def _and(left: Getter, right: Getter) -> Getter:
    def run(view: SpanView) -> Value:
        try:
            first = left(view)
        except Undetermined:
            if right(view) is not True:
                return False
            raise
        return first is True and right(view) is True

    return run


def _or(left: Getter, right: Getter) -> Getter:
    def run(view: SpanView) -> Value:
        try:
            first = left(view)
        except Undetermined:
            if right(view) is True:
                return True
            raise
        return first is True or (first is False and right(view) is True)

    return run


def _unary(operator: str, operand: Getter) -> Getter:
    if operator == "exists":
        return lambda view: operand(view) is not None
    if operator == "missing":
        return lambda view: operand(view) is None
    if operator == "!":
        return lambda view: None if type(value := operand(view)) is not bool else not value
    return lambda view: _negative(operand(view))


def _negative(value: Value) -> Value:
    if not isinstance(value, (int, float)) or isinstance(value, bool):
        return None
    return Duration(-value) if isinstance(value, Duration) else -value


def _regex(operator: str, left: Getter, pattern: str) -> Getter:
    compiled = compile_regex(pattern)
    if compiled is None:
        raise InvalidQuery(f"invalid regex: `{pattern}`")
    match, wanted = compiled.fullmatch, operator == "=~"

    def run(view: SpanView) -> Value:
        value = left(view)
        if type(value) is str:
            return (match(value) is not None) is wanted
        if isinstance(value, list):
            matches = [type(item) is str and match(item) is not None for item in value]
            return any(matches) if wanted else not any(matches)
        return False

    return run


def _relation(expression: BinaryOperation) -> Getter:
    operator = expression.operator
    left, right = expression.left, expression.right
    # Stored columns are typed: a literal is looked up in the column of its own type, and nowhere else.
    strict = {type(left), type(right)} == {Attribute, Static} and not any(
        isinstance(side, Attribute) and side.intrinsic for side in (left, right)
    )
    first, second = compile_field(left), compile_field(right)
    if isinstance(right, Static) and not isinstance(right.value, list):
        return _against_literal(operator, first, right.value, strict=strict)
    return lambda view: related(operator, first(view), second(view), strict=strict)


def _against_literal(operator: str, left: Getter, literal: Value, *, strict: bool) -> Getter:
    """The common case, without the general one's questions where the types are the same."""
    kind, relation = type(literal), _RELATIONS[operator]
    if not takes_operator(type_of(literal), operator):
        return lambda _: False

    def run(view: SpanView) -> Value:
        value = left(view)
        if type(value) is kind:
            return relation(value, literal)
        return value is not None and related(operator, value, literal, strict=strict)

    return run


def related(operator: str, left: Value, right: Value, *, strict: bool = False) -> bool:
    """Whether two values compare so; what has no value, or the wrong type, never does."""
    if left is None or right is None:
        return False
    if isinstance(left, list):
        return _any_or_all(operator, left, right, strict=strict)
    if isinstance(right, list):
        return _any_or_all(_FLIPPED.get(operator, operator), right, left, strict=strict)
    first, second = type_of(left), type_of(right)
    if not types_combine(first, second) or not (takes_operator(first, operator) and takes_operator(second, operator)):
        return False
    if strict and first != second and is_numeric(first):
        return False
    return _RELATIONS[operator](left, right)


def _any_or_all(operator: str, items: list[Any], other: Value, *, strict: bool) -> bool:
    if isinstance(other, list):
        return False
    results = [related(operator, item, other, strict=strict) for item in items]
    return all(results) if operator == "!=" else any(results)


def _arithmetic(operator: str, left: Getter, right: Getter) -> Getter:
    def run(view: SpanView) -> Value:
        first, second = left(view), right(view)
        if not is_numeric(type_of(first)) or not is_numeric(type_of(second)):
            return False
        assert isinstance(first, (int, float))
        assert isinstance(second, (int, float))
        return calculate(operator, first, second)

    return run
