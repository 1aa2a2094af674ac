"""What the evaluator reads from."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol

from gateway.demo.simulators.prometheus.promql.nodes import Matcher


class Series(NamedTuple):
    """Samples in ascending order; a value of None is a stale marker. Series scraped together share `times`. Units: milliseconds."""

    labels: dict[str, str]
    times: list[int]
    values: list[float | None]


class TooManySamples(Exception):
    """A selector asks for more than fits into memory."""


class Storage(Protocol):
    """Implemented by ScenarioStorage (the demo's) and ListStorage (given samples)."""

    def select(self, matchers: tuple[Matcher, ...], start_ms: int, end_ms: int) -> list[Series]:
        """Series that match, with at least their samples in (start, end]; they may hold more. Raises: TooManySamples."""

    def labels(self, matchers: Sequence[tuple[Matcher, ...]], start_ms: int, end_ms: int) -> list[dict[str, str]]:
        """The label sets that match any of the selectors (all, if there is none) and have samples thereabouts."""


def matching(labels: dict[str, str], matchers: tuple[Matcher, ...]) -> bool:
    return all(matcher.matches(labels.get(matcher.name, "")) for matcher in matchers)
