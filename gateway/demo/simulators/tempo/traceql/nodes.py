"""A query as a tree. Every node prints as Tempo prints it, because messages and the names of results repeat it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

from gateway.demo.simulators.tempo.traceql.attributes import Attribute
from gateway.demo.simulators.tempo.traceql.values import TypeName, Value, quoted, type_of

BOOLEAN_OPERATORS = frozenset({"&&", "||", "=", "!=", "=~", "!~", "<", "<=", ">", ">="})


@dataclass(frozen=True, slots=True)
class Static:
    value: Value

    @property
    def type(self) -> TypeName:
        return type_of(self.value)

    def __str__(self) -> str:
        return quoted(self.value)


@dataclass(frozen=True, slots=True)
class BinaryOperation:
    operator: str
    left: FieldExpression
    right: FieldExpression

    @property
    def type(self) -> TypeName:
        if self.operator in BOOLEAN_OPERATORS:
            return "bool"
        return self.right.type if self.left.type == "attribute" else self.left.type

    def __str__(self) -> str:
        return f"{_wrapped(self.left)} {self.operator} {_wrapped(self.right)}"


@dataclass(frozen=True, slots=True)
class UnaryOperation:
    """`operator` is one of ! - exists missing."""

    operator: str
    operand: FieldExpression

    @property
    def type(self) -> TypeName:
        return "bool" if self.operator in {"exists", "missing"} else self.operand.type

    def __str__(self) -> str:
        suffix = {"exists": " != nil", "missing": " = nil"}.get(self.operator)
        return f"{_wrapped(self.operand)}{suffix}" if suffix else f"{self.operator}{_wrapped(self.operand)}"


FieldExpression: TypeAlias = Static | Attribute | BinaryOperation | UnaryOperation


@dataclass(frozen=True, slots=True)
class SpansetFilter:
    expression: FieldExpression

    def __str__(self) -> str:
        return f"{{ {self.expression} }}"


@dataclass(frozen=True, slots=True)
class SpansetOperation:
    operator: str
    left: Stage
    right: Stage

    def __str__(self) -> str:
        return f"({self.left}) {self.operator} ({self.right})"


@dataclass(frozen=True, slots=True)
class Aggregate:
    """count, avg, min, max or sum over the spans of a spanset."""

    function: str
    operand: FieldExpression | None = None

    @property
    def type(self) -> TypeName:
        return "int" if self.operand is None else self.operand.type

    def __str__(self) -> str:
        return f"{self.function}({'' if self.operand is None else self.operand})"


@dataclass(frozen=True, slots=True)
class ScalarOperation:
    operator: str
    left: Scalar
    right: Scalar

    @property
    def type(self) -> TypeName:
        return self.right.type if self.left.type == "attribute" else self.left.type

    def __str__(self) -> str:
        return f"{_wrapped(self.left)} {self.operator} {_wrapped(self.right)}"


Scalar: TypeAlias = Aggregate | ScalarOperation | Static


@dataclass(frozen=True, slots=True)
class ScalarFilter:
    operator: str
    left: Scalar
    right: Scalar

    def __str__(self) -> str:
        return f"{_wrapped(self.left)} {self.operator} {_wrapped(self.right)}"


@dataclass(frozen=True, slots=True)
class GroupOperation:
    expression: FieldExpression

    def __str__(self) -> str:
        return f"by({self.expression})"


@dataclass(frozen=True, slots=True)
class CoalesceOperation:
    def __str__(self) -> str:
        return "coalesce()"


@dataclass(frozen=True, slots=True)
class SelectOperation:
    attributes: tuple[Attribute, ...]

    def __str__(self) -> str:
        return f"select({', '.join(map(str, self.attributes))})"


@dataclass(frozen=True, slots=True)
class Pipeline:
    stages: tuple[Stage, ...]

    def __str__(self) -> str:
        return "|".join(map(str, self.stages))


Stage: TypeAlias = (
    SpansetFilter | SpansetOperation | ScalarFilter | GroupOperation | CoalesceOperation | SelectOperation | Pipeline
)


@dataclass(frozen=True, slots=True)
class MetricsAggregate:
    """The first metrics stage: rate, count_over_time, or a function over an attribute."""

    function: str
    attribute: Attribute | None = None
    quantiles: tuple[float, ...] = ()
    by: tuple[Attribute, ...] = ()


@dataclass(frozen=True, slots=True)
class RankStage:
    """topk or bottomk."""

    function: str
    count: int


@dataclass(frozen=True, slots=True)
class ComparisonStage:
    """Keeps the samples that compare so."""

    operator: str
    threshold: float


SecondStage: TypeAlias = RankStage | ComparisonStage


@dataclass(frozen=True, slots=True)
class MetricsQuery:
    pipeline: Pipeline
    aggregate: MetricsAggregate
    stages: tuple[SecondStage, ...] = ()


@dataclass(frozen=True, slots=True)
class MetricsOperation:
    """Arithmetic between two metrics queries, or one and a number."""

    operator: str
    left: Metrics | float
    right: Metrics | float
    stages: tuple[SecondStage, ...] = ()


Metrics: TypeAlias = MetricsQuery | MetricsOperation


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query: it finds spansets, or computes metrics from them."""

    expression: Pipeline | Metrics
    hints: dict[str, Value] = field(default_factory=dict)


def _wrapped(node: FieldExpression | Scalar) -> str:
    return str(node) if isinstance(node, (Static, Attribute)) else f"({node})"
