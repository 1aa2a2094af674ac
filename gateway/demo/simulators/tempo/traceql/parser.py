"""Reads a whole query: pipelines of spansets, scalars and metrics, and the hints behind them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TypeAlias

from gateway.demo.simulators.tempo.traceql.attributes import Attribute
from gateway.demo.simulators.tempo.traceql.constants import fold, negate
from gateway.demo.simulators.tempo.traceql.cursor import Cursor
from gateway.demo.simulators.tempo.traceql.errors import InvalidQuery
from gateway.demo.simulators.tempo.traceql.fields import parse_field_expression
from gateway.demo.simulators.tempo.traceql.functions import (
    AGGREGATES,
    METRICS_FUNCTIONS,
    parse_aggregate,
    parse_hints,
    parse_metrics_aggregate,
    parse_stage,
)
from gateway.demo.simulators.tempo.traceql.nodes import (
    Aggregate,
    CoalesceOperation,
    ComparisonStage,
    GroupOperation,
    Metrics,
    MetricsAggregate,
    MetricsOperation,
    MetricsQuery,
    Pipeline,
    Query,
    RankStage,
    ScalarFilter,
    ScalarOperation,
    SecondStage,
    SelectOperation,
    SpansetFilter,
    SpansetOperation,
    Stage,
    Static,
)
from gateway.demo.simulators.tempo.traceql.tokens import END, Token
from gateway.demo.simulators.tempo.traceql.values import Value

_LOGICAL, _RELATION, _SUM, _PRODUCT, _POWER = range(1, 6)
_STRUCTURAL = frozenset(">> << > < ~ !>> !<< !> !< !~ &>> &<< &> &< &~".split())
_COMPARISONS = frozenset({"=", "!=", "<", "<=", ">", ">="})
_ARITHMETIC = frozenset("+-*/%^")
_PRECEDENCE: dict[str, int] = {
    **dict.fromkeys(("&&", "||"), _LOGICAL),
    **dict.fromkeys(_STRUCTURAL | _COMPARISONS, _RELATION),
    **dict.fromkeys("+-", _SUM),
    **dict.fromkeys("*/%", _PRODUCT),
    "^": _POWER,
}
_NUMBERS = frozenset({"INTEGER", "FLOAT", "DURATION"})


@dataclass(frozen=True, slots=True)
class _Compared:
    """A metrics stage with the comparisons behind it, as in `rate() > 1`."""

    head: MetricsAggregate | RankStage
    comparisons: tuple[ComparisonStage, ...]


_Scalar: TypeAlias = Aggregate | ScalarOperation | Static
_Element: TypeAlias = Stage | _Scalar | Metrics | MetricsAggregate | RankStage | _Compared
_SPANSETS = (SpansetFilter, SpansetOperation, Pipeline)
_SCALARS = (Aggregate, ScalarOperation, Static)
_METRICS_NODES = (MetricsQuery, MetricsOperation)
_PLAIN_STAGES = (ScalarFilter, GroupOperation, CoalesceOperation, SelectOperation)
_STAGES = (SpansetFilter, SpansetOperation, Pipeline, *_PLAIN_STAGES)


def parse_query(text: str) -> Query:
    """Raises: ParseError, at the first token that fits nowhere."""
    cursor = Cursor(text)
    expression = _pipeline(cursor)
    hints: dict[str, Value] = {}
    while cursor.accept("with"):
        hints.update(parse_hints(cursor))
    if cursor.kind != END:
        raise cursor.unexpected()
    return Query(
        Pipeline((expression,)) if not isinstance(expression, (Pipeline, *_METRICS_NODES)) else expression, hints
    )


def parse_identifier(text: str) -> Attribute:
    """One attribute, as the tag endpoints take it. Raises: ParseError."""
    cursor = Cursor("{" + text + "}")
    cursor.take()
    expression = parse_field_expression(cursor)
    if cursor.kind != "}":
        raise cursor.unexpected()
    cursor.take()
    if cursor.kind != END or not isinstance(expression, Attribute):
        raise InvalidQuery("expected an attribute")
    return expression


def _pipeline(cursor: Cursor) -> Stage | Metrics:
    cursor.enter()
    elements = [(cursor.token, _expression(cursor, _LOGICAL))]
    while cursor.accept("|"):
        elements.append((cursor.token, _expression(cursor, _LOGICAL)))
    cursor.leave()
    first = elements[0][1]
    if isinstance(first, _METRICS_NODES):
        return _with_stages(cursor, first, elements[1:])
    stages: list[Stage] = []
    for position, (token, element) in enumerate(elements):
        head, comparisons = (element.head, element.comparisons) if isinstance(element, _Compared) else (element, ())
        if isinstance(head, MetricsAggregate) and stages:
            query = MetricsQuery(Pipeline(tuple(stages)), head, comparisons)
            return _with_stages(cursor, query, elements[position + 1 :])
        if not isinstance(element, _STAGES) or (isinstance(element, CoalesceOperation) and not stages):
            raise _misplaced(cursor, token, element, is_last=position == len(elements) - 1)
        stages.append(element)
    return stages[0] if len(stages) == 1 else Pipeline(tuple(stages))


def _misplaced(cursor: Cursor, token: Token, element: _Element, *, is_last: bool) -> InvalidQuery:
    if isinstance(element, _SCALARS) and is_last:
        if cursor.kind == ")" and not isinstance(element, Static):
            return InvalidQuery("scalar filter lhs of type (%v) not yet supported")
        return cursor.unexpected()
    return cursor.error(f"syntax error: unexpected {token.kind}", token)


def _with_stages(cursor: Cursor, query: Metrics, elements: list[tuple[Token, _Element]]) -> Metrics:
    stages: list[SecondStage] = list(query.stages)
    for token, element in elements:
        head, comparisons = (element.head, element.comparisons) if isinstance(element, _Compared) else (element, ())
        if not isinstance(head, RankStage):
            raise cursor.error(f"syntax error: unexpected {token.kind}", token)
        stages += [head, *comparisons]
    return replace(query, stages=tuple(stages))


def _expression(cursor: Cursor, lowest: int) -> _Element:
    cursor.enter()
    left = _primary(cursor)
    while (precedence := _PRECEDENCE.get(cursor.kind, 0)) >= lowest:
        token = cursor.take()
        cursor.count_operator()
        right = _expression(cursor, precedence if token.kind == "^" else precedence + 1)
        left = _combined(cursor, token, left, right)
    cursor.leave()
    return left


def _combined(cursor: Cursor, token: Token, left: _Element, right: _Element) -> _Element:
    operator = token.kind
    if isinstance(left, _SPANSETS) and isinstance(right, _SPANSETS):
        if operator in _STRUCTURAL or operator in {"&&", "||"}:
            return SpansetOperation(operator, left, right)
    elif isinstance(left, _SCALARS) and isinstance(right, _SCALARS):
        if combined := _scalars(operator, left, right):
            return combined
    elif operator in _COMPARISONS and isinstance(right, Static):
        if compared := _comparison(operator, left, float(right.value)):  # type: ignore[arg-type] # a number, by the grammar
            return compared
    elif operator in {"+", "-", "*", "/"}:
        sides = [_metrics_side(side) for side in (left, right)]
        if sides[0] is not None and sides[1] is not None:
            return MetricsOperation(operator, sides[0], sides[1])
    raise cursor.error(f"syntax error: unexpected {operator}", token)


def _scalars(operator: str, left: _Scalar, right: _Scalar) -> _Element | None:
    constant = isinstance(left, Static) and isinstance(right, Static)
    if operator in _COMPARISONS:
        return None if constant else ScalarFilter(operator, left, right)
    if operator not in _ARITHMETIC:
        return None
    if isinstance(left, Static) and isinstance(right, Static):
        return None if operator in {"%", "^"} else Static(fold(operator, left.value, right.value))
    return ScalarOperation(operator, left, right)


def _comparison(operator: str, left: _Element, threshold: float) -> _Element | None:
    stage = ComparisonStage(operator, threshold)
    if isinstance(left, _METRICS_NODES):
        return replace(left, stages=(*left.stages, stage))
    if isinstance(left, _Compared):
        return _Compared(left.head, (*left.comparisons, stage))
    return _Compared(left, (stage,)) if isinstance(left, (MetricsAggregate, RankStage)) else None


def _metrics_side(element: _Element) -> Metrics | float | None:
    if isinstance(element, Static):
        return float(element.value)  # type: ignore[arg-type] # a number, by the grammar
    return element if isinstance(element, _METRICS_NODES) else None


def _primary(cursor: Cursor) -> _Element:
    kind = cursor.kind
    if kind == "{":
        return _filter(cursor)
    if kind == "(":
        cursor.take()
        inner = _parenthesised(cursor)
        if cursor.kind != ")":
            raise cursor.unexpected()
        cursor.take()
        return Pipeline((inner,)) if isinstance(inner, _PLAIN_STAGES) else inner
    if kind == "-" or kind in _NUMBERS:
        return _number(cursor)
    if kind in AGGREGATES:
        return parse_aggregate(cursor)
    if kind in METRICS_FUNCTIONS:
        return parse_metrics_aggregate(cursor)
    return parse_stage(cursor)


def _parenthesised(cursor: Cursor) -> _Element:
    """A scalar in parentheses is no pipeline yet: `(count() + 1) * 2`."""
    if cursor.kind in AGGREGATES or cursor.kind in _NUMBERS or cursor.kind == "-":
        inner = _expression(cursor, _LOGICAL)
        if cursor.kind == "|" and isinstance(inner, ScalarFilter):
            return _continued(cursor, inner)
        return inner
    return _pipeline(cursor)


def _continued(cursor: Cursor, first: Stage) -> Stage:
    cursor.take()
    rest = _pipeline(cursor)
    if isinstance(rest, _METRICS_NODES):
        raise cursor.unexpected()
    return Pipeline((first, *(rest.stages if isinstance(rest, Pipeline) else (rest,))))


def _filter(cursor: Cursor) -> SpansetFilter:
    cursor.take()
    if cursor.accept("}"):
        return SpansetFilter(Static(True))
    expression = parse_field_expression(cursor)
    if cursor.kind != "}":
        raise cursor.unexpected()
    cursor.take()
    return SpansetFilter(expression)


def _number(cursor: Cursor) -> Static:
    if cursor.accept("-"):
        if cursor.kind == "(":
            cursor.take()
            inner = _expression(cursor, _SUM)
            cursor.expect(")")
            if not isinstance(inner, Static):
                raise cursor.unexpected()
            return Static(negate(inner.value))
        if cursor.kind != "-" and cursor.kind not in _NUMBERS:
            raise cursor.unexpected()
        cursor.enter()
        negative = Static(negate(_number(cursor).value))
        cursor.leave()
        return negative
    return Static(cursor.take().value)
