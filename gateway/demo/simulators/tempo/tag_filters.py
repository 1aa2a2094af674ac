"""The filter of the tag endpoints: simple conditions are honoured, anything harder is silently ignored, as in Tempo."""

from __future__ import annotations

from typing import TypeAlias

from gateway.demo.simulators.tempo.traceql.attributes import Attribute
from gateway.demo.simulators.tempo.traceql.errors import InvalidQuery
from gateway.demo.simulators.tempo.traceql.evaluation import compile_field
from gateway.demo.simulators.tempo.traceql.getters import Getter
from gateway.demo.simulators.tempo.traceql.nodes import (
    BinaryOperation,
    FieldExpression,
    Pipeline,
    SpansetFilter,
    Static,
)
from gateway.demo.simulators.tempo.traceql.parser import parse_query
from gateway.demo.simulators.tempo.traceql.validation import validate

SpanTest: TypeAlias = Getter


def tag_filter(text: str) -> SpanTest | None:
    """None where everything passes, also because the text is nothing that this endpoint understands."""
    if not text.strip():
        return None
    try:
        query = parse_query(text)
        validate(query)
    except InvalidQuery:
        return None
    if not isinstance(query.expression, Pipeline):
        return None
    first = query.expression.stages[0]
    if not isinstance(first, SpansetFilter) or not _is_simple(first.expression):
        return None
    return compile_field(first.expression)


def _is_simple(expression: FieldExpression) -> bool:
    """Scoped attributes or intrinsics compared with literals, all of which have to hold."""
    match expression:
        case BinaryOperation("&&", left, right):
            return _is_simple(left) and _is_simple(right)
        case BinaryOperation("||"):
            return False
        case BinaryOperation(_, Attribute() as attribute, Static()):
            return attribute.intrinsic or bool(attribute.scope)
        case _:
            return False
