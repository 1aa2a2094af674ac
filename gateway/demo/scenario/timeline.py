"""Which variants are asked when: one generator per namespace and minute, so that any minute is drawn alone."""

from __future__ import annotations

import math
from bisect import bisect
from collections.abc import Sequence
from itertools import accumulate
from random import Random

from gateway.demo.scenario.hashing import keyed
from gateway.demo.scenario.outages import SECOND, outages_between
from gateway.demo.scenario.variants import Variant

MINUTE = 60 * SECOND
_PER_MINUTE = 60.0
_DAILY_WAVE = 0.3
_MINUTES_PER_DAY = 1440


class Timeline:
    """The draw of one namespace."""

    def __init__(self, seed: int, namespace: str, variants: Sequence[Variant]) -> None:
        self._seed = seed
        self._namespace = namespace
        self._variants = variants
        self._last = len(variants) - 1
        self._normal = list(accumulate(variant.weight for variant in variants))
        self._outage = list(accumulate(variant.outage_weight for variant in variants))

    def draw(self, minute: int) -> tuple[list[int], list[Variant]]:
        """Shape: start times in nanoseconds, ascending, and as many variants. `minute` counts from 1970."""
        rng = Random(keyed(self._seed, self._namespace, minute))
        random = rng.random
        count = self._count(minute, rng)
        begin = minute * MINUTE
        starts = sorted([begin + int(random() * MINUTE) for _ in range(count)])
        outages = outages_between(self._seed, self._namespace, begin, begin + MINUTE)
        variants, last, normal = self._variants, self._last, self._normal
        total = normal[-1]
        if not outages:
            return starts, [variants[bisect(normal, random() * total, 0, last)] for _ in starts]
        chosen = []
        for start in starts:
            failing = any(outage.start_ns <= start < outage.end_ns for outage in outages)
            weights = self._outage if failing else normal
            chosen.append(variants[bisect(weights, random() * weights[-1], 0, last)])
        return starts, chosen

    def _count(self, minute: int, rng: Random) -> int:
        """About a request a second; most of them at 15:00 UTC, fewest at 3:00."""
        phase = (minute % _MINUTES_PER_DAY) / _MINUTES_PER_DAY - 9 / 24
        expected = _PER_MINUTE * (1 + _DAILY_WAVE * math.sin(2 * math.pi * phase))
        noise = sum(rng.random() for _ in range(3)) - 1.5
        return max(1, round(expected + math.sqrt(expected) * 2 * noise))
