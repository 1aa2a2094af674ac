"""A playground on a real socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .playground import JOURNAL, Playground, Server, playing


@pytest.fixture
def playground() -> Playground:
    """A new one, with nobody connected."""
    JOURNAL.ended_at.clear()
    return Playground()


@pytest.fixture
def served(playground: Playground) -> Iterator[tuple[str, Server]]:
    """(Its address without a scheme, its server)."""
    with playing(playground) as found:
        yield found


@pytest.fixture
def address(served: tuple[str, Server]) -> str:
    """The playground's address without a scheme."""
    return served[0]
