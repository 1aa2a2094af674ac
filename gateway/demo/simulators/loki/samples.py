"""Turns log lines into samples, minute by minute: a series is a set of labels with timestamps and, where needed, values."""

from __future__ import annotations

from array import array
from collections.abc import Callable, Iterable
from functools import lru_cache
from typing import TypeAlias

from gateway.demo.simulators.loki.conditions import Test, compile_condition
from gateway.demo.simulators.loki.go_values import parse_duration, parse_size, quote
from gateway.demo.simulators.loki.line_state import ERROR, LineState
from gateway.demo.simulators.loki.pipeline import compile_pipeline
from gateway.demo.simulators.loki.refusals import LokiRefusal
from gateway.demo.simulators.loki.shapes import Shapes
from gateway.demo.simulators.loki.store import MINUTE_NS, SECOND_NS, LogStore, Row
from gateway.demo.simulators.loki.syntax import Grouping, LogSelector, Unwrap

Key: TypeAlias = tuple[tuple[str, str], ...]
MAX_SERIES = 500
_MINUTES_KEPT = 20_000
_BYTES_OPS = ("bytes_over_time", "bytes_rate")


class Column:
    """The samples of one series, oldest first. Units: nanoseconds; `values` stays empty where lines are only counted."""

    __slots__ = ("timestamps", "values")

    def __init__(self) -> None:
        self.timestamps = array("q")
        self.values = array("d")

    def extend(self, other: Column) -> None:
        self.timestamps.extend(other.timestamps)
        self.values.extend(other.values)


Columns: TypeAlias = dict[Key, Column]


class Samples:
    """Reads samples out of the store. What a minute gave is kept per question, as long as the minute is over."""

    def __init__(self, store: LogStore) -> None:
        self.store = store
        self._question = lru_cache(maxsize=200)(self._ask)
        self._minutes = lru_cache(maxsize=_MINUTES_KEPT)(lambda question, minute: question.read(minute))

    def collect(
        self,
        selector: LogSelector,
        op: str,
        unwrap: Unwrap | None,
        grouping: Grouping | None,
        start_ns: int,
        end_ns: int,
    ) -> Columns:
        """Shape: whole minutes around [start, end), so that a caller has to look at the timestamps.

        Raises: LokiRefusal for more than 500 series, and for lines that a stage marked with an error.
        """
        measure = "bytes" if op in _BYTES_OPS else "value" if unwrap else "count"
        question = self._question(selector, measure, unwrap, grouping)
        start_ns, end_ns = self.store.clip(start_ns, end_ns)
        found: Columns = {}
        if start_ns >= end_ns or not question.streams:
            return found
        for minute in range(start_ns // MINUTE_NS - question.reach_minutes, (end_ns - 1) // MINUTE_NS + 1):
            for key, column in self._minutes(question, minute).items():
                found.setdefault(key, Column()).extend(column)
            if len(found) > MAX_SERIES:
                raise too_many_series()
        return question.in_order(found)

    def _ask(self, selector: LogSelector, measure: str, unwrap: Unwrap | None, grouping: Grouping | None) -> Question:
        return Question(self.store, selector, measure, unwrap, grouping)


class Question:
    """One way of reading samples, compiled. Counting by what a line's shape knows never looks at the lines."""

    def __init__(
        self, store: LogStore, selector: LogSelector, measure: str, unwrap: Unwrap | None, grouping: Grouping | None
    ) -> None:
        self.streams = frozenset(store.select(selector.matchers))
        self._store = store
        self._run = compile_pipeline(selector.stages)
        self._measure = _compile_measure(measure, unwrap)
        self._counts = measure == "count"
        self._key = compile_key(grouping, unwrap.label if unwrap else "")
        self._shapes: Shapes[Key] | None = None
        if self._counts:
            self._shapes = Shapes.of(store, self.streams, selector.stages, grouping, self._sample_key)
        self.reach_minutes = store.reach_minutes if self._shapes else 0

    def read(self, minute: int) -> Columns:
        columns: Columns = {}
        for key, timestamps in self._shapes.read(minute) if self._shapes else ():
            columns[key] = Column()
            columns[key].timestamps.extend(timestamps)
        for row in self._rows(minute):
            state = self._run(row)
            value = None if state is None else self._measure(state)
            if state is None or value is None:
                continue
            if state.failed:
                raise pipeline_error(state)
            column = columns.setdefault(self._key(state), Column())
            column.timestamps.append(row.timestamp_ns)
            if not self._counts:
                column.values.append(value)
        return columns

    def _rows(self, minute: int) -> Iterable[Row]:
        """The rows to look at one by one."""
        if self._shapes is None:
            return self._store.rows(self.streams, minute)
        found = (self._store.background(namespace, minute) for namespace in self._shapes.namespaces)
        return (row for rows in found for row in rows if row.stream in self.streams)

    def in_order(self, columns: Columns) -> Columns:
        """Requests that started in one minute may end in the next."""
        if self._shapes:
            for column in columns.values():
                column.timestamps = array("q", sorted(column.timestamps))
        return columns

    def _sample_key(self, row: Row) -> Key | None:
        state = self._run(row)
        if state is not None and state.failed:
            raise pipeline_error(state)
        return None if state is None else self._key(state)


def compile_key(grouping: Grouping | None, hidden: str) -> Callable[[LineState], Key]:
    """The labels of the series that a line belongs to; an unwrapped label is none of them."""
    if grouping is None or grouping.without:
        left_out = {hidden, *(grouping.labels if grouping else ())}
        return lambda state: tuple(sorted(pair for pair in state.labels().items() if pair[0] not in left_out))
    names = sorted(set(grouping.labels))

    def key(state: LineState) -> Key:
        return tuple((name, value) for name in names if (value := state.get(name)))

    return key


def _compile_measure(measure: str, unwrap: Unwrap | None) -> Callable[[LineState], float | None]:
    if measure == "count":
        return lambda _state: 1.0
    if unwrap is None:
        return lambda state: float(len(state.line.encode()))
    read = _reader(unwrap.conversion)
    tests: list[Test] = [compile_condition(stage.condition) for stage in unwrap.filters]

    def value(state: LineState) -> float | None:
        text = state.get(unwrap.label)
        if not text:
            return None
        number = 0.0
        try:
            number = read(text)
        except ValueError as error:
            state.fail("SampleExtractionErr", str(error))
        return number if all(test(state) for test in tests) else None

    return value


def _reader(conversion: str) -> Callable[[str], float]:
    if conversion == "bytes":
        return parse_size
    if conversion:
        return lambda text: parse_duration(text) / SECOND_NS

    def number(text: str) -> float:
        try:
            return float(text)
        except ValueError as error:
            raise ValueError(f"strconv.ParseFloat: parsing {quote(text)}: invalid syntax") from error

    return number


def pipeline_error(state: LineState) -> LokiRefusal:
    """The refusal of a metric query that met a marked line."""
    error = state.parsed[ERROR]
    labels = ", ".join(f"{name}={quote(value)}" for name, value in sorted(state.labels().items()))
    return LokiRefusal(
        f"pipeline error: '{error}' for series: '{{{labels}}}'.\n"
        f'Use a label filter to intentionally skip this error. (e.g | __error__!="{error}").\n'
        'To skip all potential errors you can match empty errors.(e.g __error__="")\n'
        'The label filter can also be specified after unwrap. (e.g | unwrap latency | __error__="" )\n'
    )


def too_many_series() -> LokiRefusal:
    """The refusal of a query with more than 500 series."""
    return LokiRefusal(
        f"maximum number of series ({MAX_SERIES}) reached for a single query; consider reducing query cardinality by "
        "adding more specific stream selectors, reducing the time range, or aggregating results with functions like "
        "sum(), count() or topk()"
    )
