"""What was known a moment ago is told while the store is away, and no longer."""

from __future__ import annotations

import pytest

from datasources.exceptions import SourceRefused, SourceUnavailable
from datasources.postgres.last_known import TTL_S, LastKnown


class _Store:
    def __init__(self) -> None:
        self.now = 0.0
        self.answer: str | Exception | None = "role"

    async def fetch(self) -> str | None:
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer


@pytest.fixture
def store() -> _Store:
    return _Store()


async def test_an_absent_store_is_stood_in_for_for_half_a_minute(store: _Store) -> None:
    known: LastKnown[str, str | None] = LastKnown(lambda: store.now)
    await known.read("a", store.fetch)
    store.answer = SourceUnavailable("away", source="postgres")
    store.now = TTL_S
    assert await known.read("a", store.fetch) == "role"
    store.now = TTL_S + 1
    with pytest.raises(SourceUnavailable):
        await known.read("a", store.fetch)


async def test_a_refusal_is_remembered_like_any_answer(store: _Store) -> None:
    known: LastKnown[str, str | None] = LastKnown(lambda: store.now)
    await known.read("a", store.fetch)
    store.answer = None
    await known.read("a", store.fetch)
    store.answer = SourceUnavailable("away", source="postgres")
    assert await known.read("a", store.fetch) is None


@pytest.mark.parametrize("key", ["b", "a"])
async def test_nothing_else_is_made_up(store: _Store, key: str) -> None:
    known: LastKnown[str, str | None] = LastKnown(lambda: store.now)
    await known.read("a", store.fetch)
    store.answer = SourceRefused("syntax", source="postgres")
    with pytest.raises(SourceRefused):
        await known.read(key, store.fetch)
