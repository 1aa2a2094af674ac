"""Regular expressions of RE2's kind, on Python's engine, refused in Go's words."""

from __future__ import annotations

import re
from functools import lru_cache

_PERL_ONLY = re.compile(r"\(\?(?:=|!|<=|<!|>|#|\(|P=)")
_BAD_ESCAPE = re.compile(r"(?:^|[^\\])(?:\\\\)*(\\[1-9ceghijklmoqruyEGHIJKLMNORTUVXYZ])")
_POSIX = {
    "[:alnum:]": "0-9A-Za-z",
    "[:alpha:]": "A-Za-z",
    "[:digit:]": "0-9",
    "[:lower:]": "a-z",
    "[:punct:]": r"!-/:-@\[-`{-~",
    "[:space:]": r"\t\n\v\f\r ",
    "[:upper:]": "A-Z",
    "[:word:]": "0-9A-Za-z_",
    "[:xdigit:]": "0-9A-Fa-f",
}
_MESSAGES = (
    ("unterminated character set", "missing closing ]: `{tail}`"),
    ("missing ), unterminated subpattern", "missing closing ): `{whole}`"),
    ("unbalanced parenthesis", "unexpected ): `{whole}`"),
    ("nothing to repeat", "missing argument to repetition operator: `{first}`"),
    ("multiple repeat", "invalid nested repetition operator: `{pair}`"),
    ("bad escape (end of pattern)", "trailing backslash at end of expression: ``"),
    ("bad character range", "invalid character class range: `{tail}`"),
)


class RegexRefused(ValueError):
    """Its text is what Go's regexp package says."""


@lru_cache(maxsize=512)
def compile_regex(pattern: str) -> re.Pattern[str]:
    """A pattern to search or match with. Raises: RegexRefused."""
    perl = _PERL_ONLY.search(pattern)
    if perl is not None:
        raise RegexRefused(f"error parsing regexp: invalid or unsupported Perl syntax: `{perl[0]}`")
    escape = _BAD_ESCAPE.search(pattern)
    if escape is not None:
        raise RegexRefused(f"error parsing regexp: invalid escape sequence: `{escape[1]}`")
    translated = re.sub(r"\[:[a-z]+:\]", lambda found: _POSIX.get(found[0], found[0]), pattern)
    translated = translated.replace(r"\z", r"\Z").replace("(?s:", "(?s:")
    try:
        return re.compile(translated, re.ASCII if translated.isascii() else 0)
    except re.error as error:
        raise RegexRefused(f"error parsing regexp: {_in_go_words(error, pattern)}") from error


def _in_go_words(error: re.error, pattern: str) -> str:
    at = error.pos or 0
    places = {
        "tail": pattern[at:],
        "whole": pattern,
        "first": pattern[at : at + 1],
        "pair": pattern[max(at - 1, 0) : at + 1],
    }
    for start, words in _MESSAGES:
        if error.msg.startswith(start):
            return words.format(**places)
    return f"invalid or unsupported syntax: `{pattern[at:]}`"
