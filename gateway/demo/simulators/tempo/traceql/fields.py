"""Reads what stands between the braces of a spanset filter."""

from __future__ import annotations

from gateway.demo.simulators.tempo.traceql.attributes import SCOPED_INTRINSICS, UNSCOPED_INTRINSICS, Attribute
from gateway.demo.simulators.tempo.traceql.cursor import Cursor
from gateway.demo.simulators.tempo.traceql.nodes import BinaryOperation, FieldExpression, Static, UnaryOperation
from gateway.demo.simulators.tempo.traceql.tokens import ATTRIBUTE_SCOPES, INTRINSIC_SCOPES
from gateway.demo.simulators.tempo.traceql.values import KINDS, STATUSES, Value

_LOGICAL, _COMPARISON, _SUM, _NOT, _PRODUCT, _POWER = range(1, 7)
PRECEDENCE: dict[str, int] = {
    # The grammar gives && and || the same precedence: a || b && c is (a || b) && c.
    **dict.fromkeys(("&&", "||"), _LOGICAL),
    **dict.fromkeys(("=", "!=", "<", "<=", ">", ">=", "=~", "!~"), _COMPARISON),
    **dict.fromkeys("+-", _SUM),
    **dict.fromkeys("*/%", _PRODUCT),
    "^": _POWER,
}
_LITERALS = frozenset({"STRING", "INTEGER", "FLOAT", "DURATION"})
_WORDS: dict[str, Value] = {"true": True, "false": False, **STATUSES, **KINDS}
_LIMITS = {"minInt": -(1 << 63), "maxInt": (1 << 63) - 1}


def parse_field_expression(cursor: Cursor, lowest: int = _LOGICAL) -> FieldExpression:
    """Operators of one precedence bind from the left, but for the power."""
    cursor.enter()
    left = _nil_comparison(cursor) if cursor.kind == "nil" else _operand(cursor)
    while (precedence := PRECEDENCE.get(cursor.kind, 0)) >= lowest:
        operator = cursor.take().kind
        if isinstance(left, (BinaryOperation, UnaryOperation)):
            cursor.count_operator()
        if cursor.kind == "nil" and operator in {"=", "!="}:
            cursor.take()
            left = UnaryOperation("missing" if operator == "=" else "exists", left)
            continue
        right = parse_field_expression(cursor, precedence if operator == "^" else precedence + 1)
        left = BinaryOperation(operator, left, right)
    cursor.leave()
    return left


def _nil_comparison(cursor: Cursor) -> FieldExpression:
    cursor.take()
    if cursor.kind not in {"=", "!="}:
        raise cursor.unexpected(", expecting = or !=")
    operator = cursor.take().kind
    if cursor.accept("nil"):
        return Static(False)
    operand = parse_field_expression(cursor, _SUM)
    return UnaryOperation("missing" if operator == "=" else "exists", operand)


def _operand(cursor: Cursor) -> FieldExpression:
    if cursor.accept("("):
        inner = parse_field_expression(cursor)
        if cursor.kind != ")":
            raise cursor.unexpected()
        cursor.take()
        return inner
    if cursor.accept("!"):
        return UnaryOperation("!", parse_field_expression(cursor, _PRODUCT))
    if cursor.accept("-"):
        return UnaryOperation("-", parse_field_expression(cursor, _NOT))
    attribute = parse_attribute_if_any(cursor)
    return attribute or Static(parse_static(cursor))


def parse_static(cursor: Cursor) -> Value:
    token = cursor.token
    if token.kind in _LITERALS:
        return cursor.take().value
    if token.kind in _WORDS:
        return _WORDS[cursor.take().kind]
    if token.kind != "IDENTIFIER":
        raise cursor.unexpected()
    if token.value not in _LIMITS:
        raise cursor.error(f"unknown identifier: {token.value}", token)
    cursor.take()
    return _LIMITS[str(token.value)]


def parse_attribute(cursor: Cursor) -> Attribute:
    attribute = parse_attribute_if_any(cursor)
    if attribute is None:
        raise cursor.unexpected()
    return attribute


def parse_attribute_if_any(cursor: Cursor) -> Attribute | None:
    kind = cursor.kind
    if kind in UNSCOPED_INTRINSICS:
        cursor.take()
        return Attribute(kind, intrinsic=True)
    if kind in INTRINSIC_SCOPES:
        return _scoped_intrinsic(cursor)
    if kind in ATTRIBUTE_SCOPES:
        return _named(cursor)
    return None


def _scoped_intrinsic(cursor: Cursor) -> Attribute:
    scope = cursor.take().kind
    name = SCOPED_INTRINSICS.get((scope, cursor.kind))
    if name is None:
        raise cursor.unexpected()
    cursor.take()
    return Attribute(name, intrinsic=True)


def _named(cursor: Cursor) -> Attribute:
    scope = cursor.take().kind
    parent = scope == "parent."
    if parent:
        scope = cursor.take().kind if cursor.kind in {"span.", "resource."} else "."
    name = str(cursor.expect("IDENTIFIER").value)
    cursor.expect("END_ATTRIBUTE")
    return Attribute(name, scope[:-1], parent=parent)
