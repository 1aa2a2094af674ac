"""The demo's world: what happened in two namespaces, as a function of a seed and of the time that is asked about."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

from gateway.demo.scenario import bank, shop
from gateway.demo.scenario.background import background_logs
from gateway.demo.scenario.outages import outages_between
from gateway.demo.scenario.requests import Request
from gateway.demo.scenario.signals import LogData, Outage
from gateway.demo.scenario.timeline import MINUTE, Timeline
from gateway.demo.scenario.topology import NAMESPACES, SERVICES, ServiceSpec
from gateway.demo.scenario.trace_ids import TraceIds
from gateway.demo.scenario.variants import Variant, variants_of

_ROUTES = {"shop": shop.ROUTES, "bank": bank.ROUTES}
_POSITIONS = 4096
_MINUTES_KEPT = 3200


class Scenario:
    """Units: nanoseconds since 1970. Nothing here knows what time it is: the future is as certain as the past."""

    namespaces: tuple[str, ...] = NAMESPACES

    def __init__(self, seed: int = 1) -> None:
        self.seed = seed
        self._ids = TraceIds(seed)
        self._variants = {
            namespace: tuple(variant for route in _ROUTES[namespace] for variant in variants_of(seed, namespace, route))
            for namespace in NAMESPACES
        }
        self._timelines = {namespace: Timeline(seed, namespace, self._variants[namespace]) for namespace in NAMESPACES}
        self._minute = lru_cache(maxsize=_MINUTES_KEPT)(self._draw)

    def services(self, namespace: str) -> tuple[str, ...]:
        return tuple(spec.name for spec in SERVICES[namespace])

    def specs(self, namespace: str) -> tuple[ServiceSpec, ...]:
        return SERVICES[namespace]

    def variants(self, namespace: str) -> tuple[Variant, ...]:
        """All shapes that a request of the namespace can have; spans and lines are worked out, only facts and ids are missing."""
        return self._variants[namespace]

    def requests(self, namespace: str, start_ns: int, end_ns: int) -> Sequence[Request]:
        """Those whose root starts in [start, end), ascending."""
        if end_ns <= start_ns:
            return []
        first, last = start_ns // MINUTE, (end_ns - 1) // MINUTE
        found: list[Request] = []
        for minute in range(first, last + 1):
            requests = self._minute(namespace, minute)
            inside = first < minute < last
            found.extend(
                requests if inside else [request for request in requests if start_ns <= request.start_ns < end_ns]
            )
        return found

    def request(self, trace_id: str) -> Request | None:
        """The request that has this trace id, in any case and with or without its leading zeros."""
        place = self._ids.decode(trace_id)
        if place is None or not 0 <= place[0] < len(NAMESPACES):
            return None
        minute, position = divmod(place[1], _POSITIONS)
        requests = self._minute(NAMESPACES[place[0]], minute)
        return requests[position] if position < len(requests) else None

    def outages(self, namespace: str, start_ns: int, end_ns: int) -> list[Outage]:
        """Those that overlap [start, end), in order."""
        return outages_between(self.seed, namespace, start_ns, end_ns)

    def background_logs(self, namespace: str, start_ns: int, end_ns: int) -> list[LogData]:
        """Lines that belong to no request, with a timestamp in [start, end), ascending."""
        return background_logs(self.seed, namespace, start_ns, end_ns)

    def draw(self, namespace: str, minute: int) -> tuple[list[int], list[Variant]]:
        """The start times and variants of one minute since 1970, without the requests: what sums over a day need."""
        return self._timelines[namespace].draw(minute)

    def _draw(self, namespace: str, minute: int) -> tuple[Request, ...]:
        ids, number, base = self._ids, NAMESPACES.index(namespace), minute * _POSITIONS
        starts, variants = self._timelines[namespace].draw(minute)
        return tuple(
            Request(ids, number, base + position, start, variant)
            for position, (start, variant) in enumerate(zip(starts, variants, strict=True))
        )
