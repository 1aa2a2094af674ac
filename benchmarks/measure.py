"""Windows of load on one server at a time, taken in turns, so that what disturbs the machine disturbs all alike."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from itertools import count
from statistics import median

from . import windows
from .load import Window, load, request_bytes
from .processes import Child
from .servers import STOCK, Servers
from .works import OVERVIEW, Work

CLIENTS = 32
WARM_UP = 12
TOLERATED = 0.02
"""The share of requests that may fail before a window is worth nothing."""
SLOW_CLIENTS = {STOCK: 4}
"""A server that takes a second an answer is not asked by 32 at once: its CPU per request is the same."""


@dataclass
class Figures:
    """One server on one question: a value per round."""

    p50_ms: list[float] = field(default_factory=list)
    p99_ms: list[float] = field(default_factory=list)
    throughput: list[float] = field(default_factory=list)
    cpu_ms: list[float] = field(default_factory=list)
    busy: list[float] = field(default_factory=list)
    """The share of its core that a loaded server took: below 1 it waited for its clients or the upstream."""

    def take(self, child: Child, servers: Servers, work: Work, *, seconds: float) -> None:
        """One round: a client alone, then many."""
        alone = _window(child, servers, work, clients=1, seconds=seconds)
        self.p50_ms.append(alone[0].quantile_ms(0.5))
        self.p99_ms.append(alone[0].quantile_ms(0.99))
        many, cpu_s = _window(child, servers, work, clients=_clients(child, work), seconds=seconds)
        self.throughput.append(many.throughput)
        self.cpu_ms.append(cpu_s * 1000 / len(many.latencies_s))
        self.busy.append(cpu_s / many.took_s)


Results = dict[str, dict[str, Figures]]
"""By work, then by server."""


def measure(servers: Servers, works: Iterable[Work], names: Iterable[str], *, rounds: int, seconds: float) -> Results:
    """All servers on all questions, the servers in turns."""
    results: Results = defaultdict(lambda: defaultdict(Figures))
    for work in works:
        for name in names:
            _warm_up(servers.children[name], servers, work)
        for _ in range(rounds):
            for name in names:
                results[work.name][name].take(servers.children[name], servers, work, seconds=seconds)
    return results


def overhead_ms(
    servers: Servers, work: Work, names: Iterable[str], *, delay_ms: float, seconds: float
) -> dict[str, float]:
    """The median time that an answer takes beyond the upstream's delay, one client alone."""
    servers.delay_upstream(delay_ms)
    try:
        found = {}
        for name in names:
            child = servers.children[name]
            window, _ = _window(child, servers, work, clients=1, seconds=seconds, at_least=5)
            found[name] = window.quantile_ms(0.5) - delay_ms
        return found
    finally:
        servers.delay_upstream(0)


def upstream_requests(servers: Servers, name: str, work: Work, *, clients: int = 1) -> int:
    """What reaches the upstream when so many clients ask the same at once."""
    child = servers.children[name]
    raw = request_bytes(child.port, servers.token_for(work), work.body(0))
    servers.delay_upstream(50)
    servers.count_upstream()
    load(child.port, lambda: raw, clients=clients, seconds=0, at_least=clients)
    servers.delay_upstream(0)
    return servers.count_upstream()


def ratios(results: Results, ours: str) -> dict[str, dict[str, dict[str, float]]]:
    """Shape: {work: {peer: {throughput, cpu, p50}}}, the median of the rounds; above 1 is better than the peer."""
    told: dict[str, dict[str, dict[str, float]]] = {}
    for work, found in results.items():
        own = found[ours]
        told[work] = {
            peer: {
                "throughput": _ratio(own.throughput, other.throughput),
                "cpu": _ratio(other.cpu_ms, own.cpu_ms),
                "p50": _ratio(other.p50_ms, own.p50_ms),
            }
            for peer, other in found.items()
            if peer != ours
        }
    return told


_numbers = count()


def _window(
    child: Child, servers: Servers, work: Work, *, clients: int, seconds: float, at_least: int = 1
) -> tuple[Window, float]:
    """(what the clients saw, the seconds of CPU that it took)."""
    token = servers.token_for(work)
    bodies = [request_bytes(child.port, token, work.body(number)) for number in range(windows.COUNT)]
    before = child.cpu_s()
    window = load(
        child.port,
        lambda: bodies[next(_numbers) % windows.COUNT],
        clients=clients,
        seconds=seconds,
        at_least=max(clients, at_least),
    )
    if window.faults:
        failed = (
            f"{child.name} failed {len(window.faults)} of {len(window.latencies_s)} on {work.name}: {window.faults[0]}"
        )
        if len(window.faults) > TOLERATED * len(window.latencies_s):
            raise RuntimeError(failed)
        print(failed, file=sys.stderr)
    time.sleep(0.02)  # what is left to do after the last answer is part of its price
    return window, child.cpu_s() - before


def _warm_up(child: Child, servers: Servers, work: Work) -> None:
    """Until a just-in-time compiler has seen enough."""
    few = child.name in SLOW_CLIENTS or work is OVERVIEW
    _window(child, servers, work, clients=1, seconds=0.1 if few else 1.0, at_least=1 if few else WARM_UP)


def _clients(child: Child, work: Work) -> int:
    return SLOW_CLIENTS.get(child.name, 8 if work is OVERVIEW else CLIENTS)


def _ratio(over: list[float], under: list[float]) -> float:
    return round(median(one / other for one, other in zip(over, under, strict=True)), 2)
