"""The simple end of Go's templates: `{{.label}}`, pipes through a few functions, `__line__` and `__timestamp__`."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from functools import lru_cache
from typing import TypeAlias

Lookup: TypeAlias = Callable[[str], str]
Template: TypeAlias = Callable[[Lookup], str]

_ACTION = re.compile(r"\{\{-?\s*(.*?)\s*-?\}\}", re.DOTALL)
_WORD = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|[^\s"`]+')


class TemplateRefused(ValueError):
    """Its text is what Go's template package says behind the position."""


def _title(text: str) -> str:
    return text[:1].upper() + text[1:]


def _trunc(count: str, text: str) -> str:
    return text[int(count) :] if int(count) < 0 else text[: int(count)]


def _default(other: str, text: str) -> str:
    return text or other


_FUNCTIONS: dict[str, tuple[int, Callable[..., str]]] = {
    "ToUpper": (0, str.upper),
    "ToLower": (0, str.lower),
    "upper": (0, str.upper),
    "lower": (0, str.lower),
    "title": (0, _title),
    "trim": (0, str.strip),
    "Trim": (1, str.strip),
    "TrimSpace": (0, str.strip),
    "trimPrefix": (1, lambda prefix, text: text.removeprefix(prefix)),
    "trimSuffix": (1, lambda suffix, text: text.removesuffix(suffix)),
    "replace": (2, lambda old, new, text: text.replace(old, new)),
    "trunc": (1, _trunc),
    "default": (1, _default),
    "urldecode": (0, lambda text: text),
}


@lru_cache(maxsize=256)
def compile_template(text: str) -> Template:
    """A function from a label lookup to the filled text. Raises: TemplateRefused for what is not understood."""
    parts = _ACTION.split(text)
    if any("{{" in literal for literal in parts[::2]):
        raise TemplateRefused("unclosed action")
    actions = [_compile_action(action) for action in parts[1::2]]
    literals = parts[::2]

    def fill(lookup: Lookup) -> str:
        filled = [literals[0]]
        for action, literal in zip(actions, literals[1:], strict=True):
            filled += (action(lookup), literal)
        return "".join(filled)

    return fill


def _compile_action(action: str) -> Template:
    first, *calls = [_WORD.findall(part) for part in action.split("|")]
    steps = [_compile_call(call) for call in calls]
    source = _compile_source(first)

    def run(lookup: Lookup) -> str:
        value = source(lookup)
        for step in steps:
            value = step(value)
        return value

    return run


def _compile_source(words: list[str]) -> Template:
    if not words:
        raise TemplateRefused("missing value for command")
    if len(words) > 1:
        call, source = _compile_call(words[:-1]), _compile_source(words[-1:])
        return lambda lookup: call(source(lookup))
    word = words[0]
    if re.fullmatch(r"\.[A-Za-z_]\w*", word):
        return lambda lookup: lookup(word[1:])
    if word == "__line__":
        return lambda lookup: lookup("__line__")
    if word == "__timestamp__":
        return lambda lookup: _timestamp(int(lookup("__timestamp__")))
    if word[0] in '"`':
        return lambda _lookup: word[1:-1]
    raise _unknown(word)


def _compile_call(words: list[str]) -> Callable[[str], str]:
    if not words:
        raise TemplateRefused("missing value for command")
    name, arguments = words[0], [word.strip('"`') for word in words[1:]]
    if name not in _FUNCTIONS:
        raise _unknown(name)
    count, function = _FUNCTIONS[name]
    if len(arguments) != count:
        raise TemplateRefused(f"wrong number of args for {name}: want {count + 1} got {len(arguments) + 1}")
    if name == "Trim":
        return lambda value: value.strip(arguments[0])
    return lambda value: function(*arguments, value)


def _unknown(name: str) -> TemplateRefused:
    return TemplateRefused(f'function "{name}" not defined')


def _timestamp(nanoseconds: int) -> str:
    at = datetime.fromtimestamp(nanoseconds // 10**9, UTC)
    return f"{at:%Y-%m-%d %H:%M:%S}.{nanoseconds % 10**9:09d}".rstrip("0").rstrip(".") + " +0000 UTC"
