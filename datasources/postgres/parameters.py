"""Numbers the parameters of a statement that is put together from parts."""

from __future__ import annotations


class Parameters:
    """Collects values; `add` gives the place that stands for one in the text."""

    def __init__(self, *values: object) -> None:
        self.values: list[object] = list(values)

    def add(self, value: object, kind: str | None = None) -> str:
        """`$n`, cast to `kind` where PostgreSQL could not tell it."""
        self.values.append(value)
        place = f"${len(self.values)}"
        return place if kind is None else f"{place}::{kind}"
