"""What a text has to be before any lexer sees it."""

from __future__ import annotations

from ..scope import Refused

MAX_BYTES = 16 * 1024
MAX_DEPTH = 60
MAX_SELECTORS = 100


def check_text(text: str, *, max_bytes: int = MAX_BYTES) -> str:
    """The text as it is.

    Raises: Refused where it is too long, is not valid Unicode, or holds NUL or a byte order mark.
    """
    try:
        size = len(text.encode("utf-8"))
    except UnicodeEncodeError as error:
        raise Refused("the query is not valid Unicode", position=error.start) from None
    if size > max_bytes:
        raise Refused(f"the query is longer than {max_bytes} bytes", position=max_bytes)
    for odd in ("\x00", "\ufeff"):
        if odd in text:
            raise Refused("the query holds NUL or a byte order mark", position=text.index(odd))
    return text
