"""Loader batches whose keys are (parent, question): the same question about many parents is asked once."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Hashable, Sequence
from typing import TypeVar

from datasources.exceptions import GatewayError

from .concurrency import together

P = TypeVar("P", bound=Hashable)
Q = TypeVar("Q", bound=Hashable)
V = TypeVar("V")


async def ask_by_question(
    keys: Sequence[tuple[P, Q]], ask: Callable[[list[P], Q], Awaitable[Sequence[V]]]
) -> list[V | Exception]:
    """The answers in the keys' order. A question that fails gives its exception to its own parents only."""
    parents: dict[Q, list[P]] = {}
    for parent, question in keys:
        parents.setdefault(question, []).append(parent)

    async def outcome(question: Q) -> dict[tuple[P, Q], V | Exception]:
        asked = parents[question]
        try:
            found: Sequence[V | Exception] = await ask(asked, question)
        except GatewayError as error:
            found = [error] * len(asked)
        return {(parent, question): one for parent, one in zip(asked, found, strict=True)}

    answers: dict[tuple[P, Q], V | Exception] = {}
    for part in await together(*(outcome(question) for question in parents)):
        answers |= part
    return [answers[key] for key in keys]
