"""The breaker's and the retry budget's rules on an injected clock."""

from __future__ import annotations

import pytest

from datasources.breaker import Breaker, RetryBudget
from datasources.records.sources import CircuitState


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


def drive(breaker: Breaker, outcomes: str) -> None:
    for outcome in outcomes:
        generation = breaker.admit()
        if generation is not None:
            (breaker.succeeded if outcome == "+" else breaker.failed)(generation)


@pytest.mark.parametrize(
    "outcomes, state",
    [
        ("-" * 19, CircuitState.CLOSED),
        ("+-" * 10, CircuitState.OPEN),
        ("+" * 11 + "-" * 9, CircuitState.CLOSED),
        ("-" * 20, CircuitState.OPEN),
    ],
    ids=["too few", "half", "under half", "all"],
)
def test_breaker_opens_at_half_of_twenty(clock: Clock, outcomes: str, state: CircuitState) -> None:
    breaker = Breaker(clock)
    drive(breaker, outcomes)
    assert breaker.state is state


def test_old_failures_are_forgotten(clock: Clock) -> None:
    breaker = Breaker(clock)
    drive(breaker, "-" * 19)
    clock.now = 10.0
    drive(breaker, "-")
    assert (breaker.state, breaker.failure_ratio) == (CircuitState.CLOSED, 1.0)


def test_five_refused_connections_in_a_row_open_it(clock: Clock) -> None:
    breaker = Breaker(clock)
    for _ in range(5):
        assert breaker.state is CircuitState.CLOSED
        breaker.failed(breaker.generation, refused=True)
    assert breaker.state is CircuitState.OPEN


def test_half_open_lets_one_probe_through(clock: Clock) -> None:
    breaker = Breaker(clock)
    drive(breaker, "-" * 20)
    assert breaker.admit() is None
    clock.now = 5.0
    assert breaker.admit() is not None
    assert breaker.admit() is None


@pytest.mark.parametrize("ok, state", [(True, CircuitState.CLOSED), (False, CircuitState.OPEN)])
def test_probe_decides(clock: Clock, ok: bool, state: CircuitState) -> None:
    breaker = Breaker(clock)
    drive(breaker, "-" * 20)
    clock.now = 5.0
    drive(breaker, "+" if ok else "-")
    assert breaker.state is state


def test_abandoned_probe_leaves_its_place_to_the_next(clock: Clock) -> None:
    breaker = Breaker(clock)
    drive(breaker, "-" * 20)
    clock.now = 5.0
    generation = breaker.admit()
    assert generation is not None
    breaker.abandoned(generation)
    assert breaker.admit() is not None


def test_late_answer_from_before_does_not_close_it(clock: Clock) -> None:
    breaker = Breaker(clock)
    late = breaker.admit()
    assert late is not None
    drive(breaker, "-" * 20)
    breaker.succeeded(late)
    assert breaker.state is CircuitState.OPEN


def test_retry_budget_is_a_tenth_of_the_requests() -> None:
    budget = RetryBudget()
    assert sum(budget.spend() for _ in range(100)) == 10
    for _ in range(100):
        budget.earn()
    assert sum(budget.spend() for _ in range(100)) in (9, 10)
