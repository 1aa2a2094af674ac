"""The type of an expression, and the rules about which types go where."""

from __future__ import annotations

from gateway.demo.simulators.prometheus.promql.faults import ParseFault
from gateway.demo.simulators.prometheus.promql.nodes import (
    COMPARISONS,
    SET_OPERATORS,
    Aggregation,
    Binary,
    Call,
    Node,
    Number,
    Paren,
    Selector,
    String,
    Subquery,
    Unary,
)
from gateway.demo.simulators.prometheus.promql.signatures import AGGREGATIONS, FUNCTIONS, MATRIX, SCALAR, STRING, VECTOR


def type_of(node: Node) -> str:
    if isinstance(node, Number):
        return SCALAR
    if isinstance(node, String):
        return STRING
    if isinstance(node, Selector):
        return MATRIX if node.range_ms else VECTOR
    if isinstance(node, Subquery):
        return MATRIX
    if isinstance(node, (Paren, Unary)):
        return type_of(node.expression)
    if isinstance(node, Call):
        return FUNCTIONS[node.name].result
    if isinstance(node, Binary):
        return SCALAR if type_of(node.left) == type_of(node.right) == SCALAR else VECTOR
    return VECTOR


def check_binary(node: Binary, position: int) -> None:
    left, right = type_of(node.left), type_of(node.right)
    for side in (left, right):
        if side not in (SCALAR, VECTOR):
            raise ParseFault(position, "binary expression must contain only scalar and instant vector types")
    if left == right == SCALAR and node.op in COMPARISONS and not node.returns_bool:
        raise ParseFault(position, "comparisons between scalars must use BOOL modifier")
    if node.op in SET_OPERATORS and SCALAR in (left, right):
        raise ParseFault(position, f'set operator "{node.op}" not allowed in binary scalar expression')
    if node.matching is not None and SCALAR in (left, right):
        raise ParseFault(position, "vector matching only allowed between instant vectors")


def check_call(call: Call) -> None:
    signature = FUNCTIONS[call.name]
    given, most = len(call.arguments), len(signature.arguments)
    if signature.optional == 0 and given != most:
        raise ParseFault(call.position, f'expected {most} argument(s) in call to "{call.name}", got {given}')
    if given < most - abs(signature.optional):
        raise ParseFault(
            call.position,
            f'expected at least {most - abs(signature.optional)} argument(s) in call to "{call.name}", got {given}',
        )
    if given > most and signature.optional >= 0:
        raise ParseFault(call.position, f'expected at most {most} argument(s) in call to "{call.name}", got {given}')
    for number, argument in enumerate(call.arguments):
        wanted = signature.arguments[min(number, most - 1)]
        if type_of(argument) != wanted:
            raise ParseFault(
                argument.position, f'expected type {wanted} in call to function "{call.name}", got {type_of(argument)}'
            )


def check_aggregation(node: Aggregation, arguments: list[Node]) -> None:
    """Puts the arguments in their places. Raises: ParseFault."""
    parameter = AGGREGATIONS[node.op]
    wanted = [VECTOR] if parameter is None else [parameter, VECTOR]
    if len(arguments) != len(wanted):
        message = (
            "no arguments for aggregate expression provided"
            if not arguments
            else (
                f"wrong number of arguments for aggregate expression provided, expected {len(wanted)}, got {len(arguments)}"
            )
        )
        raise ParseFault(node.position, message)
    for argument, kind in zip(arguments, wanted, strict=True):
        if type_of(argument) != kind:
            where = "aggregation expression" if kind == VECTOR else "aggregation parameter"
            raise ParseFault(argument.position, f"expected type {kind} in {where}, got {type_of(argument)}")
    node.expression = arguments[-1]
    node.parameter = arguments[0] if parameter is not None else None
