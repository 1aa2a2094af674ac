"""What differs between two requests of the same shape: who asked, for what, and how much it cost."""

from __future__ import annotations

from typing import NamedTuple

from gateway.demo.scenario.hashing import mix

Fact = str | int | float | bool
Facts = dict[str, Fact]

_CURRENCIES = ("EUR", "EUR", "EUR", "USD", "GBP")
_WORDS = ("lamp", "chair", "desk", "teapot", "kettle", "blanket", "mirror", "shelf", "vase", "rug")


class Raw(NamedTuple):
    """Stands in a template for a fact with its own type."""

    key: str


class Text(NamedTuple):
    """Stands in a template for a text with facts in braces."""

    template: str


def facts_of(word: int) -> Facts:
    """Shape: the same keys for every request; texts hold no quotes, spaces or backslashes."""
    first, second = mix(word ^ 0x5BD1E995), mix(word ^ 0x1B873593)
    cents = 500 + (first >> 40) % 30_000
    return {
        "user": f"user-{_few(first, 420)}",
        "client": f"198.51.100.{first >> 16 & 255}",
        "session": f"s-{second & 0xFFFFFF:06x}",
        "order": f"ord-{second >> 32:08x}",
        "amount": cents / 100,
        "currency": _CURRENCIES[first % 5],
        "items": 1 + (first >> 8) % 5,
        "express": first >> 20 & 7 == 0,
        "sku": f"sku-{_few(second, 320)}",
        "other_sku": f"sku-{_few(second >> 8, 320)}",
        "product": 1 + _few(second, 320),
        "term": _WORDS[second % 10],
        "results": second >> 12 & 63,
        "bytes": 400 + (second >> 18) % 6_000,
        "card": f"card-{first >> 44:05x}",
        "account": f"acc-{10_000 + _few(first, 900)}",
        "transfer": f"tx-{second >> 24:010x}",
        "transfer_amount": cents * 7 / 100,
        "score": (first >> 30) % 9_000 / 10_000,
        "offset": 400_000 + (first >> 24) % 200_000,
        "partition": int(second % 3),
    }


def _few(word: int, count: int) -> int:
    """A number below `count`, small ones more often than large ones."""
    low, high = word % count, (word >> 20) % count
    return low * high // count


def fill(value: object, facts: Facts) -> Fact:
    if isinstance(value, Raw):
        return facts[value.key]
    assert isinstance(value, Text)
    return value.template.format_map(facts)
