"""One page of each of many parents' lists in one statement: a lateral join, paged by key."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TypedDict, TypeVar
from uuid import UUID

from .cursors import encode_cursor
from .engine import Row

T = TypeVar("T")


class Page(TypedDict):
    """What a Connection is made of, but for the total."""

    cursors: list[str]
    has_next_page: bool
    has_previous_page: bool


def lateral(columns: str, source: str, conditions: Iterable[str], *, sort: str, key: str, limit: str) -> str:
    """For each parent of `$1`, the rows of `source` with `parent.key` in the conditions, the greatest `sort` first.

    Shape: columns `parent` and `sort_value` besides the asked ones; parents in order, each one's rows in order.
    """
    where = " AND ".join(conditions)
    return f"""
        SELECT parent.key AS parent, page.* FROM unnest($1::uuid[]) WITH ORDINALITY AS parent(key, place)
        CROSS JOIN LATERAL (
            SELECT {columns}, {sort} AS sort_value FROM {source}
            WHERE {where} ORDER BY sort_value DESC, {key} DESC LIMIT {limit}
        ) AS page
        ORDER BY parent.place, page.sort_value DESC, page.id DESC
    """


def split(rows: Iterable[Row], parents: Sequence[UUID]) -> list[list[Row]]:
    """The rows of each parent, in the parents' order; none for a parent without."""
    found: dict[UUID, list[Row]] = {}
    for row in rows:
        found.setdefault(row["parent"], []).append(row)
    return [found.get(parent, []) for parent in parents]


def cut(
    rows: Sequence[Row], first: int, *, order: str, after: str | None, make: Callable[[Row], T]
) -> tuple[list[T], Page]:
    """The page of at most `first` rows out of one row more, with a cursor each."""
    shown = rows[:first]
    page = Page(
        cursors=[encode_cursor(order, row["sort_value"], row["id"]) for row in shown],
        has_next_page=len(rows) > first,
        has_previous_page=after is not None,
    )
    return [make(row) for row in shown], page
