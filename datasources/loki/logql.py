"""LogQL as an allow-listing lexer reads it: canonical text, with the stream selectors told apart from all else.

What the scoper rests on: data can be read through a stream selector only, and a stream selector is the only construct
with braces. Source: pkg/logql/syntax of Loki 3.x, whose lexer is Go's text/scanner: `"` and backtick strings, `#` and
Go comments.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..scope import Refused
from ..scoping.limits import MAX_DEPTH, MAX_SELECTORS, check_text
from ..scoping.strings import read_string

_BLANK = re.compile(r"[ \t\r\n]++|#[^\n]*+")
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*+")
_RANGE = re.compile(r"\[[ \t\n]*+([0-9][0-9a-z.µ]*+)[ \t\n]*+\]")
_NUMBER = re.compile(r"[0-9](?:[0-9A-Za-z_.µ]|(?<=[0-9.][eE])[+-])*+")
_BYTES = re.compile(r"([0-9]*\.?[0-9]*)([kKMGTP]?)(?:i?B)?")
_UNITS = {"": 1.0, "k": 1e3, "K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12, "P": 1e15}
_OPERATOR = re.compile(r"\|=|\|~|\|>|!=|!~|!>|=~|==|>=|<=|--(?:strict|keep-empty)\b|[|=<>()+\-*/%^,.]")
_MATCH_OPERATOR = re.compile(r"=~|!~|!=|=(?!=)")
_COMMA = re.compile(",")

# fmt: off
FUNCTIONS = frozenset({
    "rate", "rate_counter", "count_over_time", "bytes_rate", "bytes_over_time", "avg_over_time", "sum_over_time",
    "min_over_time", "max_over_time", "stdvar_over_time", "stddev_over_time", "quantile_over_time",
    "first_over_time", "last_over_time", "absent_over_time", "vector", "sum", "avg", "max", "min", "count",
    "stddev", "stdvar", "bottomk", "topk", "sort", "sort_desc", "label_replace", "approx_topk", "bytes", "duration",
    "duration_seconds", "ip", "by", "without", "on", "ignoring", "group_left", "group_right", "and", "or", "unless",
    "bool", "variants", "of",
})
# fmt: on
"""The names that may stand before a parenthesis: none of them reads anything by itself. Syntax to come is refused."""


class Matcher(NamedTuple):
    """One matcher of a selector: `literal` is canonical; `value` is None where it holds raw bytes."""

    name: str
    op: str
    literal: str
    value: str | None
    position: int

    def __str__(self) -> str:
        return f"{self.name}{self.op}{self.literal}"


class Selector(NamedTuple):
    """One stream selector."""

    matchers: tuple[Matcher, ...]
    position: int

    def render(self, first: tuple[str, ...] = (), last: tuple[str, ...] = ()) -> str:
        """Canonical text with more matchers before and after its own."""
        return "{" + ", ".join([*first, *map(str, self.matchers), *last]) + "}"


Tokens = list["str | Selector"]


def read_logql(logql: str) -> Tokens:
    """The query's canonical tokens; joined, they are the query. Blanks and comments are a single space.

    Raises: Refused with the offset of what is not recognised.
    """
    tokens = _Reader(check_text(logql)).read()
    while tokens and tokens[-1] == " ":
        tokens.pop()
    return tokens


class _Reader:
    """Reads one text from its beginning to its end."""

    def __init__(self, text: str) -> None:
        self.text, self.at = text, 0
        self.depth = self.selectors = 0
        self.name_before: tuple[str, int] | None = None

    def read(self) -> Tokens:
        tokens: Tokens = []
        while self.at < len(self.text):
            if self._skip_blank():
                if tokens and tokens[-1] != " ":
                    tokens.append(" ")
            else:
                tokens.append(self._token())
        if self.depth:
            raise Refused("a parenthesis is not closed", position=len(self.text))
        return tokens

    def _token(self) -> str | Selector:
        text, at = self.text, self.at
        before, self.name_before = self.name_before, None
        if text[at] == "{":
            return self._selector()
        if text[at] in '"`':
            literal = read_string(text, at)
            self.at = literal.end
            return literal.text
        if text.startswith(("//", "/*"), at):
            raise Refused("comments begin with # here", position=at)
        if found := _RANGE.match(text, at):
            self.at = found.end()
            return f"[{_plain(found[1])}]"
        if found := _NAME.match(text, at):
            self.at = found.end()
            self.name_before = (found[0], at)
            return found[0]
        if found := _NUMBER.match(text, at):
            if _is_no_byte(found[0]):
                # Loki writes it as 0B among its parts, which it cannot read: the query hangs until its time is up.
                raise Refused("a size below one byte cannot be compared with", position=at)
            self.at = found.end()
            return _plain(found[0])
        if found := _OPERATOR.match(text, at):
            self._parentheses(found[0], before)
            self.at = found.end()
            return found[0]
        raise Refused(f"unexpected {text[at]!r}", position=at)

    def _parentheses(self, operator: str, before: tuple[str, int] | None) -> None:
        if operator == "(":
            if before is not None and before[0].lower() not in FUNCTIONS:
                raise Refused(f"the function {before[0]!r} is not allowed", position=before[1])
            self.depth += 1
        elif operator == ")":
            self.depth -= 1
        if not 0 <= self.depth <= MAX_DEPTH:
            raise Refused("parentheses are not balanced, or nested too deeply", position=self.at)

    def _skip_blank(self) -> bool:
        start = self.at
        while found := _BLANK.match(self.text, self.at):
            if found[0].startswith("#") and "\r" in found[0].rstrip("\r"):
                raise Refused("a comment must not hold a carriage return", position=self.at)
            self.at = found.end()
        return self.at > start

    def _selector(self) -> Selector:
        position = self.at
        self.selectors += 1
        if self.selectors > MAX_SELECTORS:
            raise Refused(f"more than {MAX_SELECTORS} selectors in a query", position=position)
        self.at += 1
        self._skip_blank()
        matchers: list[Matcher] = []
        while not self.text.startswith("}", self.at):
            if matchers:
                self._take(_COMMA, "a comma or }")
                self._skip_blank()
            matchers.append(self._matcher())
            self._skip_blank()
        self.at += 1
        return Selector(tuple(matchers), position)

    def _matcher(self) -> Matcher:
        position = self.at
        name = self._take(_NAME, "a label's name")
        self._skip_blank()
        op = self._take(_MATCH_OPERATOR, "one of = != =~ !~")
        self._skip_blank()
        if self.text[self.at : self.at + 1] not in {'"', "`"}:
            raise Refused("expected a string in double quotes or backticks", position=self.at)
        literal = read_string(self.text, self.at)
        self.at = literal.end
        return Matcher(name, op, literal.text, literal.value, position)

    def _take(self, pattern: re.Pattern[str], wanted: str) -> str:
        found = pattern.match(self.text, self.at)
        if not found:
            raise Refused(f"expected {wanted}", position=self.at)
        self.at = found.end()
        return found[0]


def _is_no_byte(number: str) -> bool:
    """Whether a number with a unit of bytes comes to less than one."""
    found = _BYTES.fullmatch(number)
    if not found or number[-1].isdigit() or number[-1] == ".":
        return False
    try:
        return float(found[1]) * _UNITS[found[2]] < 1
    except ValueError:
        return False


def _plain(text: str) -> str:
    return text.replace("µ", "u")
