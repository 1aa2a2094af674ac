"""Reads metric queries: range and vector aggregations, binary operations, literals."""

from __future__ import annotations

from gateway.demo.simulators.loki.lexer import RANGE_OPS, VECTOR_OPS
from gateway.demo.simulators.loki.pipeline_parser import LINE_FILTERS, parse_selector, parse_stages, parse_unwrap
from gateway.demo.simulators.loki.refusals import ParseRefusal
from gateway.demo.simulators.loki.regexes import RegexRefused, compile_regex
from gateway.demo.simulators.loki.syntax import (
    BinaryOperation,
    ConstantVector,
    Grouping,
    LabelReplace,
    Literal,
    LogRange,
    LogSelector,
    Matcher,
    Query,
    RangeAggregation,
    Unwrap,
    VectorAggregation,
    VectorMatching,
)
from gateway.demo.simulators.loki.tokens import Tokens

_RANGE_OPS = {name.upper(): name for name in RANGE_OPS}
_VECTOR_OPS = {name.upper(): name for name in VECTOR_OPS if name != "approx_topk"}
_PRECEDENCE = {
    "or": 1, "and": 2, "unless": 2, "==": 3, "!=": 3, "<": 3, "<=": 3, ">": 3, ">=": 3,
    "+": 4, "-": 4, "*": 5, "/": 5, "%": 5, "^": 6,
}  # fmt: skip
_SET_OPS = ("or", "and", "unless")
_WITH_UNWRAP = frozenset(
    name
    for name in RANGE_OPS
    if name.split("_")[0] in {"avg", "sum", "max", "min", "stdvar", "stddev", "quantile", "first", "last"}
) | {"rate", "rate_counter", "absent_over_time"}
_WITHOUT_UNWRAP = {"rate", "count_over_time", "bytes_over_time", "bytes_rate", "absent_over_time"}
_GROUPABLE = {
    name
    for name in RANGE_OPS
    if name.split("_")[0] in {"avg", "max", "min", "stdvar", "stddev", "quantile", "first", "last"}
}
_RANKED = ("topk", "bottomk")


def parse(tokens: Tokens) -> Query:
    """A whole query. Raises: ParseRefusal."""
    expression = _expression(tokens, 1)
    if tokens.kind != "$end":
        raise tokens.unexpected()
    return expression


def _expression(tokens: Tokens, lowest: int) -> Query:
    left = _operand(tokens)
    while (strength := _PRECEDENCE.get(tokens.kind, 0)) >= lowest:
        op = tokens.take().kind
        returns_bool, matching = _modifier(tokens)
        right = _expression(tokens, strength if op == "^" else strength + 1)
        left = _binary(op, left, right, returns_bool=returns_bool, matching=matching)
    return left


def _binary(op: str, left: Query, right: Query, *, returns_bool: bool, matching: VectorMatching) -> BinaryOperation:
    for side, name in ((left, "left"), (right, "right")):
        if isinstance(side, LogSelector):
            raise ParseRefusal(f"unexpected type for {name} leg of binary operation ({op}): *syntax.PipelineExpr")
        if op in _SET_OPS and isinstance(side, Literal):
            raise ParseRefusal(
                f"unexpected literal for {name} leg of logical/set binary operation ({op}): {side.value:f}"
            )
    assert not isinstance(left, LogSelector)
    assert not isinstance(right, LogSelector)
    return BinaryOperation(op, left, right, returns_bool, matching)


def _modifier(tokens: Tokens) -> tuple[bool, VectorMatching]:
    returns_bool = tokens.accept("bool") is not None
    given = tokens.accept("on", "ignoring")
    if given is None:
        return returns_bool, VectorMatching()
    labels = _label_list(tokens)
    many = tokens.accept("group_left", "group_right")
    include = _label_list(tokens) if many and tokens.kind == "(" else ()
    side = {None: "", "group_left": "left", "group_right": "right"}[many.kind if many else None]
    return returns_bool, VectorMatching(given.kind == "on", labels, side, include)


def _label_list(tokens: Tokens) -> tuple[str, ...]:
    tokens.expect("(")
    if tokens.accept(")"):
        return ()
    labels = [tokens.expect("IDENTIFIER", ")").text]
    while tokens.expect(",", ")").kind == ",":
        labels.append(tokens.expect("IDENTIFIER").text)
    return tuple(labels)


def _operand(tokens: Tokens) -> Query:
    kind = tokens.kind
    if kind == "{":
        matchers = parse_selector(tokens)
        return LogSelector(matchers, parse_stages(tokens))
    if kind == "(":
        return _parenthesised(tokens)
    if kind in _RANGE_OPS:
        return _range_aggregation(tokens)
    if kind in _VECTOR_OPS:
        return _vector_aggregation(tokens)
    if kind in {"NUMBER", "+", "-"}:
        return _literal(tokens)
    if kind == "label_replace":
        return _label_replace(tokens)
    if kind == "VECTOR":
        tokens.take()
        tokens.expect("(")
        value = float(tokens.expect("NUMBER").text)
        tokens.expect(")")
        return ConstantVector(value)
    raise tokens.unexpected()


def _parenthesised(tokens: Tokens) -> Query:
    tokens.expect("(")
    inner = _expression(tokens, 1)
    if not tokens.accept(")"):
        raise tokens.unexpected()
    return inner


def _literal(tokens: Tokens) -> Literal:
    sign = tokens.accept("+", "-")
    text = tokens.expect("NUMBER").text
    value = float(int(text, 16)) if text.lower().startswith("0x") else float(text)
    return Literal(-value if sign and sign.kind == "-" else value)


def _range_aggregation(tokens: Tokens) -> RangeAggregation:
    op = _RANGE_OPS[tokens.take().kind]
    tokens.expect("(")
    parameter = None
    if tokens.kind == "NUMBER":
        parameter = float(tokens.take().text)
        tokens.expect(",")
    elif tokens.kind not in {"{", "("}:
        raise tokens.unexpected("NUMBER", "{", "(")
    over = _log_range(tokens)
    tokens.expect(")")
    grouping = _grouping(tokens) if tokens.kind in {"by", "without"} else None
    return _checked_range(RangeAggregation(op, over, parameter, grouping))


def _checked_range(expression: RangeAggregation) -> RangeAggregation:
    op, unwrap = expression.op, expression.over.unwrap
    if expression.parameter is not None and op != "quantile_over_time":
        raise ParseRefusal(f"parameter {expression.parameter:f} not supported for operation {op}")
    if expression.parameter is None and op == "quantile_over_time":
        raise ParseRefusal("parameter required for operation quantile_over_time")
    if unwrap is None and op not in _WITHOUT_UNWRAP:
        raise ParseRefusal(f"invalid aggregation {op} without unwrap")
    if unwrap is not None and op not in _WITH_UNWRAP:
        raise ParseRefusal(f"invalid aggregation {op} with unwrap")
    if expression.grouping is not None and op not in _GROUPABLE:
        raise ParseRefusal(f"grouping not allowed for {op} aggregation")
    return expression


def _log_range(tokens: Tokens) -> LogRange:
    """The range stands behind the selector, behind its pipeline, or behind parentheses around both."""
    if tokens.accept("("):
        if tokens.kind == "(":
            inner = _log_range(tokens)
            tokens.expect(")")
            return inner
        return _parenthesised_range(tokens)
    matchers = parse_selector(tokens)
    return _after_selector(tokens, matchers)


def _parenthesised_range(tokens: Tokens) -> LogRange:
    matchers = parse_selector(tokens)
    stages, unwrap = parse_stages(tokens), parse_unwrap(tokens)
    if tokens.kind == "RANGE":
        inner = _range_tail(tokens, LogSelector(matchers, stages), unwrap)
        tokens.expect(")")
        return inner
    if not tokens.accept(")"):
        raise tokens.unexpected()
    if tokens.kind != "RANGE":
        raise tokens.unexpected("RANGE")
    return _range_tail(tokens, LogSelector(matchers, stages), unwrap)


def _after_selector(tokens: Tokens, matchers: tuple[Matcher, ...]) -> LogRange:
    stages, unwrap = parse_stages(tokens), parse_unwrap(tokens)
    if tokens.kind != "RANGE":
        raise tokens.unexpected()
    return _range_tail(tokens, LogSelector(matchers, stages), unwrap)


def _range_tail(tokens: Tokens, selector: LogSelector, unwrap: Unwrap | None) -> LogRange:
    interval = int(tokens.expect("RANGE").number)
    offset = int(tokens.expect("DURATION").number) if tokens.accept("offset") else 0
    if not selector.stages and unwrap is None and (tokens.kind in LINE_FILTERS or tokens.kind == "|"):
        selector = LogSelector(selector.matchers, parse_stages(tokens))
        unwrap = parse_unwrap(tokens)
    return LogRange(selector, interval, offset, unwrap)


def _grouping(tokens: Tokens) -> Grouping:
    without = tokens.expect("by", "without").kind == "without"
    return Grouping(without, _label_list(tokens))


def _vector_aggregation(tokens: Tokens) -> VectorAggregation:
    op = _VECTOR_OPS[tokens.take().kind]
    grouping = _grouping(tokens) if tokens.kind in {"by", "without"} else None
    tokens.expect("(") if grouping else tokens.expect("(", "by", "without")
    parameter = tokens.take().text if tokens.kind == "NUMBER" and tokens.peek() == "," else None
    if parameter is not None:
        tokens.expect(",")
    over = _expression(tokens, 1)
    if isinstance(over, LogSelector) or not tokens.accept(")"):
        raise tokens.unexpected()
    if grouping is None and tokens.kind in {"by", "without"}:
        grouping = _grouping(tokens)
    return VectorAggregation(op, over, _rank(op, parameter), grouping)


def _rank(op: str, parameter: str | None) -> int | None:
    if op not in _RANKED:
        if parameter is not None:
            raise ParseRefusal(f"unsupported parameter for operation {op}({parameter},")
        return None
    if parameter is None:
        raise ParseRefusal(f"parameter required for operation {op}")
    if not parameter.isdigit():
        raise ParseRefusal(f"invalid parameter {op}({parameter},")
    if int(parameter) <= 0:
        raise ParseRefusal(f"invalid parameter (must be greater than 0) {op}({parameter}")
    return int(parameter)


def _label_replace(tokens: Tokens) -> LabelReplace:
    tokens.take()
    tokens.expect("(")
    over = _expression(tokens, 1)
    if isinstance(over, LogSelector):
        raise tokens.unexpected()
    texts = []
    for _ in range(4):
        tokens.expect(",")
        texts.append(tokens.expect("STRING").text)
    tokens.expect(")")
    try:
        compile_regex(texts[3])
    except RegexRefused as error:
        raise ParseRefusal(f"invalid regex in label_replace: {error}") from error
    return LabelReplace(over, *texts)
