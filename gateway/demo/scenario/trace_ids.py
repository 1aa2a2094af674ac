"""Trace and span ids that say, to whoever holds the seed, which request they belong to."""

from __future__ import annotations

from gateway.demo.scenario.hashing import MASK, keyed, mix, unmix

_INDEX_BITS = 56


class TraceIds:
    """Low half: namespace and index, mixed. High half: a check on the low one; nought in every 32nd, as 64-bit tracers send."""

    def __init__(self, seed: int) -> None:
        self._key = keyed(seed, "trace ids")
        self._check_key = keyed(seed, "trace id check")
        self._span_key = keyed(seed, "span ids")

    def word(self, namespace: int, index: int) -> int:
        return mix(((namespace + 1) << _INDEX_BITS | index) ^ self._key)

    def encode(self, namespace: int, index: int) -> str:
        word = self.word(namespace, index)
        return f"{self._high(word):016x}{word:016x}"

    def decode(self, trace_id: str) -> tuple[int, int] | None:
        """(namespace, index), or None for an id that no request has; leading zeros may be missing, case is free."""
        try:
            number = int(trace_id, 16)
        except ValueError:
            return None
        word = number & MASK
        if not 0 < number < 1 << 128 or number >> 64 != self._high(word):
            return None
        plain = unmix(word) ^ self._key
        return (plain >> _INDEX_BITS) - 1, plain & ((1 << _INDEX_BITS) - 1)

    def span_id(self, word: int, position: int) -> str:
        return f"{mix((word ^ self._span_key) + position * 0x9E3779B97F4A7C15 & MASK) or 1:016x}"

    def _high(self, word: int) -> int:
        high = mix(word ^ self._check_key)
        return 0 if high & 31 == 0 else high
