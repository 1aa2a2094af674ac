"""A breaker per source, and the budget that keeps retries from becoming a second load."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable

from .records.sources import CircuitState

Clock = Callable[[], float]
"""Monotonic seconds."""


class Breaker:
    """Opens when at least half of 20 or more answers of the last 10 s failed, or after 5 refused connections in a row.

    Open for 5 s it answers at once; then, half open, it lets a single request through whose outcome decides.
    `admit` hands out a generation: an answer that was asked for before the state changed no longer counts.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        window_s: float = 10.0,
        min_answers: int = 20,
        failure_share: float = 0.5,
        open_s: float = 5.0,
        refusals: int = 5,
    ) -> None:
        self._clock = clock
        self._window_s, self._min_answers, self._failure_share = window_s, min_answers, failure_share
        self._open_s, self._max_refusals = open_s, refusals
        self._answers: deque[tuple[float, bool]] = deque(maxlen=2_000)
        self._failures = self._refusals = self.generation = 0
        self._open_until: float | None = None
        self._probing = False

    @property
    def state(self) -> CircuitState:
        """What a request would meet now."""
        if self._open_until is None:
            return CircuitState.CLOSED
        return CircuitState.OPEN if self._clock() < self._open_until else CircuitState.HALF_OPEN

    @property
    def failure_ratio(self) -> float:
        """Share of failures in the window, 0 where there was no answer."""
        self._forget_old()
        return self._failures / len(self._answers) if self._answers else 0.0

    def admit(self) -> int | None:
        """The generation to give back with the outcome, or None where the request must not be sent."""
        state = self.state
        if state is CircuitState.OPEN or (state is CircuitState.HALF_OPEN and self._probing):
            return None
        self._probing = state is CircuitState.HALF_OPEN
        return self.generation

    def succeeded(self, generation: int) -> None:
        """The source answered as it should."""
        if generation != self.generation:
            return
        self._refusals = 0
        if self._open_until is not None:
            self._turn(None)
        self._note(ok=True)

    def failed(self, generation: int, *, refused: bool = False) -> None:
        """The source failed; `refused` where not even a connection came about."""
        if generation != self.generation:
            return
        self._refusals = self._refusals + 1 if refused else 0
        self._note(ok=False)
        tripped = len(self._answers) >= self._min_answers and self.failure_ratio >= self._failure_share
        if self._open_until is not None or tripped or self._refusals >= self._max_refusals:
            self._turn(self._clock() + self._open_s)

    def abandoned(self, generation: int) -> None:
        """Nobody waited for the outcome: the next request may be the probe."""
        if generation == self.generation:
            self._probing = False

    def _turn(self, open_until: float | None) -> None:
        self._open_until = open_until
        self._probing = False
        self._refusals = self._failures = 0
        self._answers.clear()
        self.generation += 1

    def _note(self, *, ok: bool) -> None:
        self._forget_old()
        if len(self._answers) == self._answers.maxlen:
            self._failures -= not self._answers.popleft()[1]
        self._answers.append((self._clock(), ok))
        self._failures += not ok

    def _forget_old(self) -> None:
        oldest = self._clock() - self._window_s
        while self._answers and self._answers[0][0] <= oldest:
            self._failures -= not self._answers.popleft()[1]


class RetryBudget:
    """One retry for ten requests, with at most ten saved up: a source in trouble is not asked twice as often."""

    def __init__(self, *, per_request: float = 0.1, capacity: float = 10.0) -> None:
        self._per_request, self._capacity = per_request, capacity
        self._tokens = capacity

    def earn(self) -> None:
        """A request was sent for the first time."""
        self._tokens = min(self._capacity, self._tokens + self._per_request)

    def spend(self) -> bool:
        """Whether a retry may be sent; if so, it is paid for."""
        if self._tokens < 1:
            return False
        self._tokens -= 1
        return True
