"""What can be wrong with a query, in the words that Tempo uses."""

from __future__ import annotations


class InvalidQuery(Exception):
    """The text parses, but what it says makes no sense; or it does not parse (ParseError)."""


class ParseError(InvalidQuery):
    """Shape: line and column count from one and point at the token that did not fit; both are nought for an empty text."""

    def __init__(self, reason: str, line: int, column: int) -> None:
        place = f" at line {line}, col {column}" if line or column else " "
        super().__init__(f"parse error{place}: {reason}")
