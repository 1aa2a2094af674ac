"""Refuses queries that parse and yet cannot be meant, with Tempo's messages."""

from __future__ import annotations

from gateway.demo.simulators.tempo.traceql.attributes import Attribute
from gateway.demo.simulators.tempo.traceql.errors import InvalidQuery
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
from gateway.demo.simulators.tempo.traceql.regexes import compile_regex
from gateway.demo.simulators.tempo.traceql.values import TypeName, is_numeric, takes_operator, types_combine

_SERVICE_NAME = Attribute("service.name", "resource")


def validate(query: Query) -> None:
    """Raises: InvalidQuery."""
    if isinstance(query.expression, Pipeline):
        _stage(query.expression)
    else:
        _metrics(query.expression)


def _metrics(query: Metrics | float) -> None:
    if isinstance(query, MetricsOperation):
        _metrics(query.left)
        _metrics(query.right)
    elif isinstance(query, MetricsQuery):
        _stage(query.pipeline)
        for attribute in (*query.aggregate.by, *([query.aggregate.attribute] if query.aggregate.attribute else [])):
            _attribute(attribute)


def _stage(stage: Stage) -> None:
    match stage:
        case Pipeline(stages):
            for inner in stages:
                _stage(inner)
        case SpansetOperation(_, left, right):
            _stage(left)
            _stage(right)
        case SpansetFilter(expression):
            _field(expression)
            if expression.type not in {"attribute", "bool"}:
                raise InvalidQuery(f"span filter field expressions must resolve to a boolean: {stage}")
        case GroupOperation(expression):
            if not _references_span(expression):
                raise InvalidQuery(f"grouping field expressions must reference the span: {stage}")
            _field(expression)
        case SelectOperation(attributes):
            for attribute in attributes:
                _attribute(attribute)
        case ScalarFilter():
            _scalar_filter(stage)
        case _:
            pass


def _scalar_filter(stage: ScalarFilter) -> None:
    _scalar(stage.left)
    _scalar(stage.right)
    _check_types(stage.operator, stage.left.type, stage.right.type, stage)
    if not isinstance(stage.left, Aggregate):
        raise InvalidQuery("scalar filter lhs of type (%v) not yet supported")
    if not isinstance(stage.right, Static):
        raise InvalidQuery("scalar filter rhs of type (%v) not yet supported")


def _scalar(scalar: Scalar) -> None:
    if isinstance(scalar, ScalarOperation):
        _scalar(scalar.left)
        _scalar(scalar.right)
        _check_types(scalar.operator, scalar.left.type, scalar.right.type, scalar)
    elif isinstance(scalar, Aggregate) and scalar.operand is not None:
        _field(scalar.operand)
        if scalar.operand.type != "attribute" and not is_numeric(scalar.operand.type):
            raise InvalidQuery(f"aggregate field expressions must resolve to a number type: {scalar}")
        if not _references_span(scalar.operand):
            raise InvalidQuery(f"aggregate field expressions must reference the span: {scalar}")


def _field(expression: FieldExpression) -> None:
    match expression:
        case Attribute():
            _attribute(expression)
        case BinaryOperation(operator, left, right):
            _field(left)
            _field(right)
            _check_types(operator, left.type, right.type, expression)
            if operator in {"=~", "!~"}:
                _regex(right)
        case UnaryOperation(operator, operand):
            _field(operand)
            _check_unary(operator, operand, expression)
        case _:
            pass


def _attribute(attribute: Attribute) -> None:
    if attribute.parent:
        raise InvalidQuery("parent not yet supported")
    if attribute.intrinsic and attribute.name == "parent":
        raise InvalidQuery("intrinsic (parent) not yet supported")


def _check_types(operator: str, left: TypeName, right: TypeName, node: object) -> None:
    if not types_combine(left, right):
        raise InvalidQuery(f"binary operations must operate on the same type: {node}")
    if not (takes_operator(left, operator) and takes_operator(right, operator)):
        raise InvalidQuery(f"illegal operation for the given types: {node}")


def _regex(right: FieldExpression) -> None:
    if not isinstance(right, Static) or type(right.value) is not str:
        raise InvalidQuery(f"invalid type for =~ or !~: {right}")
    if compile_regex(right.value) is None:
        raise InvalidQuery(f"invalid regex: {right}")


def _check_unary(operator: str, operand: FieldExpression, node: UnaryOperation) -> None:
    if operator == "missing" and isinstance(operand, Attribute):
        if operand.intrinsic:
            raise InvalidQuery(f"{operand}=nil is not valid because intrinsics cannot be nil")
        if operand == _SERVICE_NAME:
            raise InvalidQuery(f"{operand}=nil is not valid because resource.service.name cannot be nil")
    wanted = {"-": is_numeric(operand.type), "!": operand.type == "bool"}.get(operator, True)
    if operand.type != "attribute" and not wanted:
        raise InvalidQuery(f"illegal operation for the given type: {node}")


def _references_span(expression: FieldExpression) -> bool:
    match expression:
        case Attribute():
            return True
        case BinaryOperation(_, left, right):
            return _references_span(left) or _references_span(right)
        case UnaryOperation(_, operand):
            return _references_span(operand)
        case _:
            return False
