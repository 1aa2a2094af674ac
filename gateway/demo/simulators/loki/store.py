"""The scenario's log lines as Loki keeps them: streams, and rows that are materialised only when somebody looks."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from threading import Lock

from gateway.demo.scenario.lines import VariantLog
from gateway.demo.scenario.requests import Request
from gateway.demo.scenario.scenario import Scenario
from gateway.demo.scenario.signals import LogData
from gateway.demo.scenario.variants import Variant
from gateway.demo.simulators.loki.needles import Needle
from gateway.demo.simulators.loki.regexes import compile_regex
from gateway.demo.simulators.loki.syntax import Matcher

SECOND_NS = 10**9
MINUTE_NS = 60 * SECOND_NS
RETENTION_NS = 25 * 3600 * SECOND_NS
TENANT_LABEL = "__tenant_id__"
_CHUNKS_KEPT = 250
_DRAWS_KEPT = 4000


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """One set of index labels. `number` orders streams that have lines at the same instant."""

    number: int
    namespace: str
    service: str
    labels: dict[str, str]


class Row:
    """One line. `value` answers for one label of the structured metadata, "" where it is missing."""

    __slots__ = ("stream", "timestamp_ns")

    def __init__(self, timestamp_ns: int, stream: Stream) -> None:
        self.timestamp_ns = timestamp_ns
        self.stream = stream

    def line(self) -> str:
        raise NotImplementedError

    def contains(self, needle: Needle) -> bool:
        """Whether the text stands in the line."""
        return needle.text in self.line()

    def template(self) -> str:
        """The line, with braces for what differs from request to request where that is known."""
        return self.line()

    def forget(self) -> None:
        """Lets go of what was worked out for this row and can be worked out again."""

    def metadata(self) -> dict[str, str]:
        """Shared with others: not to be changed."""
        raise NotImplementedError

    def value(self, name: str) -> str:
        return self.metadata().get(name, "")


class RequestRow(Row):
    """A line of a request; everything but its time waits in the variant's template."""

    __slots__ = ("_log", "_position", "_request")

    def __init__(self, timestamp_ns: int, stream: Stream, request: Request, position: int, log: VariantLog) -> None:
        self.timestamp_ns = timestamp_ns
        self.stream = stream
        self._request = request
        self._position = position
        self._log = log

    def line(self) -> str:
        return self._log.template.format_map(self._request.facts)

    def contains(self, needle: Needle) -> bool:
        verdict = needle.verdict(self._log)
        return needle.text in self.line() if verdict is None else verdict

    def forget(self) -> None:
        vars(self._request).pop("facts", None)

    def metadata(self) -> dict[str, str]:
        return self._request.log(self._position).metadata

    def value(self, name: str) -> str:
        fixed = self._log.metadata.get(name)
        if fixed is not None:
            return fixed
        if name == "trace_id":
            return self._request.trace_id
        if name not in varying_names(self._log):
            return ""
        return self.metadata()[name]


class PlainRow(Row):
    """A line that belongs to no request."""

    __slots__ = ("_data",)

    def __init__(self, stream: Stream, data: LogData) -> None:
        self.timestamp_ns = data.timestamp_ns
        self.stream = stream
        self._data = data

    def line(self) -> str:
        return self._data.line

    def metadata(self) -> dict[str, str]:
        return self._data.metadata


def varying_names(log: VariantLog) -> tuple[str, ...]:
    """The names of its metadata that differ from request to request."""
    return ("trace_id", "span_id", "observed_timestamp", *(name for name, _ in log.varying))


class LogStore:
    """Everything between `retention_start_ns()` and now; what the scenario knows of the future is not there yet."""

    def __init__(self, scenario: Scenario, clock: Callable[[], int], tenants: Sequence[str] | None = None) -> None:
        """`tenants` are the namespaces to be seen, all of them by default; several tell themselves apart by a label."""
        self.scenario = scenario
        self.now_ns = clock
        self.streams = tuple(_streams(scenario, tenants))
        self._by_service = {(stream.namespace, stream.service): stream for stream in self.streams}
        self._chunks = _Chunks(self._cut_chunk)
        self._background = lru_cache(maxsize=_DRAWS_KEPT)(self._read_background)
        self.draw = lru_cache(maxsize=_DRAWS_KEPT)(scenario.draw)
        longest = max((log.offset_ns for variant in self._variants() for log in variant.logs), default=0)
        self.reach_minutes = -(-longest // MINUTE_NS)

    def _variants(self) -> Iterator[Variant]:
        for namespace in self.scenario.namespaces:
            yield from self.scenario.variants(namespace)

    def retention_start_ns(self) -> int:
        """Older lines are gone."""
        return self.now_ns() - RETENTION_NS

    def clip(self, start_ns: int, end_ns: int) -> tuple[int, int]:
        """The part of [start, end) that can hold lines; empty ones have start >= end."""
        return max(start_ns, self.retention_start_ns()), min(end_ns, self.now_ns() + 1)

    def stream_of(self, namespace: str, service: str) -> Stream:
        return self._by_service[namespace, service]

    def select(self, matchers: Iterable[Matcher]) -> list[Stream]:
        """The streams whose labels satisfy all matchers; a missing label counts as empty."""
        tests = [(matcher.name, matches(matcher)) for matcher in matchers]
        return [stream for stream in self.streams if all(test(stream.labels.get(name, "")) for name, test in tests)]

    def walk(self, streams: Sequence[Stream], start_ns: int, end_ns: int, *, backward: bool) -> Iterator[Row]:
        """Shape: rows with a timestamp in [start, end), by time; those of one instant in order of arrival, or reversed."""
        start_ns, end_ns = self.clip(start_ns, end_ns)
        wanted = frozenset(streams)
        if start_ns >= end_ns or not wanted:
            return
        minutes: Sequence[int] = range(start_ns // MINUTE_NS, (end_ns - 1) // MINUTE_NS + 1)
        for minute in reversed(minutes) if backward else minutes:
            rows = self.rows(wanted, minute)
            for row in reversed(rows) if backward else rows:
                if start_ns <= row.timestamp_ns < end_ns:
                    yield row

    def rows(self, streams: frozenset[Stream], minute: int) -> list[Row]:
        """The rows of these streams with a timestamp in one minute since 1970, oldest first."""
        namespaces = sorted({stream.namespace for stream in streams})
        found = [
            row for namespace in namespaces for row in self._chunks.get(namespace, minute) if row.stream in streams
        ]
        if len(namespaces) > 1:
            found.sort(key=_order)
        return found

    def background(self, namespace: str, minute: int) -> tuple[PlainRow, ...]:
        """The lines of one minute that belong to no request."""
        return self._background(namespace, minute)

    def _read_background(self, namespace: str, minute: int) -> tuple[PlainRow, ...]:
        found = self.scenario.background_logs(namespace, minute * MINUTE_NS, (minute + 1) * MINUTE_NS)
        return tuple(PlainRow(self.stream_of(namespace, data.service), data) for data in found)

    def _cut_chunk(self, namespace: str, minute: int) -> tuple[Row, ...]:
        start_ns, end_ns = minute * MINUTE_NS, (minute + 1) * MINUTE_NS
        rows: list[Row] = [*self.background(namespace, minute)]
        by_service = {stream.service: stream for stream in self.streams if stream.namespace == namespace}
        for request in self.scenario.requests(namespace, start_ns - self.reach_minutes * MINUTE_NS, end_ns):
            begin = request.start_ns
            for position, log in enumerate(request.variant.logs):
                at = begin + log.offset_ns
                if start_ns <= at < end_ns:
                    rows.append(RequestRow(at, by_service[log.service], request, position, log))
        rows.sort(key=_order)
        return tuple(rows)


class _Chunks:
    """The rows of the minutes looked at last; what falls out gives back the facts of its requests."""

    def __init__(self, cut: Callable[[str, int], tuple[Row, ...]]) -> None:
        self._cut = cut
        self._kept: OrderedDict[tuple[str, int], tuple[Row, ...]] = OrderedDict()
        self._lock = Lock()

    def get(self, namespace: str, minute: int) -> tuple[Row, ...]:
        with self._lock:
            rows = self._kept.get((namespace, minute))
            if rows is None:
                rows = self._kept[namespace, minute] = self._cut(namespace, minute)
            self._kept.move_to_end((namespace, minute))
            while len(self._kept) > _CHUNKS_KEPT:
                for row in self._kept.popitem(last=False)[1]:
                    row.forget()
            return rows


def _order(row: Row) -> tuple[int, int]:
    return row.timestamp_ns, row.stream.number


def _streams(scenario: Scenario, tenants: Sequence[str] | None) -> Iterator[Stream]:
    number = 0
    for namespace in scenario.namespaces:
        if tenants is not None and namespace not in tenants:
            continue
        told_apart = {TENANT_LABEL: namespace} if tenants is not None and len(tenants) > 1 else {}
        for spec in scenario.specs(namespace):
            yield Stream(number, namespace, spec.name, {**told_apart, **spec.stream()})
            number += 1


def matches(matcher: Matcher) -> Callable[[str], bool]:
    """A test for a label's value; regular expressions have to match all of it."""
    value = matcher.value
    if matcher.op == "=":
        return lambda text: text == value
    if matcher.op == "!=":
        return lambda text: text != value
    fullmatch = compile_regex(value).fullmatch
    if matcher.op == "=~":
        return lambda text: fullmatch(text) is not None
    return lambda text: fullmatch(text) is None
