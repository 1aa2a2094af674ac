"""Arithmetic between literals, done while the query is read."""

from __future__ import annotations

import math

from gateway.demo.simulators.tempo.traceql.errors import InvalidQuery
from gateway.demo.simulators.tempo.traceql.values import Duration, Value


def fold(operator: str, left: Value, right: Value) -> Value:
    """Two integers give an integer; whatever else is a float."""
    assert isinstance(left, (int, float))
    assert isinstance(right, (int, float))
    return calculate(operator, left, right)


def negate(value: Value) -> Value:
    assert isinstance(value, (int, float))
    return Duration(-value) if isinstance(value, Duration) else -value


def calculate(operator: str, left: float, right: float) -> int | float:
    """As Tempo calculates: integers divide to integers, towards nought; everything else in floating point."""
    if type(left) is int and type(right) is int:
        if operator in {"/", "%"} and right == 0:
            raise InvalidQuery("division by zero" if operator == "/" else "modulo by zero")
        return _integers(operator, left, right)
    try:
        return _floats(operator, float(left), float(right))
    except (OverflowError, ValueError):
        return math.nan


def _integers(operator: str, left: int, right: int) -> int | float:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return int(math.copysign(abs(left) // abs(right), left * right)) if left else 0
        case "%":
            return int(math.fmod(left, right))
        case _:
            return _floats("^", float(left), float(right))


def _floats(operator: str, left: float, right: float) -> float:
    match operator:
        case "+":
            return left + right
        case "-":
            return left - right
        case "*":
            return left * right
        case "/":
            return left / right if right else math.nan if not left else math.copysign(math.inf, left)
        case "%":
            return math.fmod(left, right)
        case _:
            return math.pow(left, right)
