"""The ordered strategies, and what a group is called."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Sequence

from msgspec import Struct

from datasources.records.errors import ExceptionValue

from .by_message import by_message
from .by_stack import by_stack
from .by_value import by_value

VERSION = 1
"""Of the rules as a whole. It goes into the fingerprint: a later version never mixes its groups with these by accident."""

Parts = tuple[str, ...]
Strategy = Callable[[Sequence[ExceptionValue], str | None], Parts | None]
STRATEGIES: tuple[tuple[str, Strategy], ...] = (("stack", by_stack), ("value", by_value), ("message", by_message))

MAX_TITLE = 250
UNNAMED = "<no message>"


class Grouping(Struct, frozen=True):
    """What a report is grouped by, and what it calls its group."""

    fingerprint: bytes
    version: int
    strategy: str
    title: str
    culprit: str | None


def group_report(
    exceptions: Sequence[ExceptionValue], message: str | None, *, transaction: str | None = None
) -> Grouping:
    """Always finds a group: a report that says nothing is grouped with the others that say nothing."""
    found = ((name, strategy(exceptions, message)) for name, strategy in STRATEGIES)
    name, parts = next(((name, parts) for name, parts in found if parts is not None), ("nothing", ()))
    digest = hashlib.sha256(json.dumps([VERSION, name, *parts]).encode()).digest()
    return Grouping(digest, VERSION, name, _title(exceptions, message), _culprit(exceptions, transaction))


def _title(exceptions: Sequence[ExceptionValue], message: str | None) -> str:
    if exceptions:
        raised = exceptions[-1]
        text = f"{raised.type}: {raised.value}" if raised.value else raised.type
    else:
        text = message or UNNAMED
    lines = text.strip().splitlines()
    return lines[0][:MAX_TITLE] if lines else UNNAMED


def _culprit(exceptions: Sequence[ExceptionValue], transaction: str | None) -> str | None:
    """The innermost call of the application itself, or else what was under way."""
    frames = exceptions[-1].frames if exceptions else []
    for frame in reversed(frames):
        if frame.in_app and (frame.module or frame.file):
            place = frame.module or frame.file
            return f"{place} in {frame.function}" if frame.function else place
    return transaction
