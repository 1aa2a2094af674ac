"""A cursor over the tokens of a query that refuses as the real server's generated parser does."""

from __future__ import annotations

from gateway.demo.simulators.loki.lexer import Token
from gateway.demo.simulators.loki.refusals import ParseRefusal


class Tokens:
    """Reads tokens from left to right."""

    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0

    @property
    def kind(self) -> str:
        """The kind of the next token."""
        return self._tokens[self._at].kind

    def peek(self, ahead: int = 1) -> str:
        """The kind of the token that many places after the next one."""
        return self._tokens[min(self._at + ahead, len(self._tokens) - 1)].kind

    def take(self) -> Token:
        """The next token."""
        token = self._tokens[self._at]
        self._at += token.kind != "$end"
        return token

    def accept(self, *kinds: str) -> Token | None:
        """The next token if it is one of these."""
        return self.take() if self.kind in kinds else None

    def expect(self, *kinds: str) -> Token:
        """The next token, which has to be one of these. Raises: ParseRefusal."""
        if self.kind not in kinds:
            raise self.unexpected(*kinds)
        return self.take()

    def unexpected(self, *expected: str) -> ParseRefusal:
        """The refusal of the next token; more than four possibilities are not listed."""
        token = self._tokens[self._at]
        hint = f", expecting {' or '.join(expected)}" if 0 < len(expected) <= 4 else ""
        return ParseRefusal(f"syntax error: unexpected {token.kind}{hint}", token.line, token.column)
