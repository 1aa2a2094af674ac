"""The second opinion on narrowed PromQL: another parser has to find as many vector selectors, each with the scope."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from typing import Any

import promql_parser

from ..scope import Refused
from ..scoping.rules import Matcher

_OPERATORS = {"=": promql_parser.MatchOp.Equal, "=~": promql_parser.MatchOp.Re}
_POSITION = re.compile(r"\b(?:unknown position|\d+:\d+): (?:parse error: )?")


def confirm(text: str, wall: Sequence[Matcher], selectors: int) -> None:
    """Raises: Refused unless `text` parses to exactly this many selectors with all the wall's matchers in each."""
    _register_old_names()
    try:
        tree = promql_parser.parse(text)
    except ValueError as error:
        message = _POSITION.sub("", str(error)).strip()
        raise Refused(f"this is not valid PromQL: {message}") from None
    except BaseException as error:  # a panic of the native parser is no Exception
        if type(error).__name__ != "PanicException":
            raise
        raise Refused("this is not valid PromQL") from None
    if _count(tree, wall) != selectors:
        raise Refused("two readings of this expression differ, so it is not run")


@functools.cache
def _register_old_names() -> None:
    """`holt_winters` is what Prometheus 2 calls double_exponential_smoothing; the registration is process-wide."""
    value = promql_parser.ValueType
    arguments = [value.Matrix, value.Scalar, value.Scalar]
    promql_parser.register_extra_functions([promql_parser.Function("holt_winters", arguments, value.Vector)])


def _count(node: Any, wall: Sequence[Matcher]) -> int:
    """The number of vector selectors below a node. Raises: Refused for one without the wall, and for an unknown node."""
    if isinstance(node, promql_parser.VectorSelector):
        if not _is_walled(node, wall):
            raise Refused("two readings of this expression differ, so it is not run")
        return 1
    if isinstance(node, promql_parser.MatrixSelector):
        return _count(node.vector_selector, wall)
    if isinstance(node, promql_parser.ParenExpr | promql_parser.UnaryExpr | promql_parser.SubqueryExpr):
        return _count(node.expr, wall)
    if isinstance(node, promql_parser.BinaryExpr):
        return _count(node.lhs, wall) + _count(node.rhs, wall)
    if isinstance(node, promql_parser.AggregateExpr):
        return _count(node.expr, wall) + (0 if node.param is None else _count(node.param, wall))
    if isinstance(node, promql_parser.Call):
        return sum(_count(argument, wall) for argument in node.args)
    if isinstance(node, promql_parser.NumberLiteral | promql_parser.StringLiteral):
        return 0
    raise Refused("this expression holds something that the gateway does not know yet")


def _is_walled(node: Any, wall: Sequence[Matcher]) -> bool:
    matchers = node.matchers
    if matchers.or_matchers:
        return False
    found = [(matcher.name, matcher.op, matcher.value) for matcher in matchers.matchers]
    return all((name, _OPERATORS[op], value) in found for name, op, value in wall)
