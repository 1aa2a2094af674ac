"""Mixing can be undone, and keys depend on every part."""

from __future__ import annotations

import pytest

from gateway.demo.scenario.hashing import MASK, keyed, mix, unit, unmix
from gateway.demo.scenario.trace_ids import TraceIds


@pytest.mark.parametrize("word", [0, 1, 2**31, 2**63, MASK, 0x0123456789ABCDEF])
def test_unmix_undoes_mix(word: int) -> None:
    assert unmix(mix(word)) == word


def test_keys_differ_in_every_part_and_hold_still() -> None:
    assert len({keyed(1, "shop", 5), keyed(2, "shop", 5), keyed(1, "bank", 5), keyed(1, "shop", 6)}) == 4
    assert keyed(1, "shop", 5) == keyed(1, "shop", 5)


def test_unit_is_at_least_zero_and_below_one() -> None:
    assert unit(0) == 0.0
    assert 0.999 < unit(MASK) < 1.0


@pytest.mark.parametrize("place", [(0, 0), (1, 4096), (1, 122_556_416_000)], ids=["first", "second", "far"])
def test_trace_ids_decode_to_their_place(place: tuple[int, int]) -> None:
    ids = TraceIds(7)
    assert ids.decode(ids.encode(*place)) == place
    assert TraceIds(8).decode(ids.encode(*place)) is None
