"""The operators on two numbers, with Go's rules for what has no finite answer."""

from __future__ import annotations

import math
from collections.abc import Callable

Operation = Callable[[float, float], float]


def divide(left: float, right: float) -> float:
    if right:
        return left / right
    if left != left or left == 0 or right != right:
        return math.nan
    return math.copysign(math.inf, left) * math.copysign(1.0, right)


def modulo(left: float, right: float) -> float:
    try:
        return math.fmod(left, right)
    except ValueError:
        return math.nan


def power(left: float, right: float) -> float:
    try:
        return math.pow(left, right)
    except ValueError:
        return math.inf if left == 0 else math.nan
    except OverflowError:
        return -math.inf if left < 0 and right % 2 == 1 else math.inf


ARITHMETIC: dict[str, Operation] = {
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": divide,
    "%": modulo,
    "^": power,
    "atan2": math.atan2,
}
COMPARISON: dict[str, Callable[[float, float], bool]] = {
    "==": lambda left, right: left == right,
    "!=": lambda left, right: left != right,
    "<": lambda left, right: left < right,
    ">": lambda left, right: left > right,
    "<=": lambda left, right: left <= right,
    ">=": lambda left, right: left >= right,
}


def operation(symbol: str) -> Operation:
    """An operator as a function of two numbers; a comparison gives 1 or 0."""
    if symbol in ARITHMETIC:
        return ARITHMETIC[symbol]
    compare = COMPARISON[symbol]
    return lambda left, right: float(compare(left, right))
