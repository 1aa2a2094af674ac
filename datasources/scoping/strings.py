"""String literals of the three languages: read with an allow-list, written again in the one form that all read alike."""

from __future__ import annotations

import re
from typing import NamedTuple

from ..scope import Refused

_ESCAPE = (
    r"\\(?:[abfnrtv\\]|[0-3][0-7]{2}|x[0-9a-fA-F]{2}"
    r"|u(?![dD][89a-fA-F])[0-9a-fA-F]{4}"
    r"|U(?!0000[dD][89a-fA-F])00(?:0[0-9a-fA-F]|10)[0-9a-fA-F]{4})"
)
_PLAIN = r"\\\x00-\x08\x0a-\x1f"
_DOUBLE = re.compile(rf'"((?:[^"{_PLAIN}]++|\\"|{_ESCAPE})*+)"')
_SINGLE = re.compile(rf"'((?:[^'{_PLAIN}]++|\\'|{_ESCAPE})*+)'")
_RAW = re.compile(r"`([^`]*+)`")
_ANY_ESCAPE = re.compile(r"\\(?:([0-7]{3})|x(..)|u(.{4})|U(.{8})|(.))", re.DOTALL)
_FROM_SINGLE = re.compile(r'\\(.)|"', re.DOTALL)
_RE2_META = re.compile(r"[\\.+*?()|\[\]{}^$]")
_SHORT = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_WRITTEN = {'"': '\\"', "\\": "\\\\", "\n": "\\n", "\t": "\\t", "\r": "\\r"}


class StringLiteral(NamedTuple):
    """A literal that was read: its canonical `text`, where it `end`s, and its `value`.

    The value serves comparison only; it is None where escapes write bytes that are no ASCII.
    """

    text: str
    end: int
    value: str | None


def quote(value: str) -> str:
    """A Go double-quoted literal that every Go-like lexer reads the same way."""
    return '"' + "".join(_WRITTEN.get(char) or _written(char) for char in value) + '"'


def quote_re2(value: str) -> str:
    """An RE2 expression that matches this text only. It still has to be quoted as a literal."""
    return _RE2_META.sub(r"\\\g<0>", value)


def read_string(text: str, at: int, *, single_quotes: bool = False) -> StringLiteral:
    """The literal that starts at `at`, where one of `"`, `'` and a backtick stands.

    Valid escapes stay as they are (`\\xff` remains a byte); everything else is written again.

    Raises: Refused for anything that Go's lexers may read differently: unknown escapes, control characters, a line's end.
    """
    mark = text[at]
    if mark == "`":
        return _read_raw(text, at)
    if mark == "'" and not single_quotes:
        raise Refused("strings are written with double quotes here", position=at)
    found = (_DOUBLE if mark == '"' else _SINGLE).match(text, at)
    if not found:
        raise Refused("this string does not end, or holds an escape or character that is not allowed", position=at)
    body = found[1]
    if mark == "'":
        body = _FROM_SINGLE.sub(_from_single, body)
    return StringLiteral(f'"{body}"', found.end(), _value(body))


def _read_raw(text: str, at: int) -> StringLiteral:
    found = _RAW.match(text, at)
    if not found:
        raise Refused("this raw string does not end", position=at)
    if "\r" in found[1]:
        raise Refused("a raw string must not hold a carriage return", position=at)
    return StringLiteral(quote(found[1]), found.end(), found[1])


def _written(char: str) -> str:
    return f"\\x{ord(char):02x}" if char < " " or char == "\x7f" else char


def _from_single(found: re.Match[str]) -> str:
    if found[0] == '"':
        return '\\"'
    return "'" if found[1] == "'" else found[0]


def _value(body: str) -> str | None:
    if "\\" not in body:
        return body
    try:
        return _ANY_ESCAPE.sub(_unescape, body)
    except UnicodeError:
        return None


def _unescape(found: re.Match[str]) -> str:
    octal, byte, short_code, long_code, char = found.groups()
    if char is not None:
        return _SHORT.get(char, char)
    if octal or byte:
        return bytes([int(octal, 8) if octal else int(byte, 16)]).decode("ascii")
    return chr(int(short_code or long_code, 16))
