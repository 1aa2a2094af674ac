"""Regular expressions of RE2's syntax, run by Python's engine."""

from __future__ import annotations

import re
import warnings
from functools import lru_cache

_FOREIGN = re.compile(r"(?<!\\)(?:\\\\)*(?:\(\?(?:[=!]|<[=!]|>|\()|[*+?}]\+|\\[1-9]|\(\?P=)")
"""What Python takes and RE2 does not: looking around, atomic groups, possessive repetition, references back."""
_CLASSES = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7f", "blank": r"\t ", "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~", "space": r"\t\n\v\f\r ",
    "upper": "A-Z", "word": r"0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_CLASS = re.compile(r"\[:([a-z]+):\]")


@lru_cache(maxsize=512)
def compile_regex(pattern: str) -> re.Pattern[str] | None:
    """To be matched in full; dots match line ends. None where the pattern is not one of RE2's."""
    if _FOREIGN.search(pattern):
        return None
    translated = _CLASS.sub(lambda match: _CLASSES.get(match[1], match[0]), pattern)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", FutureWarning)
            return re.compile(translated, re.DOTALL)
    except (re.error, OverflowError, RecursionError):
        return None
