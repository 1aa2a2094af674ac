"""Pages of log lines that lose and repeat nothing where many lines share a nanosecond and others still arrive.

A source answers with a window of instants and a limit; it has no cursor, and it cuts a nanosecond anywhere. So a page
begins at its cursor's own nanosecond and leaves out what the cursor says was delivered of it. A cursor lists up to 32
lines of a nanosecond one by one, so that also a line that came late to it is still found. Where more lines share one,
all of it is read (up to the source's limit of lines) and delivered in the order of the lines' marks.

Falls short: of the lines of one nanosecond beyond the source's limit (5,000) nobody can read the rest.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Protocol

from msgspec import Struct
from msgspec.structs import replace

from datasources.records.log_cursors import MAX_LISTED, LogCursor
from datasources.records.logs import LogEntry, LogLines, LogPage, LogStats
from datasources.records.shared import Interval


class Fetch(Protocol):
    """Asks for at most `limit` lines of `[start, end)` in the page's order."""

    async def __call__(self, interval: Interval, limit: int) -> LogLines:
        """Raises: what the source raises."""


class Paging(Struct, frozen=True):
    """How one list is read."""

    interval: Interval
    forward: bool
    max_lines: int

    def at(self, timestamp_ns: int) -> Interval:
        """One nanosecond."""
        return Interval(timestamp_ns, timestamp_ns + 1)

    def from_(self, timestamp_ns: int) -> Interval:
        """What is left of the interval, from this nanosecond on in the list's order."""
        if self.forward:
            return Interval(max(self.interval.start_ns, timestamp_ns), self.interval.end_ns)
        return Interval(self.interval.start_ns, min(self.interval.end_ns, timestamp_ns + 1))

    def beyond(self, timestamp_ns: int) -> Interval:
        """What is left of the interval behind this nanosecond."""
        return self.from_(timestamp_ns + 1 if self.forward else timestamp_ns - 1)


async def read_page(fetch: Fetch, paging: Paging, *, first: int, after: LogCursor | None) -> LogPage:
    """The `first` lines behind `after`.

    Shape: by time, in the list's order; one request, but up to three where a nanosecond holds more than 32 lines.
    """
    if after is not None and after.ranked is not None:
        return await _read_ranked(fetch, paging, first, after)
    window = paging.interval if after is None else paging.from_(after.timestamp_ns)
    return await _read_window(fetch, paging, window, first, after)


async def _read_ranked(fetch: Fetch, paging: Paging, first: int, after: LogCursor) -> LogPage:
    """The rest of a crowded nanosecond, and what follows it."""
    asked = paging.at(after.timestamp_ns)
    within = paging.interval.start_ns <= asked.start_ns < paging.interval.end_ns
    whole = await fetch(asked, paging.max_lines) if within else LogLines([], LogStats(), False)
    rest = [entry for entry in _ranked(whole.entries, after) if _rank(entry) > (after.ranked or ("", 0))]
    if len(rest) > first:
        return _page(rest[:first], after, whole.stats, has_next=True)
    following = await _read_window(fetch, paging, paging.beyond(after.timestamp_ns), first - len(rest), None)
    stats = _sum(whole.stats, following.stats)
    return _page([*rest, *following.nodes], after, stats, has_next=following.has_next_page)


async def _read_window(fetch: Fetch, paging: Paging, window: Interval, first: int, after: LogCursor | None) -> LogPage:
    if window.range_ns <= 0:
        return _page([], after, LogStats(), has_next=False)
    delivered = len(after.listed) if after else 0
    limit = min(paging.max_lines, first + 1 + delivered)
    lines = await fetch(window, limit)
    found, stats = _without_listed(lines.entries, after), lines.stats
    last_ns = found[-1].timestamp_ns if found else None
    placed: list[LogEntry] = []
    for timestamp_ns, group in _by_instant(found):
        before = after if after is not None and after.timestamp_ns == timestamp_ns else None
        if len(group) + (len(before.listed) if before else 0) <= MAX_LISTED:
            placed += _chained(group, before)
            continue
        if lines.full and timestamp_ns == last_ns:
            whole = await fetch(paging.at(timestamp_ns), paging.max_lines)
            group, stats = whole.entries, _sum(stats, whole.stats)
        placed += _ranked(group, before or LogCursor(timestamp_ns))
    return _page(placed[:first], after, stats, has_next=len(placed) > first or lines.full)


def _page(nodes: list[LogEntry], after: LogCursor | None, stats: LogStats | None, *, has_next: bool) -> LogPage:
    return LogPage(nodes=nodes, has_next_page=has_next, has_previous_page=after is not None, stats=stats)


def _by_instant(entries: Sequence[LogEntry]) -> Iterator[tuple[int, list[LogEntry]]]:
    for timestamp_ns, group in groupby(entries, key=lambda entry: entry.timestamp_ns):
        yield timestamp_ns, list(group)


def _without_listed(entries: list[LogEntry], after: LogCursor | None) -> list[LogEntry]:
    """Leaves out what was delivered one by one, a repeated line as often as it was."""
    if after is None or not after.listed:
        return entries
    delivered = Counter(after.listed)
    kept = []
    for entry in entries:
        if entry.timestamp_ns == after.timestamp_ns and delivered[(mark := entry.mark)]:
            delivered[mark] -= 1
        else:
            kept.append(entry)
    return kept


def _chained(group: list[LogEntry], before: LogCursor | None) -> list[LogEntry]:
    """Each line knows the one before it in its nanosecond; a line that is alone in its own needs nothing."""
    placed: list[LogEntry] = []
    preceding: LogEntry | LogCursor | None = before
    for entry in group:
        preceding = entry if preceding is None else replace(entry, preceding=preceding)
        placed.append(preceding)
    return placed


def _ranked(group: list[LogEntry], before: LogCursor) -> list[LogEntry]:
    """A crowded nanosecond in the order of marks, without what was listed before it became crowded."""
    seen: Counter[str] = Counter()
    placed = []
    for mark, entry in sorted(
        ((entry.mark, entry) for entry in _without_listed(group, before)), key=lambda pair: pair[0]
    ):
        seen[mark] += 1
        placed.append(replace(entry, ranked=LogCursor(before.timestamp_ns, before.listed, (mark, seen[mark]))))
    return placed


def _rank(entry: LogEntry) -> tuple[str, int]:
    assert entry.ranked is not None
    assert entry.ranked.ranked is not None
    return entry.ranked.ranked


def _sum(one: LogStats | None, other: LogStats | None) -> LogStats:
    one, other = one or LogStats(), other or LogStats()
    return LogStats(
        one.bytes_processed + other.bytes_processed,
        one.lines_processed + other.lines_processed,
        one.took_ms + other.took_ms,
    )
