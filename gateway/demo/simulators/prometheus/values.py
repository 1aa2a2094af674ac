"""Sample values and instants as Prometheus writes them."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from decimal import Decimal


def format_value(value: float) -> str:
    """The shortest digits that read back the same, never with an exponent; NaN, +Inf and -Inf by name."""
    if value != value:
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    text = repr(value)
    if "e" in text:
        text = format(Decimal(text), "f")
    return text.removesuffix(".0")


def format_exponent(value: float) -> str:
    """The form that alerts use: 3.684210526315789e-01."""
    if value != value or math.isinf(value):
        return format_value(value)
    digits = repr(value)
    places = len(format(Decimal(digits).normalize(), "e").split("e")[0].lstrip("-").replace(".", "")) - 1
    return f"{value:.{places}e}"


def format_instant(milliseconds: int) -> float | int:
    """Seconds, with decimals only where there are any."""
    return milliseconds // 1000 if milliseconds % 1000 == 0 else milliseconds / 1000


def format_datetime(milliseconds: int) -> str:
    at = datetime.fromtimestamp(milliseconds / 1000, UTC)
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{milliseconds % 1000:03d}Z"
