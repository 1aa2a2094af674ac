"""Answers log queries: the newest or oldest lines up to one limit, grouped into streams."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from random import Random
from typing import Any

from gateway.demo.simulators.loki.line_state import LineState
from gateway.demo.simulators.loki.pipeline import compile_pipeline
from gateway.demo.simulators.loki.store import LogStore
from gateway.demo.simulators.loki.syntax import LogSelector


@dataclass(frozen=True, slots=True)
class LogWindow:
    """Units: nanoseconds, end exclusive. `interval_ns` thins the lines that the limit let through."""

    start_ns: int
    end_ns: int
    limit: int = 100
    backward: bool = True
    interval_ns: int = 0


def select_lines(store: LogStore, selector: LogSelector, window: LogWindow) -> list[LineState]:
    """Shape: in the direction of the window, at most `limit` over all streams; equal instants keep their order."""
    lines = list(islice(_matching(store, selector, window), window.limit))
    return _thin(lines, window.interval_ns) if window.interval_ns else lines


def _matching(store: LogStore, selector: LogSelector, window: LogWindow) -> Iterator[LineState]:
    run = compile_pipeline(selector.stages)
    for row in store.walk(store.select(selector.matchers), window.start_ns, window.end_ns, backward=window.backward):
        state = run(row)
        if state is not None:
            yield state


def _thin(lines: list[LineState], interval_ns: int) -> list[LineState]:
    kept: list[LineState] = []
    for state in lines:
        if not kept or abs(state.row.timestamp_ns - kept[-1].row.timestamp_ns) >= interval_ns:
            kept.append(state)
    return kept


def streams_result(lines: Sequence[LineState], *, categorize: bool) -> list[dict[str, Any]]:
    """Shape: streams in no order, as the real server gives them; entries in the order of `lines` inside each."""
    streams: dict[tuple[tuple[str, str], ...], dict[str, Any]] = {}
    for state in lines:
        labels = state.stream_labels() if categorize else state.labels()
        key = tuple(sorted(labels.items()))
        stream = streams.setdefault(key, {"stream": dict(key), "values": []})
        stream["values"].append(entry(state, categorize=categorize))
    result = list(streams.values())
    Random(len(lines)).shuffle(result)
    return result


def entry(state: LineState, *, categorize: bool) -> list[Any]:
    """`[ns, line]`, with the labels that are not the stream's as a third part where they are asked for apart."""
    plain: list[Any] = [str(state.row.timestamp_ns), state.line]
    if not categorize:
        return plain
    apart: dict[str, dict[str, str]] = {}
    if metadata := state.metadata():
        apart["structuredMetadata"] = metadata
    if parsed := {name: value for name, value in state.parsed.items() if value}:
        apart["parsed"] = parsed
    return [*plain, apart]
