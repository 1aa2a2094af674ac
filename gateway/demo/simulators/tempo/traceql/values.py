"""The values of TraceQL and their types: Python's own, and three that print and compare in their own way."""

from __future__ import annotations

import math
from typing import Literal, TypeAlias


class Duration(int):
    """Nanoseconds; prints as Go prints a duration."""

    def __str__(self) -> str:
        return format_duration(self)


class Status(str):
    """ok, error or unset."""

    __slots__ = ()


class Kind(str):
    """unspecified, internal, server, client, producer or consumer."""

    __slots__ = ()


Value: TypeAlias = bool | int | float | str | list[str] | list[int] | list[float] | list[bool] | None
"""None is nil: the span has no such attribute. Duration is an int, Status and Kind are strings."""

TypeName: TypeAlias = Literal[
    "nil",
    "attribute",
    "int",
    "float",
    "string",
    "bool",
    "duration",
    "status",
    "kind",
    "ints",
    "floats",
    "strings",
    "bools",
]

STATUSES = {word: Status(word) for word in ("ok", "error", "unset")}
KINDS = {word: Kind(word) for word in ("unspecified", "internal", "server", "client", "producer", "consumer")}

_TYPES: dict[type, TypeName] = {
    type(None): "nil",
    bool: "bool",
    int: "int",
    float: "float",
    str: "string",
    Duration: "duration",
    Status: "status",
    Kind: "kind",
}
_ELEMENT_TYPES: dict[TypeName, TypeName] = {"ints": "int", "floats": "float", "strings": "string", "bools": "bool"}
_ARRAY_TYPES: dict[TypeName, TypeName] = {element: array for array, element in _ELEMENT_TYPES.items()}
_NUMERIC = frozenset({"int", "float", "duration"})


def type_of(value: Value) -> TypeName:
    """An array has the type of its first element; an empty one is an array of strings."""
    if isinstance(value, list):
        return _ARRAY_TYPES.get(_TYPES[type(value[0])], "strings") if value else "strings"
    return _TYPES[type(value)]


def is_numeric(name: TypeName) -> bool:
    return name in _NUMERIC


def types_combine(left: TypeName, right: TypeName) -> bool:
    """Whether some binary operator could take the two."""
    if left == right or "attribute" in (left, right) or "nil" in (left, right):
        return True
    if left in _NUMERIC and right in _NUMERIC:
        return True
    if left in _ELEMENT_TYPES:
        return types_combine(_ELEMENT_TYPES[left], right)
    if right in _ELEMENT_TYPES:
        return types_combine(left, _ELEMENT_TYPES[right])
    return False


_EQUALITY = frozenset({"=", "!="})
_ORDER = frozenset({"<", "<=", ">", ">="})
_OPERATORS: dict[str, frozenset[str]] = {
    "bool": _EQUALITY | {"&&", "||"},
    "number": _EQUALITY | _ORDER | {"+", "-", "*", "/", "%", "^"},
    "string": _EQUALITY | _ORDER | {"=~", "!~"},
    "other": _EQUALITY,
}


def takes_operator(name: TypeName, operator: str) -> bool:
    if name == "attribute":
        return True
    plain = _ELEMENT_TYPES.get(name, name)
    family = "number" if plain in _NUMERIC else plain if plain in {"bool", "string"} else "other"
    return operator in _OPERATORS[family]


def quoted(value: Value) -> str:
    """A literal as Tempo prints it in messages and in the names of columns."""
    return f"`{value}`" if type(value) is str else plain(value)


def plain(value: Value) -> str:
    if value is None:
        return "nil"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return format_float(value)
    if isinstance(value, list):
        return "[" + ", ".join(quoted(item) for item in value) + "]"
    return str(value)


def format_float(value: float) -> str:
    """The shortest text that reads back the same, always recognisable as no integer."""
    if math.isnan(value):
        return "NaN.0"
    if math.isinf(value):
        return "+Inf.0" if value > 0 else "-Inf.0"
    return repr(value)


_UNITS = ((1_000_000, "ms"), (1_000, "µs"), (1, "ns"))


def format_duration(ns: int) -> str:
    """As Go prints a time.Duration: 1h2m3.5s, 20.9ms, 0s."""
    ns = int(ns)
    if ns < 0:
        return "-" + format_duration(-ns)
    if ns == 0:
        return "0s"
    if ns < 1_000_000_000:
        size, unit = next((size, unit) for size, unit in _UNITS if ns >= size)
        return _fraction(ns, size) + unit
    seconds, rest = divmod(ns, 1_000_000_000)
    minutes, seconds = divmod(seconds, 60)
    text = _fraction(seconds * 1_000_000_000 + rest, 1_000_000_000) + "s"
    if not minutes:
        return text
    hours, minutes = divmod(minutes, 60)
    return f"{hours}h{minutes}m{text}" if hours else f"{minutes}m{text}"


def _fraction(amount: int, unit: int) -> str:
    whole, rest = divmod(amount, unit)
    if not rest:
        return str(whole)
    digits = str(rest).rjust(len(str(unit)) - 1, "0").rstrip("0")
    return f"{whole}.{digits}"
