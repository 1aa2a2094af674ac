"""The place in the token stream at which a parser stands."""

from __future__ import annotations

from gateway.demo.simulators.tempo.traceql.errors import ParseError
from gateway.demo.simulators.tempo.traceql.tokens import END, Lexer, Token

MAX_DEPTH = 60
MAX_OPERATORS = 300
"""Deeper and longer than anybody writes; Python's own stack would end not far above."""


class Cursor:
    """One token of lookahead, as Tempo's parser has."""

    def __init__(self, text: str) -> None:
        self._tokens = iter(Lexer(text))
        self._depth = 0
        self._operators = 0
        self.token: Token = next(self._tokens)

    @property
    def kind(self) -> str:
        return self.token.kind

    def take(self) -> Token:
        taken = self.token
        if taken.kind != END:
            self.token = next(self._tokens)
        return taken

    def accept(self, kind: str) -> bool:
        if self.token.kind != kind:
            return False
        self.take()
        return True

    def expect(self, kind: str) -> Token:
        """Where only one token can follow, the message names it."""
        if self.token.kind != kind:
            raise self.unexpected(f", expecting {kind}")
        return self.take()

    def unexpected(self, rest: str = "") -> ParseError:
        return self.error(f"syntax error: unexpected {self.token.kind}{rest}")

    def error(self, reason: str, token: Token | None = None) -> ParseError:
        place = token or self.token
        return ParseError(reason, place.line, place.column)

    def enter(self) -> None:
        self._depth += 1
        if self._depth > MAX_DEPTH:
            raise self.error("syntax error: nested too deeply")

    def count_operator(self) -> None:
        """To be told of every operator that makes the tree deeper."""
        self._operators += 1
        if self._operators > MAX_OPERATORS:
            raise self.error("syntax error: too many operators")

    def leave(self) -> None:
        self._depth -= 1
