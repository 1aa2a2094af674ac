"""The endpoint patterns: the shapes of logfmt lines and how often each was written."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from typing import Any

from starlette.responses import Response

from gateway.demo.simulators.loki.answers import success
from gateway.demo.simulators.loki.form import Parameters
from gateway.demo.simulators.loki.parameters import default_step, parse_bounds, parse_step
from gateway.demo.simulators.loki.parser import parse_matchers
from gateway.demo.simulators.loki.refusals import LokiRefusal
from gateway.demo.simulators.loki.shapes import Shapes
from gateway.demo.simulators.loki.store import MINUTE_NS, SECOND_NS, LogStore, Row, Stream

_SHORTEST_STEP_NS = 10 * SECOND_NS
_HOLE = re.compile(r"\{\w+\}")
_QUOTED_HOLES = re.compile(r"[^\s=\"]*<_>[^\s\"]*")
_MEASURES = re.compile(r"\b\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h)\b|(?<=in_use=)\d+")


class Patterns:
    """Derived from the templates; JSON lines yield none."""

    def __init__(self, store: LogStore) -> None:
        self._store = store
        self._shapes = Shapes(store, frozenset(store.streams), _pattern_of)

    def answer(self, parameters: Parameters) -> Response:
        """/loki/api/v1/patterns: the most frequent first; a pattern's samples have no gaps between its first and last."""
        streams = frozenset(self._store.select(parse_matchers(parameters.get("query", ""))))
        start, end = parse_bounds(parameters, self._store.now_ns())
        step = parse_step(parameters["step"]) if parameters.get("step") else default_step(start, end)
        if step <= 0:
            raise LokiRefusal("zero or negative query resolution step widths are not accepted. Try a positive integer")
        step = max(step, _SHORTEST_STEP_NS)
        counts: defaultdict[tuple[str, str], Counter[int]] = defaultdict(Counter)
        start, end = self._store.clip(start, end)
        if streams and start < end:
            for minute in range(start // MINUTE_NS - self._store.reach_minutes, (end - 1) // MINUTE_NS + 1):
                for (stream, pattern, level), timestamps in self._read(minute):
                    if stream in streams:
                        counts[pattern, level].update(at // step for at in timestamps if start <= at < end)
        found = [_described(key, buckets, step) for key, buckets in counts.items() if buckets]
        return success(sorted(found, key=lambda one: -sum(count for _, count in one["samples"])))

    def _read(self, minute: int) -> list[tuple[tuple[Stream, str, str], list[int]]]:
        found: list[tuple[tuple[Stream, str, str], list[int]]] = list(self._shapes.read(minute))
        for namespace in self._shapes.namespaces:
            for row in self._store.background(namespace, minute):
                key = _pattern_of(row)
                if key is not None:
                    found.append((key, [row.timestamp_ns]))
        return found


def _pattern_of(row: Row) -> tuple[Stream, str, str] | None:
    template = row.template()
    if template.lstrip().startswith("{"):
        return None
    text = _MEASURES.sub("<_>", _HOLE.sub("<_>", template))
    return row.stream, _QUOTED_HOLES.sub("<_>", text), row.value("detected_level")


def _described(key: tuple[str, str], buckets: Counter[int], step_ns: int) -> dict[str, Any]:
    first, last = min(buckets), max(buckets)
    samples = [[number * step_ns // SECOND_NS, buckets[number]] for number in range(first, last + 1)]
    return {"pattern": key[0], "level": key[1], "samples": samples}
