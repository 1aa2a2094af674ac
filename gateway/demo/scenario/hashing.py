"""Keyed 64-bit mixing, forwards and backwards: the only source of chance besides one generator per minute."""

from __future__ import annotations

MASK = (1 << 64) - 1
_GAMMA = 0x9E3779B97F4A7C15
_FIRST = 0xBF58476D1CE4E5B9
_SECOND = 0x94D049BB133111EB
_FIRST_INVERSE = pow(_FIRST, -1, 1 << 64)
_SECOND_INVERSE = pow(_SECOND, -1, 1 << 64)


def mix(value: int) -> int:
    """A bijection of 64-bit words in which every bit depends on every other (splitmix64's finaliser)."""
    value = (value ^ (value >> 30)) * _FIRST & MASK
    value = (value ^ (value >> 27)) * _SECOND & MASK
    return value ^ (value >> 31)


def unmix(value: int) -> int:
    value = value ^ (value >> 31) ^ (value >> 62)
    value = value * _SECOND_INVERSE & MASK
    value = value ^ (value >> 27) ^ (value >> 54)
    value = value * _FIRST_INVERSE & MASK
    return value ^ (value >> 30) ^ (value >> 60)


def keyed(*parts: int | str) -> int:
    """One 64-bit word out of numbers and names; the same in every process."""
    word = _GAMMA
    for part in parts:
        number = int.from_bytes(part.encode(), "big") if isinstance(part, str) else part
        while True:
            word = mix((word + _GAMMA + number) & MASK)
            number >>= 64
            if number in (0, -1):
                break
    return word


def unit(word: int) -> float:
    """A word as a number in [0, 1)."""
    return (word >> 11) / (1 << 53)
