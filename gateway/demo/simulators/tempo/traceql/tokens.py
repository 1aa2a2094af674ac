"""TraceQL's text as tokens, with Tempo's own rules for where an attribute's name ends."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from gateway.demo.simulators.tempo.durations import go_duration, prometheus_duration
from gateway.demo.simulators.tempo.traceql.errors import ParseError
from gateway.demo.simulators.tempo.traceql.values import Duration, Value

END = "$end"
ATTRIBUTE_SCOPES = frozenset({".", "span.", "resource.", "parent.", "event.", "link.", "instrumentation."})
INTRINSIC_SCOPES = frozenset({"trace:", "span:", "event:", "link:", "instrumentation:"})
_WORDS = frozenset(
    "true false nil ok error unset unspecified internal server client producer consumer duration childCount name status "
    "statusMessage kind rootName rootServiceName rootService traceDuration nestedSetLeft nestedSetRight nestedSetParent id "
    "traceID spanID parentID timeSinceStart version parent count avg max min sum by coalesce select rate count_over_time "
    "min_over_time max_over_time avg_over_time sum_over_time quantile_over_time histogram_over_time compare topk bottomk with".split()
)
_OPERATORS = frozenset(
    ", { } ( ) = != =~ !~ > >= < <= + - / % * ^ && || ! | >> << ~ !> !< !>> !<< &~ &> &< &>> &<<".split()
)
_SYMBOLS = _OPERATORS | ATTRIBUTE_SCOPES | INTRINSIC_SCOPES
_SPACE = re.compile(r"(?:[ \t\r\n]|//[^\n]*|/\*.*?\*/)+", re.DOTALL)
_WORD = re.compile(r"[^\W\d]\w*")
_NUMBER = re.compile(r"\d[\d_]*(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?", re.ASCII)
_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_RAW = re.compile(r"`[^`]*`")
_CHARACTER = re.compile(r"'(?:[^'\\\n]|\\.)*'")
_DURATION_REST = re.compile(r"[0-9nsumhµdwy.]+")
_INTEGER_DIGITS = 19
_ESCAPE = re.compile(
    r"\\(?:([abfnrtv\\\"])|x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL
)
_SIMPLE = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", '"': '"'}
_ENDS_NAME = frozenset("{}()=~!<>&|^,")


class Token(NamedTuple):
    """`kind` is a symbol or word itself, or one of IDENTIFIER STRING INTEGER FLOAT DURATION END_ATTRIBUTE $end."""

    kind: str
    value: Value
    line: int
    column: int


class Lexer:
    """Hands out tokens one by one, so that what comes first in the text is complained of first."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0
        self._line, self._line_start = 1, 0
        self._place = (0, 0)

    def __iter__(self) -> Iterator[Token]:
        while True:
            token = self._next()
            yield token
            if token.kind in ATTRIBUTE_SCOPES:
                yield from self._name(token.kind)
            if token.kind == END:
                return

    def fail(self, reason: str) -> ParseError:
        return ParseError(reason, *self._place)

    def _token(self, kind: str, value: Value = None) -> Token:
        return Token(kind, value, *self._place)

    def _next(self) -> Token:
        self._skip_space()
        text, at = self._text, self._at
        self._place = (self._line, at - self._line_start + 1) if text else (0, 0)
        if at >= len(text):
            return self._token(END)
        character = text[at]
        if character in "\"`'":
            return self._literal(character)
        if match := _NUMBER.match(text, at):
            return self._number(match)
        return self._word_or_symbol()

    def _skip_space(self) -> None:
        if match := _SPACE.match(self._text, self._at):
            lines = match[0].count("\n")
            if lines:
                self._line += lines
                self._line_start = self._text.rfind("\n", self._at, match.end()) + 1
            self._at = match.end()

    def _literal(self, quote: str) -> Token:
        match = {'"': _STRING, "`": _RAW, "'": _CHARACTER}[quote].match(self._text, self._at)
        if match is None:
            raise self.fail("literal not terminated")
        self._at = match.end()
        if quote == "'":
            return self._token("IDENTIFIER", match[0])
        return self._token(
            "STRING", match[0][1:-1].replace("\r", "") if quote == "`" else self._unescaped(match[0][1:-1])
        )

    def _unescaped(self, body: str) -> str:
        def character(match: re.Match[str]) -> str:
            simple, byte, short, long, octal, other = match.groups()
            if other is not None:
                raise self.fail("invalid char escape")
            if simple:
                return _SIMPLE[simple]
            number = int(octal, 8) if octal else int(byte or short or long, 16)
            if number > 0x10FFFF or 0xD800 <= number < 0xE000:
                raise self.fail("invalid char escape")
            return chr(number)

        return _ESCAPE.sub(character, body) if "\\" in body else body

    def _number(self, match: re.Match[str]) -> Token:
        written, self._at = match[0], match.end()
        rest = _DURATION_REST.match(self._text, self._at)
        if rest is not None and (ns := _duration(written + rest[0])) is not None:
            self._at = rest.end()
            return self._token("DURATION", Duration(ns))
        digits = written.replace("_", "")
        if digits.isdecimal():
            if len(digits) > _INTEGER_DIGITS or int(digits) > (1 << 63) - 1:
                raise self.fail(f'strconv.Atoi: parsing "{digits}": value out of range')
            return self._token("INTEGER", int(digits))
        return self._token("FLOAT", float(digits))

    def _word_or_symbol(self) -> Token:
        """The longest symbol all of whose beginnings are symbols too; a word may begin one, as in `span.`."""
        text, word = self._text, _WORD.match(self._text, self._at)
        end = word.end() if word else self._at + 1
        known, grown = "", end
        while text[self._at : grown + 1] in _SYMBOLS and grown < len(text):
            grown += 1
            known = text[self._at : grown]
        written = known or text[self._at : end]
        self._at += len(written)
        if known or written in _SYMBOLS or written in _WORDS:
            return self._token(written)
        return self._token("IDENTIFIER", written)

    def _name(self, scope: str) -> Iterator[Token]:
        """What stands behind a scope: perhaps a second scope, a name, and the mark that the name has ended."""
        if scope == "parent.":
            for inner in ("span.", "resource."):
                if self._text.startswith(inner, self._at):
                    self._at += len(inner)
                    yield self._token(inner)
        if self._ends_name():
            yield self._token("END_ATTRIBUTE")
            return
        yield self._token("IDENTIFIER", self._read_name())
        yield self._token("END_ATTRIBUTE")

    def _ends_name(self) -> bool:
        if self._at >= len(self._text):
            return True
        character = self._text[self._at]
        return character.isspace() or character in _ENDS_NAME

    def _read_name(self) -> str:
        parts: list[str] = []
        while not self._ends_name():
            character = self._text[self._at]
            self._at += 1
            parts.append(self._quoted_part() if character == '"' else character)
        return "".join(parts)

    def _quoted_part(self) -> str:
        parts: list[str] = []
        while self._at < len(self._text):
            character = self._text[self._at]
            self._at += 1
            if character == '"':
                return "".join(parts)
            if character == "\\":
                character = self._text[self._at : self._at + 1]
                self._at += 1
                if character not in {"\\", '"'}:
                    raise self.fail("invalid escape sequence")
            parts.append(character)
        raise self.fail('unexpected EOF, expecting "')


def _duration(text: str) -> int | None:
    ns = prometheus_duration(text)
    return go_duration(text) if ns is None else ns
