"""Compiled queries, kept as long as they are asked again."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator, Mapping

from gateway.demo.simulators.tempo.matching import RequestMatcher
from gateway.demo.simulators.tempo.templates import Templates
from gateway.demo.simulators.tempo.traceql.attributes import Attribute
from gateway.demo.simulators.tempo.traceql.nodes import (
    Aggregate,
    BinaryOperation,
    FieldExpression,
    GroupOperation,
    Metrics,
    MetricsOperation,
    MetricsQuery,
    Pipeline,
    Query,
    Scalar,
    ScalarFilter,
    ScalarOperation,
    SelectOperation,
    SpansetFilter,
    SpansetOperation,
    Stage,
    Static,
    UnaryOperation,
)
from gateway.demo.simulators.tempo.traceql.parser import parse_query
from gateway.demo.simulators.tempo.traceql.validation import validate
from gateway.demo.simulators.tempo.traceql.values import Value

KEPT = 64


class CompiledQuery:
    """A query that searches can run: a metrics query finds what it would count."""

    def __init__(self, query: Query, templates: Templates) -> None:
        pipeline = _pipeline_of(query.expression)
        self.query = query
        self.hints: Mapping[str, Value] = query.hints
        self.matcher = RequestMatcher(pipeline, templates)
        self.attributes = tuple(dict.fromkeys(mentioned(pipeline)))
        self.trace_ids = _trace_ids_of(pipeline)


class Queries:
    """Raises: InvalidQuery, from `compile`, for what does not parse or makes no sense."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self._compiled: OrderedDict[str, CompiledQuery] = OrderedDict()

    def compile(self, text: str) -> CompiledQuery:
        compiled = self._compiled.pop(text, None)
        if compiled is None:
            query = parse_query(text)
            validate(query)
            compiled = CompiledQuery(query, self._templates)
        self._compiled[text] = compiled
        while len(self._compiled) > KEPT:
            self._compiled.popitem(last=False)
        return compiled


def _pipeline_of(expression: Pipeline | Metrics | float) -> Pipeline:
    if isinstance(expression, Pipeline):
        return expression
    if isinstance(expression, MetricsQuery):
        return expression.pipeline
    if isinstance(expression, MetricsOperation):
        side = expression.right if isinstance(expression.left, float) else expression.left
        return _pipeline_of(side)
    raise AssertionError("a number alone is no query")


def _trace_ids_of(pipeline: Pipeline) -> frozenset[str] | None:
    """The traces that the first filter names, of which no other can match; None where it names none."""
    first = pipeline.stages[0]
    return _trace_ids(first.expression) if isinstance(first, SpansetFilter) else None


def _trace_ids(expression: FieldExpression) -> frozenset[str] | None:
    match expression:
        case BinaryOperation("=", Attribute("trace:id", "", True), Static(str() as wanted)):
            return frozenset({wanted})
        case BinaryOperation("&&" | "||" as operator, left, right):
            first, second = _trace_ids(left), _trace_ids(right)
            if operator == "||":
                return None if first is None or second is None else first | second
            return second if first is None else first if second is None else first & second
        case _:
            return None


def mentioned(stage: Stage) -> Iterator[Attribute]:
    """The attributes that the query names: these are shown with the spans it finds."""
    match stage:
        case Pipeline(stages):
            for inner in stages:
                yield from mentioned(inner)
        case SpansetOperation(_, left, right):
            yield from mentioned(left)
            yield from mentioned(right)
        case SpansetFilter(expression) | GroupOperation(expression):
            yield from _of_field(expression)
        case SelectOperation(attributes):
            yield from attributes
        case ScalarFilter(_, left, right):
            yield from _of_scalar(left)
            yield from _of_scalar(right)
        case _:
            pass


def _of_scalar(scalar: Scalar) -> Iterator[Attribute]:
    match scalar:
        case Aggregate(_, operand) if operand is not None:
            yield from _of_field(operand)
        case ScalarOperation(_, left, right):
            yield from _of_scalar(left)
            yield from _of_scalar(right)
        case _:
            pass


def _of_field(expression: FieldExpression) -> Iterator[Attribute]:
    match expression:
        case Attribute():
            yield expression
        case BinaryOperation(_, left, right):
            yield from _of_field(left)
            yield from _of_field(right)
        case UnaryOperation(_, operand):
            yield from _of_field(operand)
        case _:
            pass
