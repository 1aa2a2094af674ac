"""Durations as Go and Prometheus write them."""

from __future__ import annotations

import re

_PROMETHEUS = re.compile(
    r"(?:(\d{1,9})y)?(?:(\d{1,9})w)?(?:(\d{1,9})d)?(?:(\d{1,9})h)?(?:(\d{1,9})m)?(?:(\d{1,9})s)?(?:(\d{1,9})ms)?",
    re.ASCII,
)
_PROMETHEUS_MS = (365 * 86_400_000, 7 * 86_400_000, 86_400_000, 3_600_000, 60_000, 1_000, 1)
_GO_PART = re.compile(r"(\d{1,15}(?:\.\d{0,15})?|\.\d{1,15})(ns|us|µs|μs|ms|s|m|h)", re.ASCII)
_GO_NS = {
    "ns": 1, "us": 1_000, "µs": 1_000, "μs": 1_000, "ms": 1_000_000,
    "s": 1_000_000_000, "m": 60_000_000_000, "h": 3_600_000_000_000,
}  # fmt: skip
_LONGEST_NS = (1 << 63) - 1


def prometheus_duration(text: str) -> int | None:
    """Nanoseconds of 1y2w3d4h5m6s7ms or 0; None where it is not one."""
    if text == "0":
        return 0
    match = _PROMETHEUS.fullmatch(text) if text else None
    if match is None:
        return None
    total = 1_000_000 * sum(int(count or 0) * size for count, size in zip(match.groups(), _PROMETHEUS_MS, strict=True))
    return total if total <= _LONGEST_NS else None


def go_duration(text: str) -> int | None:
    """Nanoseconds of 1h2.5m, -3ms or 0; None where it is not one."""
    sign, rest = (-1, text[1:]) if text.startswith("-") else (1, text.removeprefix("+"))
    if rest == "0":
        return 0
    total, position = 0, 0
    while position < len(rest):
        match = _GO_PART.match(rest, position)
        if match is None:
            return None
        whole, _, fraction = match[1].partition(".")
        unit = _GO_NS[match[2]]
        total += int(whole or 0) * unit + int(fraction or 0) * unit // 10 ** len(fraction)
        position = match.end()
    return sign * total if position and total <= _LONGEST_NS else None
