"""Variants: requests of one shape and pace, worked out once, of which every actual request is a dated copy."""

from __future__ import annotations

from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from gateway.demo.scenario.facts import Raw, Text
from gateway.demo.scenario.hashing import keyed
from gateway.demo.scenario.layout import Pace, Placed, lay_out
from gateway.demo.scenario.lines import VariantLog, lines_of
from gateway.demo.scenario.routes import Route, Shape
from gateway.demo.scenario.steps import Failure, TemplateValue

_TAIL = ((2.4, 0.02), (4.5, 0.006), (8.0, 0.002))
_PACES = 18


class VariantSpan(NamedTuple):
    """Units: nanoseconds since the root's start. `varying` holds the attributes that differ from request to request."""

    service: str
    name: str
    kind: str
    parent: int | None
    offset_ns: int
    duration_ns: int
    status: str
    attributes: dict[str, Any]
    varying: tuple[tuple[str, Raw | Text], ...]
    failure: Failure | None
    follows: str

    @property
    def end_offset_ns(self) -> int:
        return self.offset_ns + self.duration_ns


class Variant(NamedTuple):
    """`weight` and `outage_weight` are its share of all requests of the namespace, in and out of an outage of its route."""

    namespace: str
    route: str
    outcome: str
    failed: bool
    duration_ns: int
    spans: tuple[VariantSpan, ...]
    logs: tuple[VariantLog, ...]
    weight: float
    outage_weight: float


def variants_of(seed: int, namespace: str, route: Route) -> list[Variant]:
    return [
        _variant(seed, namespace, route, outcome, number, load, weight, in_outage)
        for number, (outcome, load, weight, in_outage) in enumerate(_plan(route))
    ]


def _plan(route: Route) -> Iterator[tuple[str, float, float, bool]]:
    """(outcome, load, share of the route, whether it happens in an outage)."""
    other = {**route.faults, **route.rejections}
    tail = sum(share for _, share in _TAIL)
    good = 1 - sum(other.values()) - tail
    for number in range(_PACES):
        yield "", _load(number, _PACES), good / _PACES, False
    for load, share in _TAIL:
        yield "", load, share, False
    for outcome, share in other.items():
        for number in range(4):
            yield outcome, _load(number, 4), share / 4, False
    if route.outage_faults:
        yield from _outage_plan(route)


def _outage_plan(route: Route) -> Iterator[tuple[str, float, float, bool]]:
    for outcome, share in route.outage_faults.items():
        for number in range(6):
            yield outcome, _load(number, 6), share / 6, True
    good = 1 - sum(route.outage_faults.values())
    for number in range(_PACES):
        yield "", _load(number, _PACES), good / _PACES, True


def _load(number: int, count: int) -> float:
    """The middle of the number-th of `count` equal shares of a lopsided spread around 1, from 0.6 to 2.2."""
    share = (number + 0.5) / count
    return 0.6 + 0.55 * share + 1.05 * share**6


def _variant(
    seed: int, namespace: str, route: Route, outcome: str, number: int, load: float, share: float, in_outage: bool
) -> Variant:
    rng = Random(keyed(seed, namespace, route.name, number))
    root = route.build(Shape(rng, outcome))
    placed = lay_out(root, Pace(rng, load, route.outage_drag if in_outage else {}))
    spans = tuple(_span(item) for item in placed)
    weight = route.weight * share
    return Variant(
        namespace,
        route.name,
        outcome,
        root.http_status >= 500,
        placed[0].duration_ns,
        spans,
        tuple(lines_of(namespace, placed)),
        0.0 if in_outage else weight,
        weight if in_outage or not route.outage_faults else 0.0,
    )


def _span(placed: Placed) -> VariantSpan:
    step = placed.step
    fixed: dict[str, TemplateValue] = {
        key: value for key, value in step.attributes.items() if not isinstance(value, (Raw, Text))
    }
    varying = tuple((key, value) for key, value in step.attributes.items() if isinstance(value, (Raw, Text)))
    return VariantSpan(
        step.service,
        step.name,
        step.kind,
        placed.parent,
        placed.offset_ns,
        placed.duration_ns,
        step.status,
        fixed,
        varying,
        step.failure,
        step.follows,
    )
