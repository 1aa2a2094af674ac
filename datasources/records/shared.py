"""Shapes that several stems share."""

from __future__ import annotations

import base64
import binascii
from typing import Generic, TypeVar

from msgspec import Struct

NS_PER_S = 1_000_000_000
NS_PER_MS = 1_000_000

T = TypeVar("T")


class Label(Struct, frozen=True):
    """One name and value of a series, stream, tag or attribute whose values are text."""

    name: str
    value: str


class Interval(Struct, frozen=True):
    """A time range as it was resolved, in nanoseconds since 1970: `start_ns` included, `end_ns` excluded for logs."""

    start_ns: int
    end_ns: int
    step_ns: int | None = None

    @property
    def range_ns(self) -> int:
        """The length of the range."""
        return self.end_ns - self.start_ns


class PageInfo(Struct, frozen=True):
    """Relay's page info."""

    has_next_page: bool = False
    has_previous_page: bool = False
    start_cursor: str | None = None
    end_cursor: str | None = None


class Edge(Struct, Generic[T], frozen=True):
    """One item and the cursor that names its place."""

    cursor: str
    node: T


class Connection(Struct, Generic[T], frozen=True, kw_only=True, dict=True):
    """A page of `nodes`, each with the cursor of the same place. `total_count` is None where counting is not asked or not cheap."""

    nodes: list[T]
    cursors: list[str]
    has_next_page: bool = False
    has_previous_page: bool = False
    total_count: int | None = None

    @property
    def edges(self) -> list[Edge[T]]:
        """Nodes with their cursors."""
        return [Edge(cursor, node) for cursor, node in zip(self.cursors, self.nodes, strict=True)]

    @property
    def page_info(self) -> PageInfo:
        """Relay's page info of this page."""
        first, last = (self.cursors[0], self.cursors[-1]) if self.cursors else (None, None)
        return PageInfo(self.has_next_page, self.has_previous_page, first, last)


def global_id(type_name: str, key: object) -> str:
    """The id of a Node: URL-safe base64 of `Type:key`, without padding."""
    return base64.urlsafe_b64encode(f"{type_name}:{key}".encode()).decode().rstrip("=")


def parse_global_id(text: str) -> tuple[str, str] | None:
    """(type name, key), or None for a text that is no global id."""
    try:
        raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode()
    except (ValueError, binascii.Error):
        return None
    type_name, colon, key = raw.partition(":")
    return (type_name, key) if colon and type_name and key else None
