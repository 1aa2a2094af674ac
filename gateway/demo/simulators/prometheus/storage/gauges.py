"""Runtime metrics: smooth functions of time with a little noise, and with the marks that outages leave."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from typing import NamedTuple

from gateway.demo.scenario import Outage, Scenario
from gateway.demo.scenario.hashing import keyed, unit
from gateway.demo.scenario.topology import ServiceSpec
from gateway.demo.simulators.prometheus.storage.hours import DEPLOY_HOURS

ReadAt = Callable[[int], float]
"""A value at a time in seconds since 1970."""

_DEPLOY_S = DEPLOY_HOURS * 3600
_TOPICS = {("shop", "inventory"): "orders", ("bank", "notifications"): "transfers"}
_WITHOUT_DATABASE = frozenset({("shop", "frontend"), ("shop", "cart"), ("bank", "gateway")})
_WITHOUT_CACHE = frozenset(
    {("shop", "payment"), ("shop", "inventory"), ("bank", "ledger"), ("bank", "payments"), ("bank", "notifications")}
)


class Gauge(NamedTuple):
    labels: dict[str, str]
    read: ReadAt


def gauges_of(scenario: Scenario, spec: ServiceSpec) -> Iterator[Gauge]:
    """All series of a service but its histograms."""
    target, noise = spec.target(), _Noise(scenario.seed, spec)
    place, key = len(spec.name), (spec.namespace, spec.name)

    def named(name: str, **labels: str) -> dict[str, str]:
        return {"__name__": name, **target, **labels}

    yield Gauge(named("up"), lambda at: 1.0)
    yield Gauge(named("scrape_duration_seconds"), lambda at: round(0.002 + 0.004 * noise(at, 1), 6))
    yield Gauge(named("target_info", service_instance_id=spec.instance, service_version=spec.version), lambda at: 1.0)
    yield Gauge(named("process_start_time_seconds"), lambda at: float(_deployed(at)))
    yield Gauge(named("process_cpu_seconds_total"), lambda at: _cpu(at - _deployed(at), 0.03 + 0.01 * place))
    yield Gauge(named("process_resident_memory_bytes"), lambda at: _memory(at, place, noise(at, 2)))
    yield Gauge(named("process_open_fds"), lambda at: float(18 + 2 * place + int(9 * noise(at, 3))))
    if key not in _WITHOUT_DATABASE:
        used = _connections(scenario, spec, noise)
        yield Gauge(named("db_client_connections_usage", pool_name="main", state="used"), used)
        yield Gauge(named("db_client_connections_usage", pool_name="main", state="idle"), lambda at: 10.0 - used(at))
    if key not in _WITHOUT_CACHE:
        yield Gauge(
            named("cache_hit_ratio"),
            lambda at: round(0.78 + 0.12 * math.sin(at / 2400 + place) + 0.06 * noise(at, 5), 4),
        )
    if key in _TOPICS:
        for partition in range(3):
            lag = _lag(scenario, spec, noise, partition)
            yield Gauge(named("messaging_queue_lag", topic=_TOPICS[key], partition=str(partition)), lag)


class _Noise:
    """A number in [0, 1) for a time and a purpose."""

    def __init__(self, seed: int, spec: ServiceSpec) -> None:
        self._key = keyed(seed, spec.instance, "gauges")

    def __call__(self, at: int, purpose: int) -> float:
        return unit(keyed(self._key, at, purpose))


def _deployed(at: int) -> int:
    return (at - 1) // _DEPLOY_S * _DEPLOY_S


def _cpu(seconds: int, load: float) -> float:
    """Rises by `load` a second, a half more and less in a wave of 40 minutes."""
    wave = 2 * math.pi / 2400
    return round(load * seconds + load * 0.5 * (1 - math.cos(wave * seconds)) / wave, 6)


def _memory(at: int, place: int, noise: float) -> float:
    """Climbs for 20 minutes and falls when garbage is collected."""
    return float(90_000_000 + 6_000_000 * place + (at + 137 * place) % 1200 * 16_667 + int(noise * 400_000))


def _connections(scenario: Scenario, spec: ServiceSpec, noise: _Noise) -> ReadAt:
    def used(at: int) -> float:
        if any(outage.service == spec.name for outage in _outages(scenario, spec, at)):
            return 9.0 + int(2 * noise(at, 4))
        return 1.0 + int(4 * noise(at, 4))

    return used


def _lag(scenario: Scenario, spec: ServiceSpec, noise: _Noise, partition: int) -> ReadAt:
    def lag(at: int) -> float:
        waiting = 40 if _outages(scenario, spec, at) else 3
        return float(int(waiting * noise(at, 6 + partition)))

    return lag


def _outages(scenario: Scenario, spec: ServiceSpec, at: int) -> list[Outage]:
    return scenario.outages(spec.namespace, at * 1_000_000_000, at * 1_000_000_000 + 1)
