"""What is wrong with a query's text, in Prometheus's words."""

from __future__ import annotations


class ParseFault(Exception):
    """`position` is an offset in the query; None prints as "unknown position"."""

    def __init__(self, position: int | None, message: str) -> None:
        super().__init__(message)
        self.position = position
        self.message = message

    def text(self, query: str) -> str:
        if self.position is None:
            return f"unknown position: parse error: {self.message}"
        return f"{place(query, self.position)}: parse error: {self.message}"


def place(query: str, position: int) -> str:
    """Line and column, both from 1."""
    before = query[:position]
    return f"{before.count(chr(10)) + 1}:{position - (before.rfind(chr(10)) + 1) + 1}"
