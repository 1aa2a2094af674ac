"""Looks for a text in lines without writing the lines out: most templates hold it, or cannot."""

from __future__ import annotations

import re
from collections.abc import Iterable
from string import Formatter

from gateway.demo.scenario.lines import VariantLog

_HOLE = "\x00"
_SOLID = r'[^\s"\\]'
_RUN = re.compile(rf"{_SOLID}+")


class Needle:
    """A text, and what is known of each template so far: always there, never there, or to be looked at in the line.

    What fills a template's holes has no blanks, quotes or backslashes; so a run of other characters in the text stands
    in the template as it is, or touches a hole.
    """

    def __init__(self, text: str) -> None:
        self.text = text
        self._known: dict[int, bool | None] = {}
        self._possible = re.compile(_pattern(text))

    def verdict(self, log: VariantLog) -> bool | None:
        """True or False for every line of the template, None where it depends on the line."""
        key = id(log)
        if key not in self._known:
            skeleton = _skeleton(log.template)
            found = self._possible.search(skeleton) is not None
            self._known[key] = True if self.text in skeleton else None if found else False
        return self._known[key]


def _pattern(text: str) -> str:
    """The first run may begin inside a hole and the last one end in one; those between are whole words."""
    parts, at = [], 0
    for run in _RUN.finditer(text):
        word = run[0]
        ends = {
            (True, True): f"{_SOLID}*{_HOLE}{_SOLID}*",
            (True, False): f"{_HOLE}(?:{_any(word[start:] for start in range(len(word) + 1))})",
            (False, True): f"(?:{_any(word[:end] for end in range(len(word) + 1))}){_HOLE}",
            (False, False): f"(?:{_any(word[:end] for end in range(len(word) + 1))}){_HOLE}{_SOLID}*",
        }
        parts.append(re.escape(text[at : run.start()]))
        parts.append(f"(?:{re.escape(word)}|{ends[run.start() == 0, run.end() == len(text)]})")
        at = run.end()
    return "".join(parts) + re.escape(text[at:])


def _any(words: Iterable[str]) -> str:
    return "|".join(re.escape(word) for word in words)


def _skeleton(template: str) -> str:
    return "".join(
        literal + (_HOLE if field is not None else "") for literal, field, _, _ in Formatter().parse(template)
    )
