"""PromQL as tokens: an allow-list, so that every character outside of a string literal is one that we know."""

from __future__ import annotations

import enum
import re
from typing import NamedTuple

from ..scope import Refused
from ..scoping.strings import read_string

_SPACE = r"[ \t\r\n]*+"
# Possessive throughout: hostile digits must not make it go back and forth.
_DURATION = r"(?:[0-9]++(?:ms|[smhdwy]))++"
_NUMBER = r"(?:0[xX][0-9a-fA-F]++|(?:[0-9]++(?:\.[0-9]*+)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?)"
_AMOUNT = rf"(?:{_DURATION}|{_NUMBER})"
_TOKEN = re.compile(
    rf"""(?P<skip>[ \t\r\n]++|\#[^\r\n]*+)
    |(?P<range>\[{_SPACE}{_AMOUNT}{_SPACE}(?::{_SPACE}{_AMOUNT}?{_SPACE})?\])
    |(?P<number>{_AMOUNT}(?![0-9A-Za-z_.:]))
    |(?P<word>[A-Za-z_:][A-Za-z0-9_:]*+)
    |(?P<operator>==|!=|<=|>=|=~|!~|[-+*/%^<>=(){{}},@])
    |(?P<string>["'`])""",
    re.VERBOSE,
)
_SPACES = re.compile(r"[ \t\r\n]+")


class Kind(enum.Enum):
    """What a token is."""

    RANGE = "range"
    NUMBER = "number"
    WORD = "word"
    OPERATOR = "operator"
    STRING = "string"
    END = "end"


class Token(NamedTuple):
    """`text` is canonical, `at` the offset in the text as written, `value` a string's value as far as it is plain."""

    kind: Kind
    text: str
    at: int
    value: str | None = None

    def is_operator(self, text: str) -> bool:
        """Whether it is this operator, and not a string of that text."""
        return self.kind is Kind.OPERATOR and self.text == text

    @property
    def word(self) -> str:
        """In lower case, as keywords are read; empty for what is no word."""
        return self.text.lower() if self.kind is Kind.WORD else ""


def read_tokens(text: str) -> list[Token]:
    """The tokens of `text`, comments and white space dropped, an END last.

    Raises: Refused for any character that PromQL need not have.
    """
    tokens, at = [], 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        if not found:
            raise Refused(f"unexpected character {text[at]!r}", position=at)
        end = found.end()
        if found.lastgroup == "string":
            literal = read_string(text, at, single_quotes=True)
            tokens.append(Token(Kind.STRING, literal.text, at, literal.value))
            end = literal.end
        elif found.lastgroup != "skip":
            tokens.append(Token(Kind(found.lastgroup), _SPACES.sub("", found[0]), at))
        at = end
    tokens.append(Token(Kind.END, "", len(text)))
    return tokens
