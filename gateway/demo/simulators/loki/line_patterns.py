"""Line patterns such as `<method> <path> <_>`, turned into regular expressions."""

from __future__ import annotations

import re
from functools import lru_cache

_CAPTURE = re.compile(r"<([A-Za-z_][A-Za-z0-9_]*)>")


class PatternRefused(ValueError):
    """Its text is what the real server says of the pattern."""


@lru_cache(maxsize=256)
def compile_capture(pattern: str) -> re.Pattern[str]:
    """For the pattern parser: matches from the line's start; the last capture takes the rest.

    Raises: PatternRefused.
    """
    parts = _CAPTURE.split(pattern)
    names = [name for name in parts[1::2] if name != "_"]
    if not names:
        raise PatternRefused("at least one capture is required")
    for left, literal, right in zip(parts[1::2], parts[2:-1:2], parts[3::2], strict=False):
        if not literal:
            raise PatternRefused(f"found consecutive capture '<{left}><{right}>': invalid expression")
    for name in names:
        if names.count(name) > 1:
            raise PatternRefused(f"duplicate capture name ({name}): invalid expression")
    regex = re.escape(parts[0])
    for position in range(1, len(parts), 2):
        name, literal = parts[position], parts[position + 1]
        body = ".*" if position == len(parts) - 2 and not literal else ".*?"
        regex += (f"(?:{body})" if name == "_" else f"(?P<{name}>{body})") + re.escape(literal)
    return re.compile(regex, re.DOTALL)


@lru_cache(maxsize=256)
def compile_wildcard(pattern: str) -> re.Pattern[str]:
    """For the filters |> and !>: the whole line has to match, each `<_>` stands for some text."""
    return re.compile(".+?".join(re.escape(part) for part in pattern.split("<_>")), re.DOTALL)
