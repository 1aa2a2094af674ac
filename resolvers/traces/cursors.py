"""A place in a list of traces that goes back in time. Tempo has no cursor, and takes whole seconds, the end included.

A cursor names the whole second at or after the start of the last trace that was shown, by the project's own spans, and
which of those shown began no later: the next page asks for everything up to that second and leaves these out. Nothing is
lost where many traces share a second or where a trace began with somebody else's span, and a cursor tells of no such span.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable, Sequence

import msgspec
from msgspec import Struct

from datasources.exceptions import BadInput
from datasources.records.shared import NS_PER_S, Interval

MARK_DIGITS = 12
MAX_SEEN = 1_000
MAX_CURSOR_CHARS = 40_000


class TraceCursor(Struct, frozen=True, array_like=True):
    """`end_s` is the last second to ask for; `seen` are marks, the last digits of trace ids."""

    end_s: int
    seen: list[str]


def mark(trace_id: str) -> str:
    """What a cursor remembers of a trace."""
    return trace_id[-MARK_DIGITS:]


def end_second(at_ns: int) -> int:
    """The first whole second that is not before an instant."""
    return -(-at_ns // NS_PER_S)


def first_second(start_ns: int) -> int:
    """The earliest end that a range can have which begins at an instant."""
    return start_ns // NS_PER_S + 1


def last_second(interval: Interval) -> int:
    """The end that a range is asked for with."""
    return max(end_second(interval.end_ns), first_second(interval.start_ns))


def write_cursors(
    shown: Sequence[tuple[str, int, int]], before: Iterable[tuple[str, int]], *, least_s: int, most_s: int
) -> list[str]:
    """One cursor per (trace id, own start, the source's start), which come in the order they are shown in, newest first.

    `before` are (trace id, the source's start) of traces on earlier pages. Traces that began before the range all share
    its `least_s`; no page goes beyond the end of the one before, `most_s`, wherever its own spans lie. Where more than a
    thousand would have to be remembered, the cursor goes on with the second before: the rest of a second as crowded as
    that is left out.
    """
    cursors = []
    known = list(before)
    for trace_id, start_ns, order_ns in shown:
        known.append((trace_id, order_ns))
        end_s = min(max(end_second(start_ns), least_s), most_s)
        known = [each for each in known if each[1] <= end_s * NS_PER_S]
        crowded = len(known) > MAX_SEEN
        cursor = TraceCursor(end_s - 1, []) if crowded else TraceCursor(end_s, [mark(each[0]) for each in known])
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
