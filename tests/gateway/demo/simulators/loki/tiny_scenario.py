"""A scenario of a few lines, each of which a test has written itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from gateway.demo.scenario.scenario import Scenario
from gateway.demo.scenario.signals import LogData
from gateway.demo.simulators.loki.line_state import LineState
from gateway.demo.simulators.loki.log_queries import LogWindow, select_lines
from gateway.demo.simulators.loki.parser import parse_log_selector
from gateway.demo.simulators.loki.samples import Samples
from gateway.demo.simulators.loki.store import LogStore

NOW_NS = 1_795_335_000 * 10**9


@dataclass(frozen=True)
class _Spec:
    name: str

    def stream(self) -> dict[str, str]:
        return {"service_name": self.name, "service_namespace": "shop"}


class TinyScenario:
    namespaces = ("shop",)

    def __init__(self, lines: list[LogData]) -> None:
        self._lines = lines

    def specs(self, _namespace: str) -> tuple[_Spec, ...]:
        return _Spec("cart"), _Spec("payment")

    def variants(self, _namespace: str) -> tuple[Any, ...]:
        return ()

    def requests(self, _namespace: str, _start_ns: int, _end_ns: int) -> tuple[Any, ...]:
        return ()

    def draw(self, _namespace: str, _minute: int) -> tuple[list[int], list[Any]]:
        return [], []

    def background_logs(self, _namespace: str, start_ns: int, end_ns: int) -> list[LogData]:
        found = [line for line in self._lines if start_ns <= line.timestamp_ns < end_ns]
        return sorted(found, key=lambda line: line.timestamp_ns)


def line(text: str, at_ns: int = -1, service: str = "cart", **metadata: str) -> LogData:
    """`at_ns` counts from now."""
    return LogData("shop", service, _Spec(service).stream(), NOW_NS + at_ns, "info", text, metadata)


def store_of(*lines: LogData) -> LogStore:
    return LogStore(cast(Scenario, TinyScenario(list(lines))), lambda: NOW_NS)


def samples_of(*lines: LogData) -> Samples:
    return Samples(store_of(*lines))


def select(store: LogStore, query: str, **window: Any) -> list[LineState]:
    """The last hour's lines, newest first unless told otherwise."""
    bounds: dict[str, Any] = {"start_ns": NOW_NS - 3600 * 10**9, "end_ns": NOW_NS + 1} | window
    return select_lines(store, parse_log_selector(query), LogWindow(**bounds))
