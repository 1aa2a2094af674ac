"""PromQL's grammar: precedence climbing over the tokens, with the types checked on the way up."""

from __future__ import annotations

from gateway.demo.simulators.prometheus.promql.faults import ParseFault
from gateway.demo.simulators.prometheus.promql.lexer import Token, duration_ms, tokens_of
from gateway.demo.simulators.prometheus.promql.nodes import (
    COMPARISONS,
    SET_OPERATORS,
    Aggregation,
    Binary,
    Call,
    Matcher,
    Matching,
    Node,
    Number,
    Paren,
    Selector,
    String,
    Subquery,
    Unary,
)
from gateway.demo.simulators.prometheus.promql.selectors import matchers_of
from gateway.demo.simulators.prometheus.promql.signatures import AGGREGATIONS, FUNCTIONS
from gateway.demo.simulators.prometheus.promql.stream import TokenStream
from gateway.demo.simulators.prometheus.promql.types import check_aggregation, check_binary, check_call, type_of

_PRECEDENCE = {
    "or": 1,
    "and": 2,
    "unless": 2,
    **dict.fromkeys(COMPARISONS, 3),
    "+": 4,
    "-": 4,
    "*": 5,
    "/": 5,
    "%": 5,
    "atan2": 5,
    "^": 7,
}
_UNARY = 6
_NEVER_NAMES = frozenset({"bool", "on", "ignoring", "group_left", "group_right"})
"""Other keywords name a metric where nothing else makes sense."""
_DEEPEST = 200


def parse(query: str) -> Node:
    """Raises: ParseFault, for whoever wrote the query. Source: prometheus/promql/parser/generated_parser.y."""
    tokens = tokens_of(query)
    if tokens[0].kind == "end":
        raise ParseFault(None, "no expression found in input")
    parser = _Parser(TokenStream(tokens))
    node = parser.expression(0)
    parser.stream.expect_end()
    return node


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """A lone instant selector, as the match[] parameter takes. Raises: ParseFault."""
    node = parse(text)
    if not isinstance(node, Selector) or node.range_ms or node.offset_ms or node.at is not None:
        raise ParseFault(0, "unexpected expression, expected a metric selector")
    return node.all_matchers


class _Parser:
    def __init__(self, stream: TokenStream) -> None:
        self.stream = stream
        self._depth = 0

    def expression(self, weakest: int) -> Node:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise ParseFault(self.stream.peek.position, "expression is nested too deeply")
        left = self._unary()
        while (weight := _PRECEDENCE.get(self.stream.peek.text, 0)) > weakest and self.stream.peek.kind in (
            "op",
            "word",
        ):
            left = self._binary(left, self.stream.take(), weight)
        self._depth -= 1
        return left

    def _unary(self) -> Node:
        token = self.stream.peek
        if token.kind == "op" and token.text in "+-":
            self.stream.take()
            operand = self.expression(_UNARY)
            if type_of(operand) not in ("scalar", "instant vector"):
                raise ParseFault(
                    token.position,
                    f"unary expression only allowed on expressions of type scalar or instant vector, got {type_of(operand)!r}",
                )
            if isinstance(operand, Number):
                return Number(token.position, -operand.value if token.text == "-" else operand.value)
            return Unary(token.position, token.text, operand)
        return self._postfix(self._primary())

    def _binary(self, left: Node, operator: Token, weight: int) -> Node:
        returns_bool = self.stream.accept_word("bool") is not None
        if returns_bool and operator.text not in COMPARISONS:
            raise ParseFault(operator.position, "bool modifier can only be used on comparison operators")
        matching = self._matching(operator)
        right = self.expression(weight - 1 if operator.text == "^" else weight)
        node = Binary(left.position, operator.text, left, right, returns_bool, matching)
        check_binary(node, operator.position)
        return node

    def _matching(self, operator: Token) -> Matching | None:
        word = self.stream.accept_word("on") or self.stream.accept_word("ignoring")
        if word is None:
            return None
        matching = Matching(word.text == "on", self.stream.label_names())
        side = self.stream.accept_word("group_left") or self.stream.accept_word("group_right")
        if side is not None:
            if operator.text in SET_OPERATORS:
                raise ParseFault(operator.position, f'no grouping allowed for "{operator.text}" operation')
            matching.group = side.text.removeprefix("group_")
            matching.include = self.stream.label_names() if self.stream.peek.text == "(" else ()
            for name in matching.include:
                if matching.on and name in matching.labels:
                    raise ParseFault(side.position, f'label "{name}" must not occur in ON and GROUP clause at once')
        return matching

    def _primary(self) -> Node:
        token = self.stream.take()
        if token.kind in ("number", "duration"):
            return Number(token.position, _number(token))
        if token.kind == "string":
            return String(token.position, self.stream.text_of(token))
        if token.text == "(":
            inner = self.expression(0)
            self.stream.close("(", token)
            return Paren(token.position, inner)
        if token.text == "{":
            return Selector(token.position, *matchers_of(self.stream, "", token))
        if token.kind == "word":
            return self._word(token)
        raise ParseFault(token.position, f"unexpected {token.described()}")

    def _word(self, token: Token) -> Node:
        following = self.stream.peek.text
        if token.text.lower() in AGGREGATIONS and following in ("(", "by", "without"):
            return self._aggregation(token)
        if following == "(":
            return self._call(token)
        if token.text.lower() in ("inf", "nan"):
            return Number(token.position, float(token.text))
        if token.text.lower() in _NEVER_NAMES:
            raise ParseFault(token.position, f"unexpected <{token.text.lower()}>")
        brace = self.stream.accept("{")
        name, matchers = matchers_of(self.stream, token.text, brace) if brace else (token.text, [])
        return Selector(token.position, name, matchers)

    def _call(self, token: Token) -> Node:
        if token.text not in FUNCTIONS:
            raise ParseFault(token.position, f'unknown function with name "{token.text}"')
        call = Call(token.position, token.text, self._arguments())
        check_call(call)
        return call

    def _arguments(self) -> list[Node]:
        opened = self.stream.expect("(")
        arguments: list[Node] = []
        while self.stream.peek.text != ")":
            if self.stream.peek.kind == "end":
                raise ParseFault(self.stream.peek.position, "unclosed left parenthesis")
            arguments.append(self.expression(0))
            comma = self.stream.accept(",")
            if comma is None:
                break
            if self.stream.peek.text == ")":
                raise ParseFault(comma.position, "trailing commas not allowed in function call args")
        self.stream.close("(", opened)
        return arguments

    def _aggregation(self, token: Token) -> Node:
        node = Aggregation(token.position, token.text.lower(), Number(token.position, 0.0))
        self._grouping(node)
        arguments = self._arguments()
        if not node.grouped:
            self._grouping(node)
        check_aggregation(node, arguments)
        return node

    def _grouping(self, node: Aggregation) -> None:
        word = self.stream.accept_word("by") or self.stream.accept_word("without")
        if word is not None:
            node.grouped, node.without, node.labels = True, word.text.lower() == "without", self.stream.label_names()

    def _postfix(self, node: Node) -> Node:
        while True:
            token = self.stream.peek
            if token.text == "[":
                node = self._range(node)
            elif token.kind == "word" and token.text.lower() == "offset":
                self.stream.take()
                self._shiftable(node, token, "offset").offset_ms = self._signed_duration()
            elif token.text == "@":
                self.stream.take()
                self._shiftable(node, token, "@").at = self._instant()
            else:
                return node

    def _range(self, node: Node) -> Node:
        opened = self.stream.take()
        range_ms = self._duration()
        if self.stream.accept(":") is not None:
            step_ms = 0 if self.stream.peek.text == "]" else self._duration()
            self.stream.close("[", opened)
            if type_of(node) != "instant vector":
                raise ParseFault(
                    node.position, f'subquery is only allowed on instant vector, got "{type_of(node)}" instead'
                )
            return Subquery(node.position, node, range_ms, step_ms)
        self.stream.close("[", opened)
        if not isinstance(node, Selector) or node.range_ms:
            raise ParseFault(opened.position, "ranges only allowed for vector selectors")
        if node.offset_ms or node.at is not None:
            raise ParseFault(
                opened.position, f"no {'offset' if node.offset_ms else '@'} modifiers allowed before range"
            )
        node.range_ms = range_ms
        return node

    def _shiftable(self, node: Node, token: Token, word: str) -> Selector | Subquery:
        if isinstance(node, (Selector, Subquery)):
            return node
        raise ParseFault(
            token.position,
            f"{word} modifier must be preceded by an instant vector selector or range vector selector or a subquery",
        )

    def _signed_duration(self) -> int:
        sign = -1 if self.stream.accept("-") else 1
        return sign * self._duration(zero=True)

    def _duration(self, *, zero: bool = False) -> int:
        token = self.stream.take()
        if token.kind not in ("number", "duration"):
            raise ParseFault(token.position, f"unexpected {token.described()} in duration, expected number or duration")
        milliseconds = int(_number(token) * 1000)
        if milliseconds <= 0 and not zero:
            raise ParseFault(token.position, "duration must be greater than 0")
        return milliseconds

    def _instant(self) -> int | str:
        if word := self.stream.accept_word("start") or self.stream.accept_word("end"):
            self.stream.close("(", self.stream.expect("("))
            return word.text
        sign = -1 if self.stream.accept("-") else 1
        token = self.stream.take()
        if token.kind not in ("number", "duration"):
            raise ParseFault(token.position, f"unexpected {token.described()} in @, expected timestamp")
        return int(sign * _number(token) * 1000)


def _number(token: Token) -> float:
    if token.kind == "number":
        return _plain_number(token.text)
    milliseconds = duration_ms(token.text)
    if milliseconds is None:
        raise ParseFault(token.position, f'not a valid duration string: "{token.text}"')
    return milliseconds / 1000


def _plain_number(text: str) -> float:
    """As Go reads it: 0x1F is hexadecimal, and 017 octal."""
    if text[:2].lower() == "0x":
        return float(int(text, 16))
    if len(text) > 1 and text[0] == "0" and set(text) <= set("01234567"):
        return float(int(text, 8))
    return float(text)
