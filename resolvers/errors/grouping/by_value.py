"""By type and message of the exceptions, for reports without a stack."""

from __future__ import annotations

from collections.abc import Sequence

from datasources.records.errors import ExceptionValue

from .parametrise import parametrise


def by_value(exceptions: Sequence[ExceptionValue], message: str | None) -> tuple[str, ...] | None:
    """None without an exception."""
    if not exceptions:
        return None
    return tuple(part for one in exceptions for part in (one.type, parametrise(one.value or "")))
