"""Functions of one number."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import UTC, datetime

NumberFunction = Callable[[float], float]


def _guarded(function: NumberFunction) -> NumberFunction:
    def safe(value: float) -> float:
        try:
            return function(value)
        except ValueError:
            return math.nan
        except OverflowError:
            return math.copysign(math.inf, value) if function is math.sinh else math.inf

    return safe


def _logarithm(function: NumberFunction) -> NumberFunction:
    return lambda value: -math.inf if value == 0 else function(value) if value > 0 else math.nan


def _rounded(function: NumberFunction) -> NumberFunction:
    return lambda value: float(function(value)) if math.isfinite(value) else value


def _dated(field: Callable[[datetime], int]) -> NumberFunction:
    return lambda value: float(field(datetime.fromtimestamp(int(value), UTC))) if math.isfinite(value) else math.nan


def _days_in_month(at: datetime) -> int:
    following = at.replace(year=at.year + at.month // 12, month=at.month % 12 + 1, day=1)
    return (following - at.replace(day=1)).days


def sign(value: float) -> float:
    return value if value == 0 or value != value else math.copysign(1.0, value)


def round_to(value: float, nearest: float) -> float:
    """Halves go up. Source: promql/functions.go, funcRound."""
    if not math.isfinite(value) or nearest == 0:
        return value if nearest else math.nan
    inverse = 1.0 / nearest
    return math.floor(value * inverse + 0.5) / inverse


_GUARDED: tuple[NumberFunction, ...] = (
    math.exp,
    math.sqrt,
    math.sin,
    math.cos,
    math.tan,
    math.asin,
    math.acos,
    math.atan,
    math.sinh,
    math.cosh,
    math.tanh,
    math.asinh,
    math.acosh,
    math.atanh,
)
ELEMENTWISE: dict[str, NumberFunction] = {
    **{function.__name__: _guarded(function) for function in _GUARDED},
    "abs": abs,
    "ceil": _rounded(math.ceil),
    "floor": _rounded(math.floor),
    "ln": _logarithm(math.log),
    "log2": _logarithm(math.log2),
    "log10": _logarithm(math.log10),
    "sgn": sign,
    "deg": math.degrees,
    "rad": math.radians,
}
DATES: dict[str, NumberFunction] = {
    "minute": _dated(lambda at: at.minute),
    "hour": _dated(lambda at: at.hour),
    "day_of_week": _dated(lambda at: (at.weekday() + 1) % 7),
    "day_of_month": _dated(lambda at: at.day),
    "day_of_year": _dated(lambda at: at.timetuple().tm_yday),
    "days_in_month": _dated(_days_in_month),
    "month": _dated(lambda at: at.month),
    "year": _dated(lambda at: at.year),
}
