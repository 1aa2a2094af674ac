"""The tokens as the parser takes them, one after the other."""

from __future__ import annotations

from gateway.demo.simulators.prometheus.promql.faults import ParseFault
from gateway.demo.simulators.prometheus.promql.lexer import Token, unquoted

_CLOSING = {"(": ")", "[": "]", "{": "}"}
_NAMES = {"(": "left parenthesis", "[": "left bracket", "{": "left brace"}


class TokenStream:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._next = 0

    @property
    def peek(self) -> Token:
        return self._tokens[self._next]

    def take(self) -> Token:
        token = self.peek
        if token.kind != "end":
            self._next += 1
        return token

    def accept(self, text: str) -> Token | None:
        return self.take() if self.peek.kind == "op" and self.peek.text == text else None

    def accept_word(self, word: str) -> Token | None:
        return self.take() if self.peek.kind == "word" and self.peek.text.lower() == word else None

    def expect(self, text: str) -> Token:
        token = self.take()
        if token.text != text:
            raise ParseFault(token.position, f'unexpected {token.described()}, expected "{text}"')
        return token

    def expect_end(self) -> None:
        if self.peek.kind != "end":
            raise ParseFault(self.peek.position, f"unexpected {self.peek.described()}")

    def close(self, bracket: str, opened: Token) -> None:
        """Takes the bracket that closes `opened`."""
        token = self.take()
        if token.kind == "end":
            raise ParseFault(token.position, f"unclosed {_NAMES[bracket]}")
        if token.kind != "op" or token.text != _CLOSING[bracket]:
            raise ParseFault(token.position, f"unexpected {token.described()}")

    def text_of(self, token: Token) -> str:
        return unquoted(token)

    def label_names(self) -> tuple[str, ...]:
        """A list in parentheses; names that are no identifiers stand in quotes."""
        opened = self.expect("(")
        names: list[str] = []
        while self.peek.text != ")":
            token = self.take()
            if token.kind not in ("word", "string"):
                raise ParseFault(token.position, f"unexpected {token.described()} in grouping opts, expected label")
            names.append(token.text if token.kind == "word" else unquoted(token))
            if self.accept(",") is None:
                break
        self.close("(", opened)
        return tuple(names)
