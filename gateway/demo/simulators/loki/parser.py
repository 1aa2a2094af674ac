"""Reads a whole LogQL query, with the checks that the real server makes before it looks at any data."""

from __future__ import annotations

from functools import lru_cache

from gateway.demo.simulators.loki import metric_parser
from gateway.demo.simulators.loki.lexer import tokenize
from gateway.demo.simulators.loki.refusals import LokiRefusal, ParseRefusal
from gateway.demo.simulators.loki.regexes import compile_regex
from gateway.demo.simulators.loki.syntax import (
    BinaryOperation,
    LabelReplace,
    LogSelector,
    Matcher,
    MetricExpr,
    Query,
    RangeAggregation,
    VectorAggregation,
)
from gateway.demo.simulators.loki.tokens import Tokens

_MAX_BYTES = 131_072
_NO_MATCHER = (
    "queries require at least one regexp or equality matcher that does not have an empty-compatible value. "
    'For instance, app=~".*" does not meet this requirement, but app=~".+" will'
)


@lru_cache(maxsize=512)
def parse_query(query: str) -> Query:
    """Raises: ParseRefusal."""
    expression = parse_unchecked(query)
    _check(expression)
    return expression


def parse_unchecked(query: str) -> Query:
    """Without the demand for a matcher that narrows the search. Raises: ParseRefusal."""
    if len(query.encode()) >= _MAX_BYTES:
        raise ParseRefusal(f"input size too long ({len(query.encode())} > {_MAX_BYTES})")
    try:
        return metric_parser.parse(Tokens(tokenize(query)))
    except RecursionError as error:
        raise ParseRefusal("input nested too deep") from error


def parse_log_selector(query: str) -> LogSelector:
    """Raises: ParseRefusal, and LokiRefusal for a metric query."""
    expression = parse_query(query)
    if not isinstance(expression, LogSelector):
        raise LokiRefusal("only log selector is supported")
    return expression


def parse_matchers(query: str) -> tuple[Matcher, ...]:
    """A stream selector and nothing behind it. Raises: ParseRefusal, and LokiRefusal for more than matchers."""
    expression = parse_query(query)
    if not isinstance(expression, LogSelector) or expression.stages:
        raise LokiRefusal("only label matchers are supported")
    return expression.matchers


def _check(expression: Query) -> None:
    if isinstance(expression, LogSelector):
        if all(_lets_empty_pass(matcher) for matcher in expression.matchers):
            raise ParseRefusal(_NO_MATCHER)
    else:
        for child in _children(expression):
            _check(child)


def _children(expression: MetricExpr) -> tuple[Query, ...]:
    if isinstance(expression, RangeAggregation):
        return (expression.over.selector,)
    if isinstance(expression, VectorAggregation | LabelReplace):
        return (expression.over,)
    if isinstance(expression, BinaryOperation):
        return expression.left, expression.right
    return ()


def _lets_empty_pass(matcher: Matcher) -> bool:
    if matcher.op == "=":
        return not matcher.value
    if matcher.op == "=~":
        return compile_regex(matcher.value).fullmatch("") is not None
    return True
