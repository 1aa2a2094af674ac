"""Cursors of lists that are paged by key: the sorted value and the id of the row that a page ended with."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from uuid import UUID

import msgspec

from ..exceptions import BadInput
from ..records.time import datetime_to_ns, ns_to_datetime

SortValue = int | str | datetime


def encode_cursor(order: str, value: SortValue, key: UUID) -> str:
    """URL-safe text that names a place in a list of this order."""
    plain = ["t", datetime_to_ns(value) // 1000] if isinstance(value, datetime) else ["v", value]
    raw = msgspec.json.encode([order, *plain, key.hex])
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def decode_cursor(order: str, cursor: str, kind: type[SortValue]) -> tuple[SortValue, UUID]:
    """The place that a cursor names.

    Raises: BadInput for what is no cursor, or one of another list or order.
    """
    try:
        raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        found, tag, value, key = msgspec.json.decode(raw, type=tuple[str, str, int | str, str])
        place = ns_to_datetime(value * 1000) if tag == "t" and isinstance(value, int) else value
        if found == order and isinstance(place, kind) and (not isinstance(place, int) or abs(place) < 2**63):
            return place, UUID(key)
    except (ValueError, OverflowError, binascii.Error, msgspec.MsgspecError):
        pass
    raise BadInput("this is no cursor of this list", argument="after")
