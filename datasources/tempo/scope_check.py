"""The second reading: looks at the text that will be sent, by other means than those that wrote it."""

from __future__ import annotations

import re

from ..scope import Refused

_STRING = re.compile(r'"(?:[^"\\\n]|\\.)*"')
_FILTER = re.compile(r"\{ (.*?) \}")


def check_scoped(text: str, prefix: str, filters: int) -> None:
    """Every brace opens a filter that begins with the scope and cannot leave its own parentheses.

    Raises: Refused on any doubt.
    """
    bare, start = _STRING.sub('""', text), _STRING.sub('""', prefix)
    if bare.count("{") != filters or bare.count("}") != filters or text.count(prefix) < filters:
        raise Refused("this query cannot be narrowed safely: its braces do not add up")
    if any(not bare.startswith((f"{start} && ( ", f"{start} }}"), found.start()) for found in re.finditer(r"\{", bare)):
        raise Refused("this query cannot be narrowed safely: a filter is without the scope")
    for found in _FILTER.finditer(bare):
        _check_parentheses(found[1][len(start) - 2 :])
    is_canonical = bare.isascii() and not set(bare) & set("`'#\\;?")
    if not is_canonical or not bare.lstrip("() -0123456789.+*/").startswith("{"):
        raise Refused("this query cannot be narrowed safely: it is not in canonical form")


def _check_parentheses(tail: str) -> None:
    """After the scope comes nothing, or `&& ( ... )` whose first parenthesis closes at the very end."""
    depth = 0
    for index, char in enumerate(tail):
        depth += (char == "(") - (char == ")")
        if char == ")" and depth <= 0 and (depth < 0 or index != len(tail) - 1):
            raise Refused("this query cannot be narrowed safely: a filter closes its parentheses early")
    if depth:
        raise Refused("this query cannot be narrowed safely: a filter does not close its parentheses")
