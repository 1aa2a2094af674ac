"""From the ids that clients send to the store's keys."""

from __future__ import annotations

from uuid import UUID

from datasources.records.shared import parse_global_id


def key_of(type_name: str, global_id: str) -> UUID | None:
    """The key of an object of this type; None for an id that is none, or of another type."""
    parsed = parse_global_id(global_id)
    return uuid_of(parsed[1]) if parsed is not None and parsed[0] == type_name else None


def uuid_of(text: str) -> UUID | None:
    """The uuid that a text writes, None for any other text."""
    try:
        return UUID(text)
    except ValueError:
        return None
