"""Counts lines by the variants of requests, where a question's answer is the same for every line of a template."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator
from typing import Generic, TypeVar

from gateway.demo.scenario.lines import VariantLog
from gateway.demo.simulators.loki.conditions import names_in
from gateway.demo.simulators.loki.store import LogStore, Row, Stream, varying_names
from gateway.demo.simulators.loki.syntax import Grouping, LabelFilter, Stage

KeyT = TypeVar("KeyT", bound=Hashable)


class _ShapeRow(Row):
    """Stands for all lines of one template; holds what they have in common."""

    __slots__ = ("_log",)

    def __init__(self, stream: Stream, log: VariantLog) -> None:
        super().__init__(0, stream)
        self._log = log

    def metadata(self) -> dict[str, str]:
        return self._log.metadata

    def template(self) -> str:
        return self._log.template


class Shapes(Generic[KeyT]):
    """Per variant, the offsets of the lines that count and the series they count for."""

    def __init__(self, store: LogStore, streams: frozenset[Stream], key_of: Callable[[Row], KeyT | None]) -> None:
        self._store = store
        self.namespaces = sorted({stream.namespace for stream in streams})
        self.keys: list[KeyT] = []
        self._offsets: dict[int, list[tuple[int, int]]] = {}
        numbers: dict[KeyT, int] = {}
        for namespace in self.namespaces:
            for variant in store.scenario.variants(namespace):
                rows = [
                    (log.offset_ns, _ShapeRow(store.stream_of(namespace, log.service), log)) for log in variant.logs
                ]
                keys = [(offset, key_of(row)) for offset, row in rows if row.stream in streams]
                self._offsets[id(variant)] = [
                    (offset, numbers.setdefault(key, len(numbers))) for offset, key in keys if key is not None
                ]
        self.keys = list(numbers)

    @classmethod
    def of(
        cls,
        store: LogStore,
        streams: frozenset[Stream],
        stages: tuple[Stage, ...],
        grouping: Grouping | None,
        key_of: Callable[[Row], KeyT | None],
    ) -> Shapes[KeyT] | None:
        """None where the answer depends on the line itself."""
        if grouping is None or grouping.without:
            return None
        names = set(grouping.labels)
        for stage in stages:
            if not isinstance(stage, LabelFilter):
                return None
            names |= names_in(stage.condition)
        for namespace in {stream.namespace for stream in streams}:
            for variant in store.scenario.variants(namespace):
                if any(not names.isdisjoint(varying_names(log)) for log in variant.logs):
                    return None
        return cls(store, streams, key_of)

    def read(self, minute: int) -> Iterator[tuple[KeyT, list[int]]]:
        """Shape: per series the timestamps of lines of requests that started in a minute, in no order."""
        timestamps: list[list[int]] = [[] for _ in self.keys]
        for namespace in self.namespaces:
            starts, variants = self._store.draw(namespace, minute)
            for start, variant in zip(starts, variants, strict=True):
                for offset, number in self._offsets[id(variant)]:
                    timestamps[number].append(start + offset)
        for key, found in zip(self.keys, timestamps, strict=True):
            if found:
                yield key, found
