"""When which part of a namespace fails: a cycle per namespace, with its start and length varied by the seed."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.demo.scenario.hashing import keyed, unit
from gateway.demo.scenario.signals import Outage

SECOND = 1_000_000_000


@dataclass(frozen=True)
class OutageCycle:
    """Units: seconds."""

    every_s: int
    first_s: int
    spread_s: int
    shortest_s: int
    longest_s: int
    service: str
    reason: str
    routes: tuple[str, ...]


CYCLES: dict[str, OutageCycle] = {
    "shop": OutageCycle(100, 25, 25, 33, 37, "payment", "the card processor does not answer", ("POST /checkout",)),
    "bank": OutageCycle(
        900,
        300,
        400,
        60,
        60,
        "ledger",
        "a long transaction holds the balances",
        ("POST /transfers", "GET /accounts/{id}"),
    ),
}


def outages_between(seed: int, namespace: str, start_ns: int, end_ns: int) -> list[Outage]:
    """Those that overlap [start, end), in order."""
    cycle = CYCLES[namespace]
    length = cycle.every_s * SECOND
    found = (_outage(seed, namespace, cycle, number) for number in range(start_ns // length, -(-end_ns // length)))
    return [outage for outage in found if outage.start_ns < end_ns and outage.end_ns > start_ns]


def _outage(seed: int, namespace: str, cycle: OutageCycle, number: int) -> Outage:
    word = keyed(seed, namespace, "outage", number)
    start = number * cycle.every_s * SECOND + int((cycle.first_s + unit(word) * cycle.spread_s) * SECOND)
    lasts = cycle.shortest_s + unit(keyed(word)) * (cycle.longest_s - cycle.shortest_s)
    return Outage(namespace, start, start + int(lasts * SECOND), cycle.service, cycle.reason, cycle.routes)
