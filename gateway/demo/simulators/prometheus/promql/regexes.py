"""Regular expressions of RE2's kind on Python's engine: what RE2 does not know is refused, in Go's words."""

from __future__ import annotations

import re
from functools import lru_cache

_FOREIGN = re.compile(r"(?<!\\)(?:\\\\)*(\(\?(?:=|!|<=|<!|>|\(|P=)|[*+?}]\+|\\[1-9])")
_CLASS = re.compile(r"\[:(\^?)([a-z]+):\]")
_CLASSES = {
    "alnum": "0-9A-Za-z",
    "alpha": "A-Za-z",
    "digit": "0-9",
    "lower": "a-z",
    "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\v\f\r ",
    "upper": "A-Z",
    "word": "0-9A-Za-z_",
    "xdigit": "0-9A-Fa-f",
}
_WORDS = (
    ("unterminated character set", "missing closing ]: `{rest}`"),
    ("missing ), unterminated subpattern", "missing closing ): `{whole}`"),
    ("unbalanced parenthesis", "unexpected ): `{whole}`"),
    ("nothing to repeat", "missing argument to repetition operator: `{first}`"),
    ("multiple repeat", "invalid nested repetition operator: `{pair}`"),
    ("bad escape (end of pattern)", "trailing backslash at end of expression: ``"),
    ("bad character range", "invalid character class range: `{rest}`"),
)


class RegexFault(ValueError):
    """Its text is what Go's regexp package says."""


@lru_cache(maxsize=512)
def compile_regex(pattern: str) -> re.Pattern[str]:
    """To be used with fullmatch: Prometheus anchors its patterns, and lets a dot match anything. Raises: RegexFault."""
    foreign = _FOREIGN.search(pattern)
    if foreign is not None:
        raise RegexFault(f"error parsing regexp: invalid or unsupported Perl syntax: `{foreign[1]}`")
    translated = _CLASS.sub(lambda found: _CLASSES.get(found[2], found[0]), pattern).replace(r"\z", r"\Z")
    try:
        return re.compile(re.sub(r"(?<!\\)\[\[", r"[\\[", translated), re.DOTALL | re.ASCII)
    except (re.error, OverflowError, RecursionError) as error:
        raise RegexFault(f"error parsing regexp: {_in_go_words(error, pattern)}") from error


def _in_go_words(error: Exception, pattern: str) -> str:
    at = error.pos or 0 if isinstance(error, re.error) else 0
    places = {
        "rest": pattern[at:],
        "whole": pattern,
        "first": pattern[at : at + 1],
        "pair": pattern[max(at - 1, 0) : at + 1],
    }
    for start, words in _WORDS:
        if str(error).startswith(start):
            return words.format(**places)
    return f"invalid or unsupported syntax: `{pattern[at:]}`"
