"""By the message, for reports without an exception."""

from __future__ import annotations

from collections.abc import Sequence

from datasources.records.errors import ExceptionValue

from .parametrise import parametrise


def by_message(exceptions: Sequence[ExceptionValue], message: str | None) -> tuple[str, ...] | None:
    """None without a message."""
    return (parametrise(message),) if message else None
