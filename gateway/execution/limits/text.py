"""The limits that hold before there is a tree: the document's length and its tokens."""

from __future__ import annotations

from graphql import DocumentNode, GraphQLError, parse

from ..request import Refused
from .rule import Limits


def check_text(text: str, limits: Limits) -> None:
    """Raises: Refused for a document whose UTF-8 has more than `limits.bytes`."""
    most = limits.bytes
    if len(text) > most or (len(text) * 4 > most and len(text.encode("utf-8", "surrogatepass")) > most):
        raise Refused.because(f"the document has more than {most} bytes", "MAX_BYTES_LIMIT", limit=most)


def parse_within(text: str, limits: Limits) -> DocumentNode:
    """The document's tree. A comment counts as a token.

    Raises: Refused as soon as there are more than `limits.tokens`; GraphQLError for what is no GraphQL.
    """
    try:
        return parse(text, max_tokens=limits.tokens, allow_empty_selection_sets=False)
    except GraphQLError as error:
        if "tokens. Parsing aborted" in error.message:
            most = limits.tokens
            raise Refused.because(f"the document has more than {most} tokens", "MAX_TOKENS_LIMIT", limit=most) from None
        raise
