"""LogQL's tokens, read as the real server's scanner reads them: Go's comments and literals, durations, sizes, ranges."""

from __future__ import annotations

import re
from typing import NamedTuple

from gateway.demo.simulators.loki.go_values import parse_duration, parse_prometheus_duration, parse_size
from gateway.demo.simulators.loki.refusals import ParseRefusal

RANGE_OPS = (
    "count_over_time", "rate", "rate_counter", "bytes_over_time", "bytes_rate", "avg_over_time", "sum_over_time",
    "min_over_time", "max_over_time", "stdvar_over_time", "stddev_over_time", "quantile_over_time", "first_over_time",
    "last_over_time", "absent_over_time",
)  # fmt: skip
VECTOR_OPS = (
    "sum", "avg", "max", "min", "count", "stddev", "stdvar", "bottomk", "topk", "sort", "sort_desc", "approx_topk",
)  # fmt: skip
CONVERSIONS = {"bytes": "BYTES_CONV", "duration": "DURATION_CONV", "duration_seconds": "DURATION_SECONDS_CONV"}
_FUNCTIONS = (
    {name: name.upper() for name in (*RANGE_OPS, *VECTOR_OPS, "vector")}
    | CONVERSIONS
    | {
        "ip": "ip",
        "label_replace": "label_replace",
    }
)
_KEYWORDS = frozenset(
    """by without bool offset on ignoring group_left group_right or and unless json regexp logfmt unpack pattern
    label_format line_format ip decolorize drop keep unwrap label_replace variants of""".split()
)
_OPERATORS = ("=~", "!=", "!~", "!>", "|=", "|~", "|>", "==", ">=", "<=", *",.{}=|()]+-*/%^<>")
_FLAGS = ("--strict", "--keep-empty")
_BLANK = re.compile(r"(?:[ \t\r\n]+|#[^\n]*|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_NUMBER = re.compile(r"0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)
_IDENTIFIER = re.compile(r"[^\W\d]\w*")
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_RAW_STRING = re.compile(r"`[^`]*`")
_CHARACTER = re.compile(r"'(?:[^'\\\n]|\\.)*'")
_DURATION_TAIL = re.compile(r"[0-9nuµmshdwy.]+")
_SIZE_TAIL = re.compile(r"[0-9BikKMGTP.]+")
_CALL = re.compile(r"\s*(?:\(|(?:by|without)\s*\()", re.IGNORECASE)
_ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.?))", re.DOTALL
)
_SIMPLE_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}


class Token(NamedTuple):
    """`kind` is what an error message calls it; `text` the name, the string or the number; `number` a value in ns or bytes."""

    kind: str
    text: str
    line: int
    column: int
    number: float = 0


def tokenize(query: str) -> list[Token]:
    """Shape: ends with a token of kind $end. Raises: ParseRefusal for what is no token at all."""
    return _Scanner(query).run()


class _Scanner:
    def __init__(self, query: str) -> None:
        self._query = query
        self._at = 0
        self._tokens: list[Token] = []

    def run(self) -> list[Token]:
        query = self._query
        while True:
            blank = _BLANK.match(query, self._at)
            self._at = blank.end() if blank else self._at
            if self._at >= len(query):
                line, column = self._place() if query.strip() else (0, 0)
                return [*self._tokens, Token("$end", "", line, column)]
            self._next()

    def _next(self) -> None:
        query, at = self._query, self._at
        character = query[at]
        number = _NUMBER.match(query, at)
        if number is not None:
            self._number(number[0], number.end())
        elif character in "\"`'":
            self._literal(character)
        elif character == "[":
            self._range()
        elif character == "-" and self._flag_or_duration():
            return
        else:
            self._word()

    def _add(self, kind: str, text: str, end: int, number: float = 0, *, looked_ahead: bool = False) -> None:
        """The real scanner forgets the line of a token that it had to look ahead for."""
        line, column = self._place()
        self._tokens.append(Token(kind, text, 0 if looked_ahead else line, column, number))
        self._at = end

    def _place(self) -> tuple[int, int]:
        before = self._query[: self._at]
        return before.count("\n") + 1, self._at - before.rfind("\n")

    def _refuse(self, message: str, *, looked_ahead: bool = False) -> ParseRefusal:
        line, column = self._place()
        return ParseRefusal(message, 0 if looked_ahead else line, column)

    def _number(self, text: str, end: int) -> None:
        if not self._measure(text, end):
            self._add("NUMBER", text, end)

    def _measure(self, text: str, end: int) -> bool:
        for kind, tail, parse in (("DURATION", _DURATION_TAIL, parse_duration), ("BYTES", _SIZE_TAIL, parse_size)):
            found = tail.match(self._query, end)
            if found is None:
                continue
            try:
                value = parse(text + found[0])
            except ValueError:
                continue
            self._add(kind, text + found[0], found.end(), value, looked_ahead=True)
            return True
        return False

    def _flag_or_duration(self) -> bool:
        for flag in _FLAGS:
            end = self._at + len(flag)
            if self._query.startswith(flag, self._at) and not self._query[end : end + 1].replace("-", "a").isalpha():
                self._add("FUNCTION_FLAG", flag, end, looked_ahead=True)
                return True
        found = _DURATION_TAIL.match(self._query, self._at + 1)
        return found is not None and found[0] != "0" and self._measure("-", self._at + 1)

    def _literal(self, delimiter: str) -> None:
        shape = {'"': _STRING, "`": _RAW_STRING, "'": _CHARACTER}[delimiter]
        found = shape.match(self._query, self._at)
        if found is None:
            raise self._refuse("literal not terminated")
        if delimiter == "'":
            if len(found[0]) != 3:
                raise self._refuse("invalid char literal")
            self._add("IDENTIFIER", found[0], found.end())
        else:
            text = found[0][1:-1]
            self._add("STRING", _ESCAPE.sub(self._unescape, text) if delimiter == '"' else text, found.end())

    def _unescape(self, found: re.Match[str]) -> str:
        simple, two, four, eight, octal, wrong = found.groups()
        if wrong is not None:
            raise self._refuse("invalid char escape")
        if simple is not None:
            return _SIMPLE_ESCAPES[simple]
        return chr(int(octal, 8) if octal is not None else int(two or four or eight, 16))

    def _range(self) -> None:
        end = self._query.find("]", self._at)
        if end < 0:
            raise self._refuse("missing closing ']' in duration", looked_ahead=True)
        text = self._query[self._at + 1 : end]
        try:
            value = parse_prometheus_duration(text)
        except ValueError as error:
            raise self._refuse(str(error), looked_ahead=True) from error
        self._add("RANGE", text, end + 1, value, looked_ahead=True)

    def _word(self) -> None:
        query, at = self._query, self._at
        for operator in _OPERATORS:
            if query.startswith(operator, at):
                self._add(operator, operator, at + len(operator), looked_ahead=len(operator) > 1)
                return
        found = _IDENTIFIER.match(query, at)
        text = found[0] if found else query[at]
        lower = text.lower()
        if lower in _FUNCTIONS:
            called = _CALL.match(query, at + len(text)) is not None
            self._add(_FUNCTIONS[lower] if called else "IDENTIFIER", lower if called else text, at + len(text))
        else:
            self._add(lower if lower in _KEYWORDS else "IDENTIFIER", text, at + len(text))
