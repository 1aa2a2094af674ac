"""Places in a list of log lines, which many lines may share a nanosecond of."""

from __future__ import annotations

import re

from msgspec import Struct

MAX_LISTED = 32
"""Up to so many lines of one nanosecond a cursor lists each; past that it names the last one in the order of marks."""

MARK_LENGTH = 8
_CURSOR = re.compile(r"(\d{1,19})((?:\.[A-Za-z0-9_-]{8}){0,32})(?:~([A-Za-z0-9_-]{8})\.(\d{1,4}))?", re.ASCII)


class LogCursor(Struct, frozen=True, gc=False):
    """Everything before `timestamp_ns` in the list's order was delivered, and of that nanosecond what is named here.

    A mark is a digest of a line with its labels and metadata, so that it names the same line in every answer, however
    the source orders or cuts a nanosecond. `listed` are the marks delivered one by one, a repeated mark as often as the
    line is repeated. `ranked` is (mark, how many of that mark): besides the listed ones, all lines up to it in the order
    of marks were delivered.
    """

    timestamp_ns: int
    listed: tuple[str, ...] = ()
    ranked: tuple[str, int] | None = None

    def and_then(self, mark: str) -> LogCursor:
        """The place after one more line of the same nanosecond."""
        return LogCursor(self.timestamp_ns, (*self.listed, mark), self.ranked)

    @property
    def text(self) -> str:
        """What a client is given."""
        ranked = f"~{self.ranked[0]}.{self.ranked[1]}" if self.ranked else ""
        return "".join([str(self.timestamp_ns), *(f".{mark}" for mark in self.listed), ranked])


def parse_log_cursor(text: str) -> LogCursor:
    """The place that a client hands back.

    Raises: ValueError for anything that is not a cursor of ours.
    """
    found = _CURSOR.fullmatch(text[:400])
    if not found:
        raise ValueError("this is not a cursor of a log line")
    timestamp, listed, mark, count = found.groups()
    marks = tuple(listed.split(".")[1:])
    return LogCursor(int(timestamp), marks, (mark, int(count)) if mark else None)
