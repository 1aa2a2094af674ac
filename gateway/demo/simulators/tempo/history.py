"""The traces of a time range, both namespaces merged, and how the range is narrowed to what is searchable yet."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from heapq import merge

from gateway.demo.scenario import Scenario
from gateway.demo.scenario.requests import Request
from gateway.demo.simulators.tempo.templates import Templates

SECOND = 1_000_000_000
CUTOFF_NS = 30 * SECOND
RECENT_NS = 15 * 60 * SECOND
"""What is searched where no range is given: the live store's data."""
LONGEST_TRACE_NS = 60 * SECOND


@dataclass(frozen=True)
class Window:
    """Units: nanoseconds since 1970. A trace is in it if it overlaps; both ends count."""

    start_ns: int
    end_ns: int


def inspected(start_ns: int, now_ns: int, size: int, jobs: int) -> dict[str, int | str]:
    """What Tempo tells of its work; blocks are looked into where the range is older than the live store's data."""
    if start_ns >= now_ns - RECENT_NS:
        return {"inspectedBytes": str(size), "completedJobs": 1, "totalJobs": 1}
    blocks: dict[str, int | str] = {"inspectedBytes": str(size), "totalBlocks": 1, "completedJobs": jobs}
    return {**blocks, "totalJobs": jobs, "totalBlockBytes": "5805364"}


@dataclass(frozen=True)
class History:
    """The scenario, with what was worked out of its variants."""

    scenario: Scenario
    templates: Templates

    def ascending(self, window: Window) -> list[Request]:
        """Those that overlap the window, by start."""
        found: list[Request] = []
        for namespace in self.scenario.namespaces:
            found += self._overlapping(namespace, window)
        found.sort(key=lambda request: request.start_ns)
        return found

    def newest_first(self, window: Window) -> Iterator[Request]:
        """Drawn a minute at a time, so that the first few are cheap."""
        return merge(*(self._backwards(name, window) for name in self.scenario.namespaces), key=lambda r: -r.start_ns)

    def named(self, trace_ids: Iterable[str], window: Window) -> Iterator[Request]:
        """Those of the traces that are in the window; in no order."""
        for trace_id in trace_ids:
            request = self.scenario.request(trace_id)
            if request and request.start_ns <= window.end_ns and self._end_ns(request) >= window.start_ns:
                yield request

    def spread(self, window: Window, number: int) -> Iterator[Request]:
        """All of the window's, in an order whose beginning is spread over the range and differs from call to call."""
        requests = self.ascending(window)
        return (requests[position] for position in spread_positions(len(requests), number))

    def _backwards(self, namespace: str, window: Window) -> Iterator[Request]:
        end, step = window.end_ns + 1, 60 * SECOND
        earliest = window.start_ns - LONGEST_TRACE_NS
        while end > earliest:
            start = max(end - step, earliest)
            for request in reversed(self.scenario.requests(namespace, start, end)):
                if self._end_ns(request) >= window.start_ns:
                    yield request
            end, step = start, min(2 * step, 600 * SECOND)

    def _overlapping(self, namespace: str, window: Window) -> Sequence[Request]:
        early = self.scenario.requests(namespace, window.start_ns - LONGEST_TRACE_NS, window.start_ns)
        running = [request for request in early if self._end_ns(request) >= window.start_ns]
        return [*running, *self.scenario.requests(namespace, window.start_ns, window.end_ns + 1)]

    def _end_ns(self, request: Request) -> int:
        return request.start_ns + self.templates.of(request).end_offset_ns


def spread_positions(count: int, number: int) -> Iterator[int]:
    """Every position below `count` once: steps of about the golden ratio, from a start that `number` chooses."""
    if count == 0:
        return
    stride = max(1, round(count * 0.6180339887498949))
    while _common_divisor(stride, count) != 1:
        stride += 1
    position = number * 7919 % count
    for _ in range(count):
        yield position
        position = (position + stride) % count


def _common_divisor(first: int, second: int) -> int:
    while second:
        first, second = second, first % second
    return first
