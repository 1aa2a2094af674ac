"""How long a source took lately."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable


class LatencyWindow:
    """The answers of the last five minutes, at most the newest 2,000."""

    def __init__(self, clock: Callable[[], float], *, window_s: float = 300.0) -> None:
        self._clock, self._window_s = clock, window_s
        self._taken: deque[tuple[float, float]] = deque(maxlen=2_000)

    def record(self, took_ms: float) -> None:
        """One answer."""
        self._taken.append((self._clock(), took_ms))

    def quantiles(self, *shares: float) -> list[float] | None:
        """The times in milliseconds that these shares (0 to 1) of the answers stayed below; None before the first."""
        oldest = self._clock() - self._window_s
        while self._taken and self._taken[0][0] <= oldest:
            self._taken.popleft()
        if not self._taken:
            return None
        took = sorted(ms for _, ms in self._taken)
        return [took[min(len(took) - 1, int(share * len(took)))] for share in shares]
