"""Cuts a query into tokens."""

from __future__ import annotations

import re
from typing import NamedTuple

from gateway.demo.simulators.prometheus.promql.faults import ParseFault

_DURATION = r"(?:[0-9]+(?:ms|[smhdwy]))+"
_PATTERNS = re.compile(
    r"(?P<space>[ \t\r\n]+|\#[^\n]*)"
    rf"|(?P<duration>{_DURATION})(?![0-9A-Za-z_])"
    r"|(?P<number>0[xX][0-9a-fA-F]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][+-]?[0-9]+)?)(?![0-9A-Za-z_])"
    r"|(?P<word>[A-Za-z_:][A-Za-z0-9_:]*)"
    r'|(?P<string>"(?:[^"\\\n]|\\.)*"|\'(?:[^\'\\\n]|\\.)*\'|`[^`]*`)'
    r"|(?P<op>=~|!~|==|!=|<=|>=|[-+*/%^<>=(){}\[\],@:])"
)
_UNITS_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000, "y": 31_536_000_000}
_ORDER = ("y", "w", "d", "h", "m", "s", "ms")
_ESCAPES = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v", "\\": "\\", "'": "'", '"': '"'}
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-7]{3})|(.))", re.DOTALL)


class Token(NamedTuple):
    kind: str
    text: str
    position: int

    def described(self) -> str:
        """As parse errors name it."""
        if self.kind == "end":
            return "end of input"
        if self.kind == "op":
            return f"{self.text!r}".replace("'", '"')
        names = {"word": "identifier", "number": "number", "duration": "duration", "string": "string"}
        text = self.text if self.kind == "string" else f'"{self.text}"'
        return f"{names[self.kind]} {text}"


def tokens_of(query: str) -> list[Token]:
    """Shape: without blanks and comments, with an "end" token last. Raises: ParseFault."""
    tokens: list[Token] = []
    position, in_brackets = 0, False
    while position < len(query):
        if in_brackets and query[position] == ":":  # elsewhere a name may begin with it
            tokens.append(Token("op", ":", position))
            position += 1
            continue
        match = _PATTERNS.match(query, position)
        if match is None:
            raise _unreadable(query, position)
        if match.lastgroup != "space":
            assert match.lastgroup is not None
            tokens.append(Token(match.lastgroup, match.group(), position))
            in_brackets = match.group() == "[" or (in_brackets and match.group() != "]")
        position = match.end()
    return [*tokens, Token("end", "", len(query))]


def _unreadable(query: str, position: int) -> ParseFault:
    mark = query[position]
    if mark in "\"'":
        return ParseFault(position, "unterminated quoted string")
    if mark == "`":
        return ParseFault(position, "unterminated raw string")
    if mark.isdigit():
        word = re.match(r"[0-9A-Za-z_.:]+", query[position:])
        return ParseFault(position, f'bad number or duration syntax: "{word.group() if word else mark}"')
    if mark == "!":
        return ParseFault(position, f"unexpected character after '!': {query[position + 1 : position + 2]!r}")
    return ParseFault(position, f"unexpected character: {mark!r}")


def duration_ms(text: str) -> int | None:
    """A duration such as 1h30m; None if it is none. Units must fall, and appear once."""
    parts = re.findall(r"([0-9]+)(ms|[smhdwy])", text)
    if not parts or "".join(number + unit for number, unit in parts) != text:
        return None
    places = [_ORDER.index(unit) for _, unit in parts]
    if places != sorted(set(places)):
        return None
    return sum(int(number) * _UNITS_MS[unit] for number, unit in parts)


def unquoted(token: Token) -> str:
    """The text of a string literal. Raises: ParseFault."""
    body = token.text[1:-1]
    if token.text[0] == "`" or "\\" not in body:
        return body

    def replaced(match: re.Match[str]) -> str:
        two, four, eight, octal, plain = match.groups()
        if plain is None:
            return chr(int(two or four or eight, 16) if octal is None else int(octal, 8))
        if plain not in _ESCAPES or (plain in "'\"" and plain != token.text[0]):
            raise ParseFault(token.position, f"unknown escape sequence U+{ord(plain):04X} '{plain}'")
        return _ESCAPES[plain]

    return _ESCAPE.sub(replaced, body)
