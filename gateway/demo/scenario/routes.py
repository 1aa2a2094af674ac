"""A route of a namespace: how often it is asked, what it does, and how often it goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from gateway.demo.scenario.steps import Step


@dataclass(frozen=True)
class Shape:
    """Which variant is being built: its own chance, and what goes wrong in it ("" if nothing)."""

    rng: Random
    fault: str = ""

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def upto(self, count: int) -> int:
        return int(self.rng.random() * count)


@dataclass(frozen=True)
class Route:
    """Units: `weight` in percent of the namespace's requests; faults and rejections in shares of the route's (0 to 1)."""

    name: str
    weight: float
    build: Callable[[Shape], Step]
    faults: Mapping[str, float] = field(default_factory=dict)
    rejections: Mapping[str, float] = field(default_factory=dict)
    outage_faults: Mapping[str, float] = field(default_factory=dict)
    outage_drag: Mapping[str, float] = field(default_factory=dict)
    """How many times slower a service is in an outage."""
