"""TraceQL's tokens, as an allow-list: whatever is not one of these is refused, and comments are not supported.

Source: pkg/traceql/lexer.go. There an attribute's name runs over every rune that is not white space or one of
`{}()=~!<>&|^,`, quotes included, so only names are taken that no lexer reads in two ways.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from ..scope import Refused
from ..scoping.strings import read_string

MAX_TOKENS = 2_000

_TOKEN = re.compile(
    r"""
      (?P<space>[ \t\r\n]+)
    | (?P<comment>//|/\*)
    | (?P<duration>(?:[0-9]++(?:\.[0-9]++)?(?:ns|us|µs|ms|[smhdwy]))++(?![\w.:]))
    | (?P<number>(?:[0-9]++(?:\.[0-9]++)?|\.[0-9]++)(?:[eE][+-]?[0-9]++)?(?![\w.:]))
    | (?P<attribute>(?:span\.|resource\.|event\.|link\.|instrumentation\.|\.)
        (?:[A-Za-z_][A-Za-z0-9_.\-/:@$\[\]]*+|"[^"\\{}()|&=~!<>^`\x00-\x1f\x7f]++")(?=[\s{}()=~!<>&|^,]|$))
    | (?P<intrinsic>(?:span|trace|event|link|instrumentation):[A-Za-z]++(?![\w.:]))
    | (?P<word>[A-Za-z_][A-Za-z0-9_]*+(?![\w.:]))
    | (?P<sign>!>>|!<<|&>>|&<<|!=|=~|!~|>=|<=|>>|<<|!>|!<|&~|&>|&<|&&|\|\||[{}()=<>+\-*/%^~!|,])
    """,
    re.ASCII | re.VERBOSE,
)


class Token(NamedTuple):
    """A token in canonical form. `at` is its offset in the person's text, None for what the gateway adds."""

    kind: str
    text: str
    at: int | None


def read_tokens(text: str, *, own: bool = False) -> list[Token]:
    """The tokens, without an end mark; `own` for a text that the gateway wrote.

    Raises: Refused with the offset of what is not TraceQL.
    """
    tokens: list[Token] = []
    at = 0
    while at < len(text):
        found = _TOKEN.match(text, at)
        kind = found.lastgroup if found else None
        if text[at] in "\"'`":
            literal = read_string(text, at)
            tokens.append(Token("string", literal.text, None if own else at))
            at = literal.end
            continue
        if not found or not kind or kind == "comment":
            raise Refused(
                "comments are not supported here" if kind else f"unexpected {text[at : at + 12]!r}", position=at
            )
        if kind != "space":
            tokens.append(Token(kind, found[0].replace("µ", "u"), None if own else at))
        at = found.end()
        if len(tokens) > MAX_TOKENS:
            raise Refused(f"the query has more than {MAX_TOKENS} words", position=at)
    return tokens
