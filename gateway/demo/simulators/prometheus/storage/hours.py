"""Counts a family's observations by scrape, an hour at a time, and adds them up to counters."""

from __future__ import annotations

from array import array
from collections import Counter
from collections.abc import Iterable, Iterator
from functools import lru_cache
from itertools import accumulate

from gateway.demo.scenario import Scenario
from gateway.demo.scenario.variants import Variant
from gateway.demo.simulators.prometheus.storage.families import FamilyIndex, Observation

SCRAPE_NS = 15_000_000_000
SCRAPE_MS = 15_000
SLOTS = 240
HOUR_NS = SLOTS * SCRAPE_NS
DEPLOY_HOURS = 6
"""Processes start again, and counters with them, at 0, 6, 12 and 18 o'clock UTC: just behind that scrape."""
NOTHING = array("i", bytes(4 * SLOTS))
_HOURS_KEPT = 96
_MINUTES_KEPT = 4000


class Draws:
    """A namespace's requests as bare start times and variants, remembered for all families."""

    def __init__(self, scenario: Scenario, namespace: str) -> None:
        self._scenario = scenario
        self._namespace = namespace
        self.minute = lru_cache(maxsize=_MINUTES_KEPT)(self._minute)
        self.started = lru_cache(maxsize=_HOURS_KEPT)(self._started)

    def _minute(self, minute: int) -> tuple[list[int], list[Variant]]:
        return self._scenario.draw(self._namespace, minute)

    def _started(self, hour: int) -> Counter[int]:
        """How often each variant (by identity) started in an hour since 1970."""
        counts: Counter[int] = Counter()
        for minute in range(hour * 60, hour * 60 + 60):
            counts.update(map(id, self.minute(minute)[1]))
        return counts


class Totals:
    """Counts by key and bucket, each observation in its own bucket only; and sums, exact in nanoseconds."""

    def __init__(self, keys: int, buckets: int) -> None:
        self.counts = [[0] * buckets for _ in range(keys)]
        self.sums = [0] * keys

    def copy(self) -> Totals:
        copied = Totals(0, 0)
        copied.counts, copied.sums = [list(counts) for counts in self.counts], list(self.sums)
        return copied


class HourCounts:
    """What an hour's scrapes found new: one number per scrape for each key and bucket, and for each sum."""

    def __init__(self, keys: int, buckets: int) -> None:
        self._buckets = buckets
        self.single: list[dict[int, list[int]]] = [{} for _ in range(keys)]
        self.sums = [[0] * SLOTS for _ in range(keys)]
        self._cumulative: dict[int, list[array[int]]] = {}

    def cumulative(self, key: int) -> list[array[int]]:
        """For each bucket what it and those below it found; NOTHING itself where that is nothing."""
        found = self._cumulative.get(key)
        if found is None:
            found, running = [], NOTHING
            for bucket in range(self._buckets):
                if bucket in self.single[key]:
                    running = array("i", map(int.__add__, running, self.single[key][bucket]))
                found.append(running)
            self._cumulative[key] = found
        return found


class FamilyCounters:
    """The counters of one family in one namespace. A scrape is numbered by its time over 15 s."""

    def __init__(self, draws: Draws, index: FamilyIndex) -> None:
        self._draws = draws
        self.index = index
        self._buckets = len(index.family.bounds) + 1
        self.hour = lru_cache(maxsize=_HOURS_KEPT)(self._hour)
        self.base = lru_cache(maxsize=_HOURS_KEPT)(self._base)

    def counts(self, key: int, bucket: int, first: int, last: int) -> list[float]:
        """A bucket's counter at the scrapes first to last; the last bucket is the count."""
        values: list[float] = []
        for hour in range((first - 1) // SLOTS, (last - 1) // SLOTS + 1):
            low, high = max(first - hour * SLOTS, 1), min(last - hour * SLOTS, SLOTS)
            start = float(sum(self.base(hour).counts[key][: bucket + 1]))
            found = self.hour(hour).cumulative(key)[bucket]
            if found is NOTHING:
                values += [start] * (high - low + 1)
            else:
                values += list(accumulate(found[:high], initial=start))[low:]
        return values

    def sums(self, key: int, first: int, last: int) -> list[float]:
        """Units: seconds."""
        values: list[float] = []
        for hour in range((first - 1) // SLOTS, (last - 1) // SLOTS + 1):
            low, high = max(first - hour * SLOTS, 1), min(last - hour * SLOTS, SLOTS)
            climbing = list(accumulate(self.hour(hour).sums[key][:high], initial=self.base(hour).sums[key]))
            values += [nanoseconds / 1e9 for nanoseconds in climbing[low:]]
        return values

    def _hour(self, hour: int) -> HourCounts:
        found = HourCounts(len(self.index.keys), self._buckets)
        observations, begins = self.index.observations, hour * HOUR_NS
        single, sums = found.single, found.sums
        for minute in range(hour * 60 - 1, hour * 60 + 60):
            starts, variants = self._draws.minute(minute)
            for start, variant in zip(starts, variants, strict=True):
                since = start - begins - 1
                for end, key, bucket, duration, _ in observations[id(variant)]:
                    slot = (since + end) // SCRAPE_NS
                    if 0 <= slot < SLOTS:
                        counts = single[key]
                        if bucket not in counts:
                            counts[bucket] = [0] * SLOTS
                        counts[bucket][slot] += 1
                        sums[key][slot] += duration
        return found

    def _base(self, hour: int) -> Totals:
        """What had been counted since the last deploy when the hour began."""
        if hour % DEPLOY_HOURS == 0:
            return Totals(len(self.index.keys), self._buckets)
        totals = self.base(hour - 1).copy()
        for variant, times in self._draws.started(hour - 1).items():
            _add(totals, self.index.observations[variant], times)
        _add(totals, self._carried_over(hour - 1), 1)
        _add(totals, self._carried_over(hour), -1)
        return totals

    def _carried_over(self, hour: int) -> Iterator[Observation]:
        """What requests of the minute before the hour add in it: an observation counts when its span ends."""
        starts, variants = self._draws.minute(hour * 60 - 1)
        for start, variant in zip(starts, variants, strict=True):
            for observation in self.index.observations[id(variant)]:
                if start + observation.end_offset_ns > hour * HOUR_NS:
                    yield observation


def _add(totals: Totals, observations: Iterable[Observation], times: int) -> None:
    for _, key, bucket, duration, _ in observations:
        totals.counts[key][bucket] += times
        totals.sums[key] += duration * times
