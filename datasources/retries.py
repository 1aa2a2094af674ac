"""Which answers are worth asking for a second time."""

from __future__ import annotations

RETRY_PAUSE_S = 0.05
_TRY_AGAIN = frozenset({429, 500, 502, 503, 504})


def is_fault(status: int) -> bool:
    """Whether the status speaks of the source's own trouble and not of the question."""
    return status >= 500 or status == 429


def is_worth_retrying(status: int, *, took_s: float, limit_s: float) -> bool:
    """Only a failure that came early: a 503 after most of the limit is a slow question, not a bad moment."""
    return status in _TRY_AGAIN and took_s < limit_s / 3
