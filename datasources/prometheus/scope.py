"""PromQL narrowed to a project: every vector selector begins with the scope's matchers, or the text is refused.

A recursive descent over allow-listed tokens writes canonical text; a second, independent parser then has to see the
matchers in every selector. A person's own matchers stay, ANDed.
"""

from __future__ import annotations

import functools
from typing import NamedTuple

from ..scope import Refused, Rule, Scope, ScopedPromQL, Signal
from ..scoping.limits import check_text
from ..scoping.rules import Matcher, is_conflict, matcher_for
from ..scoping.strings import quote
from .grammar import AGGREGATIONS, BINARY_OPERATORS, FUNCTIONS, KEYWORDS, MATCH_OPERATORS, WORD_OPERATORS
from .lexer import Kind, Token, read_tokens
from .second_reading import confirm

# The native parser of the second reading is quadratic and can overflow its stack, so it only sees small texts. The
# largest query in 6,400 of dashboards, rules and tests has 1.7 KB, 13 operators and depth 5.
MAX_PROMQL_BYTES = 8 * 1024
MAX_OPERATORS = 100
MAX_DEPTH = 40


def narrow(promql: str, scope: Scope) -> ScopedPromQL:
    """Any PromQL expression, narrowed.

    Raises: Refused, with the offset in `promql`, where it is not understood without a doubt.
    """
    return ScopedPromQL(_Writer(promql, scope).write_expression(), scope)


def narrow_selector(selector: str, scope: Scope) -> ScopedPromQL:
    """Exactly one vector selector, as `match[]` takes it; an empty text means the whole scope.

    Raises: Refused, with the offset in `selector`.
    """
    return ScopedPromQL(_Writer(selector, scope).write_selector(), scope)


class _Wall(NamedTuple):
    rules: tuple[Rule, ...]
    matchers: tuple[Matcher, ...]
    text: str


@functools.lru_cache(maxsize=1024)
def _wall(rules: tuple[Rule, ...]) -> _Wall:
    matchers = tuple(matcher_for(rule) for rule in rules)
    return _Wall(rules, matchers, ",".join(f"{name}{op}{quote(value)}" for name, op, value in matchers))


class _Writer:
    """Reads tokens, writes the narrowed text. One per expression."""

    def __init__(self, text: str, scope: Scope) -> None:
        self._wall = _wall(scope.rules_for(Signal.METRICS))
        self._tokens = read_tokens(check_text(text, max_bytes=MAX_PROMQL_BYTES))
        self._at = self._depth = self._selectors = 0
        self._written: list[str] = []
        self._check_size()

    def write_expression(self) -> str:
        self._expression()
        return self._finish()

    def write_selector(self) -> str:
        if self._token.kind is Kind.END:
            return "{" + self._wall.text + "}"
        is_call = self._token.kind is Kind.WORD and self._next.is_operator("(")
        if is_call or not (self._token.kind is Kind.WORD or self._token.is_operator("{")):
            raise Refused("this is not one series selector", position=self._token.at)
        self._operand()
        return self._finish()

    def _check_size(self) -> None:
        count = 0
        for token in self._tokens:
            is_binary = token.kind is Kind.OPERATOR and token.text in BINARY_OPERATORS
            count += is_binary or token.kind is Kind.RANGE or token.word in WORD_OPERATORS
            if count > MAX_OPERATORS:
                raise Refused(f"more than {MAX_OPERATORS} operators in one expression", position=token.at)

    def _finish(self) -> str:
        if self._token.kind is not Kind.END:
            raise Refused(f"unexpected {self._token.text!r}", position=self._token.at)
        text = _spaced(self._written)
        confirm(text, self._wall.matchers, self._selectors)
        return text

    # Reading

    @property
    def _token(self) -> Token:
        return self._tokens[self._at]

    @property
    def _next(self) -> Token:
        return self._tokens[min(self._at + 1, len(self._tokens) - 1)]

    def _take(self, operator: str | None = None) -> Token:
        token = self._token
        if operator is not None and not token.is_operator(operator):
            found = repr(token.text) if token.text else "the end"
            raise Refused(f"expected {operator!r}, got {found}", position=token.at)
        self._at = min(self._at + 1, len(self._tokens) - 1)  # the end stays
        return token

    def _copy(self, operator: str | None = None) -> None:
        self._written.append(self._take(operator).text)

    # Expressions

    def _expression(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise Refused("nested too deep", position=self._token.at)
        while True:
            while self._token.is_operator("+") or self._token.is_operator("-"):
                self._copy()
            self._operand()
            self._postfix()
            if not self._is_binary():
                break
            self._copy()
            self._matching()
        self._depth -= 1

    def _is_binary(self) -> bool:
        token = self._token
        return (token.kind is Kind.OPERATOR and token.text in BINARY_OPERATORS) or token.word in WORD_OPERATORS

    def _matching(self) -> None:
        if self._token.word == "bool":
            self._copy()
        if self._token.word in ("on", "ignoring"):
            self._copy()
            self._label_list()
            if self._token.word in ("group_left", "group_right"):
                self._copy()
                if self._token.is_operator("("):  # Prometheus, too, reads it as labels and not as the right side
                    self._label_list()
        if self._token.word in ("fill", "fill_left", "fill_right") and self._next.is_operator("("):
            raise Refused("fill modifiers are not supported", position=self._token.at)

    def _label_list(self) -> None:
        self._copy("(")
        while not self._token.is_operator(")"):
            if self._token.kind not in (Kind.WORD, Kind.STRING):
                raise Refused("expected a label's name", position=self._token.at)
            self._copy()
            if not self._token.is_operator(")"):
                self._copy(",")
        self._copy(")")

    def _postfix(self) -> None:
        while True:
            if self._token.kind is Kind.RANGE:
                self._copy()
            elif self._token.word == "offset":
                self._copy()
                self._signed_amount()
            elif self._token.is_operator("@"):
                self._copy()
                self._instant()
            else:
                return

    def _instant(self) -> None:
        if self._token.word in ("start", "end"):
            self._copy()
            self._copy("(")
            self._copy(")")
        else:
            self._signed_amount()

    def _signed_amount(self) -> None:
        if self._token.is_operator("-") or self._token.is_operator("+"):
            self._copy()
        if self._token.kind is not Kind.NUMBER:
            raise Refused("expected a number or a duration", position=self._token.at)
        self._copy()

    def _operand(self) -> None:
        token = self._token
        if token.kind in (Kind.NUMBER, Kind.STRING):
            self._copy()
        elif token.is_operator("("):
            self._copy()
            self._expression()
            self._copy(")")
        elif token.is_operator("{"):
            self._written.append(self._selector(""))
        elif token.kind is Kind.WORD:
            self._word()
        else:
            what = f"unexpected {token.text!r}" if token.text else "unexpected end of the expression"
            raise Refused(what, position=token.at)

    def _word(self) -> None:
        token, following = self._token, self._next
        if token.word in ("inf", "nan"):
            self._copy()
        elif token.word in AGGREGATIONS and (following.is_operator("(") or following.word in ("by", "without")):
            self._aggregation()
        elif following.is_operator("("):
            if token.text not in FUNCTIONS:
                raise Refused(f"the function {token.text!r} is not allowed", position=token.at)
            self._copy()
            self._arguments()
        elif token.word in KEYWORDS:
            hint = f'write {{__name__="{token.text}"}} for a metric of that name'
            raise Refused(f"{token.text!r} is a keyword: {hint}", position=token.at)
        else:
            self._written.append(self._selector(self._take().text))

    def _aggregation(self) -> None:
        self._copy()
        grouped = self._grouping()
        self._arguments()
        if not grouped:
            self._grouping()

    def _grouping(self) -> bool:
        if self._token.word not in ("by", "without"):
            return False
        self._copy()
        self._label_list()
        return True

    def _arguments(self) -> None:
        self._copy("(")
        while not self._token.is_operator(")"):
            self._expression()
            if not self._token.is_operator(")"):
                self._copy(",")
                if self._token.is_operator(")"):
                    raise Refused("a comma before the closing parenthesis", position=self._token.at)
        self._copy(")")

    # Selectors

    def _selector(self, name: str) -> str:
        """A selector with the scope first; its own matchers follow."""
        self._selectors += 1
        matchers = [self._wall.text]
        if self._token.is_operator("{"):
            self._take()
            while not self._token.is_operator("}"):
                matchers.append(self._matcher())
                if not self._token.is_operator("}"):
                    self._take(",")
            self._take("}")
        return name + "{" + ",".join(matchers) + "}"

    def _matcher(self) -> str:
        label = self._take()
        if label.kind is Kind.STRING:
            if self._token.is_operator(",") or self._token.is_operator("}"):
                return label.text  # {"metric.name"}
            if label.value is None:
                raise Refused("this label's name is not supported", position=label.at)
        elif label.kind is not Kind.WORD or ":" in label.text:
            raise Refused("expected a label matcher", position=label.at)
        operator = self._take()
        if operator.kind is not Kind.OPERATOR or operator.text not in MATCH_OPERATORS:
            raise Refused("expected =, !=, =~ or !~", position=operator.at)
        value = self._take()
        if value.kind is not Kind.STRING:
            raise Refused("expected a string", position=value.at)
        name = label.value if label.kind is Kind.STRING else label.text
        written = f"{label.text}{operator.text}{value.text}"
        if is_conflict(self._wall.rules, name, operator.text, value.value):
            raise Refused(f"{written} is outside of the project's scope", position=label.at)
        return written


_NAMES_BEFORE_PARENTHESIS = FUNCTIONS | AGGREGATIONS


def _spaced(parts: list[str]) -> str:
    """The tokens with single spaces; the ones left out are looks only."""
    out, previous = [], "("
    for part in parts:
        tight = previous == "(" or part in (",", ")") or part[0] == "["
        if not tight and not (part == "(" and previous.lower() in _NAMES_BEFORE_PARENTHESIS):
            out.append(" ")
        out.append(part)
        previous = part
    return "".join(out)
