"""How much there is: lines and bytes per stream, estimated from the templates, minute by minute."""

from __future__ import annotations

from collections import Counter
from functools import lru_cache

from gateway.demo.simulators.loki.shapes import Shapes
from gateway.demo.simulators.loki.store import MINUTE_NS, LogStore, Row, Stream

_MINUTES_KEPT = 4000


class Volumes:
    """Real indexes are approximate too: they count whole chunks."""

    def __init__(self, store: LogStore) -> None:
        self._store = store
        self._shapes = Shapes(store, frozenset(store.streams), _weight)
        self._minute = lru_cache(maxsize=_MINUTES_KEPT)(self._read)

    def between(self, streams: list[Stream], start_ns: int, end_ns: int) -> tuple[Counter[Stream], Counter[Stream]]:
        """(lines, bytes) of [start, end); streams without a line are left out."""
        lines: Counter[Stream] = Counter()
        size: Counter[Stream] = Counter()
        start_ns, end_ns = self._store.clip(start_ns, end_ns)
        wanted = frozenset(streams)
        for minute in range(start_ns // MINUTE_NS, -(-end_ns // MINUTE_NS) if end_ns > start_ns else 0):
            inside = start_ns <= minute * MINUTE_NS and (minute + 1) * MINUTE_NS <= end_ns
            found = self._minute(minute, None, None) if inside else self._read(minute, start_ns, end_ns)
            for stream, count, weight in found:
                if stream in wanted:
                    lines[stream] += count
                    size[stream] += count * weight
        return lines, size

    def _read(self, minute: int, start_ns: int | None, end_ns: int | None) -> list[tuple[Stream, int, int]]:
        low, high = start_ns or minute * MINUTE_NS, end_ns or (minute + 2) * MINUTE_NS
        found: Counter[tuple[Stream, int]] = Counter()
        for key, timestamps in self._shapes.read(minute):
            found[key] += sum(1 for timestamp in timestamps if low <= timestamp < high)
        for namespace in self._shapes.namespaces:
            for row in self._store.background(namespace, minute):
                found[row.stream, len(row.line())] += low <= row.timestamp_ns < high
        return [(stream, count, weight) for (stream, weight), count in found.items() if count]


def _weight(row: Row) -> tuple[Stream, int]:
    return row.stream, len(row.template())
