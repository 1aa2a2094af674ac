"""A place in a list of traces that goes back in time. Tempo has no cursor and takes whole seconds.

A cursor names the start of the last trace that was shown, by the project's own spans, and which of those shown began
no later than that second: the next page asks for everything up to the end of the second and leaves these out. Nothing is
lost where many traces share a second or where a trace began with somebody else's span, and a cursor tells of no such span.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from datasources.exceptions import BadInput
from datasources.records.shared import NS_PER_S

MARK_DIGITS = 12
MAX_SEEN = 1_000
MAX_CURSOR_CHARS = 40_000


class TraceCursor(Struct, frozen=True, array_like=True):
    """`seen` are marks: the last digits of trace ids."""

    start_ns: int
    seen: list[str]

    @property
    def end_ns(self) -> int:
        """The end, excluded, of the second that the last trace began in."""
        return (self.start_ns // NS_PER_S + 1) * NS_PER_S


def mark(trace_id: str) -> str:
    """What a cursor remembers of a trace."""
    return trace_id[-MARK_DIGITS:]


def write_cursors(shown: Sequence[tuple[str, int, int]], before: Iterable[tuple[str, int]]) -> list[str]:
    """One cursor per (trace id, own start, the source's start), which come in the order they are shown in, newest first.

    `before` are (trace id, the source's start) of traces on earlier pages. Where more than a thousand would have to be
    remembered, the cursor goes on with the second before: the rest of a second as crowded as that is left out.
    """
    cursors = []
    known = list(before)
    for trace_id, start_ns, order_ns in shown:
        known.append((trace_id, order_ns))
        end_ns = TraceCursor(start_ns, []).end_ns
        known = [each for each in known if each[1] < end_ns]
        crowded = len(known) > MAX_SEEN
        cursor = (
            TraceCursor(end_ns - NS_PER_S - 1, [])
            if crowded
            else TraceCursor(start_ns, [mark(each[0]) for each in known])
        )
        cursors.append(base64.urlsafe_b64encode(msgspec.json.encode(cursor)).decode().rstrip("="))
    return cursors


def parse_cursor(text: str) -> TraceCursor:
    """Raises: BadInput for a text that no page gave."""
    try:
        if len(text) > MAX_CURSOR_CHARS:
            raise ValueError("too long")
        raw = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
        return msgspec.json.decode(raw, type=TraceCursor)
    except (ValueError, binascii.Error, msgspec.DecodeError):
        raise BadInput("this is no cursor of a list of traces", argument="after") from None
