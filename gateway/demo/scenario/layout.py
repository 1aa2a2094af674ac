"""Gives the steps of one variant their times: a parent takes what its children take, and its own work on top."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random

from gateway.demo.scenario.steps import Step

_MS = 1_000_000
_QUEUE_DELAY_MS = 6.0


@dataclass(frozen=True)
class Placed:
    """Units: nanoseconds since the root's start."""

    step: Step
    parent: int | None
    offset_ns: int
    duration_ns: int


@dataclass(frozen=True)
class Pace:
    """How slow this variant is as a whole, and which services are slower still."""

    rng: Random
    load: float
    drag: Mapping[str, float]

    def own_ns(self, step: Step) -> int:
        spread = math.exp(0.3 * (sum(self.rng.random() for _ in range(4)) - 2) * math.sqrt(3))
        return int(step.own_ms * self.load * self.drag.get(step.service, 1.0) * spread * _MS)


def lay_out(root: Step, pace: Pace) -> list[Placed]:
    """Shape: parents before their children; the root first, at offset 0."""
    placed: list[Placed | None] = []
    _place(root, None, 0, pace, placed)
    return [item for item in placed if item is not None]


def _place(step: Step, parent: int | None, start: int, pace: Pace, placed: list[Placed | None]) -> int:
    """The step's end. Its place in the list is taken before its children's, and filled after."""
    position = len(placed)
    placed.append(None)
    own = pace.own_ns(step)
    cursor = latest = start + int(own * 0.45)
    for child in _awaited(step):
        end = _place(child, position, cursor, pace, placed)
        latest = max(latest, end)
        cursor = cursor if step.parallel else end
    end = latest + own - int(own * 0.45)
    placed[position] = Placed(step, parent, start, end - start)
    for child in step.children:
        if child.detached:
            _place(child, position, end + int(_QUEUE_DELAY_MS * (0.5 + pace.rng.random()) * _MS), pace, placed)
    return end


def _awaited(step: Step) -> Iterator[Step]:
    return (child for child in step.children if not child.detached)
