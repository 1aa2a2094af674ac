"""Global ids in arguments."""

from __future__ import annotations

from uuid import UUID

from datasources.exceptions import BadInput
from datasources.records.shared import parse_global_id


def key_of(global_id: str, type_name: str, *, argument: str) -> UUID:
    """The key that a global id carries. Raises: BadInput for what is no id of the type."""
    found = parse_global_id(global_id)
    if found is not None and found[0] == type_name:
        try:
            return UUID(found[1])
        except ValueError:
            pass
    raise BadInput(f"this is no id of a {type_name}", argument=argument)
