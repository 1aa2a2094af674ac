"""What stands in a selector's braces."""

from __future__ import annotations

from gateway.demo.simulators.prometheus.promql.faults import ParseFault
from gateway.demo.simulators.prometheus.promql.lexer import Token, unquoted
from gateway.demo.simulators.prometheus.promql.nodes import Matcher
from gateway.demo.simulators.prometheus.promql.regexes import RegexFault, compile_regex
from gateway.demo.simulators.prometheus.promql.stream import TokenStream

_OPERATORS = ("=", "!=", "=~", "!~")


def matchers_of(stream: TokenStream, name: str, opened: Token) -> tuple[str, list[Matcher]]:
    """The metric's name and the matchers, from behind the opening brace to the closing one. Raises: ParseFault."""
    begins = opened.position - len(name)
    matchers: list[Matcher] = []
    while stream.accept("}") is None:
        token = stream.take()
        if token.kind == "string" and stream.peek.text in (",", "}"):
            if name:
                raise ParseFault(token.position, f'metric name must not be set twice: "{name}" or {token.text}')
            name = unquoted(token)
        else:
            matchers.append(_matcher(stream, token))
        if stream.accept(",") is None and stream.peek.text != "}":
            raise _misplaced(stream.peek, 'expected "," or "}"')
    _check(name, matchers, begins)
    return name, matchers


def _matcher(stream: TokenStream, label: Token) -> Matcher:
    if label.kind not in ("word", "string") or (":" in label.text and label.kind == "word"):
        raise _misplaced(label, 'expected identifier or "}"' if label.kind != "end" else "")
    operator = stream.take()
    if operator.text not in _OPERATORS:
        raise _misplaced(operator, "expected label matching operator")
    value = stream.take()
    if value.kind != "string":
        raise _misplaced(value, "expected string")
    matcher = Matcher(label.text if label.kind == "word" else unquoted(label), operator.text, unquoted(value))
    if operator.text in ("=~", "!~"):
        _check_regex(matcher, label)
    return matcher


def _misplaced(token: Token, expected: str) -> ParseFault:
    if token.kind == "end":
        return ParseFault(token.position, "unexpected end of input inside braces")
    return ParseFault(token.position, f"unexpected {token.described()} in label matching, {expected}")


def _check_regex(matcher: Matcher, token: Token) -> None:
    try:
        compile_regex(matcher.value)
    except RegexFault as fault:
        raise ParseFault(token.position, str(fault)) from fault


def _check(name: str, matchers: list[Matcher], position: int) -> None:
    if name and any(matcher.name == "__name__" for matcher in matchers):
        other = next(matcher.value for matcher in matchers if matcher.name == "__name__")
        raise ParseFault(position, f'metric name must not be set twice: "{name}" or "{other}"')
    if not name and all(matcher.matches("") for matcher in matchers):
        raise ParseFault(position, "vector selector must contain at least one non-empty matcher")
