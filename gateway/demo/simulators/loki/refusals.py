"""How Loki says no: a status and a line of plain text."""

from __future__ import annotations


class LokiRefusal(Exception):
    """Ends a request with a status and a plain text; nearly everything that a client can do wrong is a 400."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.text = text
        self.status = status


class ParseRefusal(LokiRefusal):
    """A query that is no LogQL, or means nothing. Line and column 0 stand for the query as a whole."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        place = f"at line {line}, col {column}" if line or column else ""
        super().__init__(f"parse error {place}: {message}")
        self.message = message
