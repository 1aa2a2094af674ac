"""The parts of a LogQL query, as frozen values that can be compared and hashed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeAlias


@dataclass(frozen=True, slots=True)
class Matcher:
    """`op` is one of = != =~ !~."""

    name: str
    op: str
    value: str


@dataclass(frozen=True, slots=True)
class LineFilter:
    """`op` is one of |= |~ |> != !~ !>; a line passes if any of `values` does (for negated ones: if none matches)."""

    op: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Comparison:
    """A label compared as a number; `unit` says how to read it: "" for numbers, "duration" (ns) or "bytes"."""

    name: str
    op: str
    value: float
    unit: str
    text: str


@dataclass(frozen=True, slots=True)
class BothOf:
    """Two label filters joined by `and`, a comma or nothing."""

    left: LabelCondition
    right: LabelCondition


@dataclass(frozen=True, slots=True)
class EitherOf:
    """Two label filters joined by `or`."""

    left: LabelCondition
    right: LabelCondition


LabelCondition: TypeAlias = Matcher | Comparison | BothOf | EitherOf


@dataclass(frozen=True, slots=True)
class LabelFilter:
    """A stage that keeps lines by their labels."""

    condition: LabelCondition


@dataclass(frozen=True, slots=True)
class LabelParser:
    """json, logfmt, regexp, pattern or unpack. `wanted` lists (label, expression) where the parser names them."""

    kind: str
    parameter: str = ""
    wanted: tuple[tuple[str, str], ...] = ()
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class LineFormat:
    """Rewrites the line."""

    template: str


@dataclass(frozen=True, slots=True)
class LabelFormat:
    """Shape of an assignment: (label, source, whether the source is a template and not a label)."""

    assignments: tuple[tuple[str, str, bool], ...]


@dataclass(frozen=True, slots=True)
class KeepOrDrop:
    """`op` is keep or drop; a Matcher applies only to the label with that value."""

    op: str
    labels: tuple[str | Matcher, ...]


@dataclass(frozen=True, slots=True)
class Decolorize:
    """Strips terminal colours."""


Stage: TypeAlias = LineFilter | LabelFilter | LabelParser | LineFormat | LabelFormat | KeepOrDrop | Decolorize


@dataclass(frozen=True, slots=True)
class LogSelector:
    """A stream selector with its pipeline."""

    matchers: tuple[Matcher, ...]
    stages: tuple[Stage, ...] = ()


@dataclass(frozen=True, slots=True)
class Unwrap:
    """`conversion` is "", duration, duration_seconds or bytes."""

    label: str
    conversion: str = ""
    filters: tuple[LabelFilter, ...] = ()


@dataclass(frozen=True, slots=True)
class LogRange:
    """Units: nanoseconds."""

    selector: LogSelector
    interval_ns: int
    offset_ns: int = 0
    unwrap: Unwrap | None = None


@dataclass(frozen=True, slots=True)
class Grouping:
    """`by` or `without` some labels."""

    without: bool
    labels: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class RangeAggregation:
    """rate, count_over_time and their like."""

    op: str
    over: LogRange
    parameter: float | None = None
    grouping: Grouping | None = None


@dataclass(frozen=True, slots=True)
class VectorAggregation:
    """sum, topk and their like."""

    op: str
    over: MetricExpr
    parameter: int | None = None
    grouping: Grouping | None = None


@dataclass(frozen=True, slots=True)
class VectorMatching:
    """How the sides of a binary operation find each other; `many` is "", left or right."""

    on: bool = False
    labels: tuple[str, ...] = ()
    many: str = ""
    include: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class BinaryOperation:
    """Arithmetic, comparison or set operation."""

    op: str
    left: MetricExpr
    right: MetricExpr
    returns_bool: bool = False
    matching: VectorMatching = VectorMatching()


@dataclass(frozen=True, slots=True)
class Literal:
    """A number."""

    value: float


@dataclass(frozen=True, slots=True)
class ConstantVector:
    """vector(n)."""

    value: float


@dataclass(frozen=True, slots=True)
class LabelReplace:
    """label_replace(over, target, replacement, source, regex)."""

    over: MetricExpr
    target: str
    replacement: str
    source: str
    regex: str


MetricExpr: TypeAlias = RangeAggregation | VectorAggregation | BinaryOperation | Literal | ConstantVector | LabelReplace
Query: TypeAlias = LogSelector | MetricExpr
