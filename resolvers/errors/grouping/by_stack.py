"""By the calls of the application itself: the same way to the same fault, whatever the values and line numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from datasources.records.errors import ExceptionValue, StackFrame

_GENERATED = re.compile(
    r"0x[0-9a-f]+|\$\d+|<lambda>|lambda[$_]\w+|[0-9a-f]{8,}|(?<=[-._])[0-9a-f]{6,}(?=\.)|\d+", re.IGNORECASE
)


def by_stack(exceptions: Sequence[ExceptionValue], message: str | None) -> tuple[str, ...] | None:
    """Type and frames of every exception of the chain; None where no frame is known."""
    parts: list[str] = []
    known = False
    for exception in exceptions:
        frames = [frame for frame in exception.frames if frame.in_app] or exception.frames
        known = known or bool(frames)
        parts += [exception.type, *(_place(frame) for frame in frames)]
    return tuple(parts) if known else None


def _place(frame: StackFrame) -> str:
    """Module or file and function, without what differs from build to build."""
    return f"{_stable(frame.module or frame.file)}:{_stable(frame.function)}"


def _stable(name: str | None) -> str:
    return _GENERATED.sub("*", name or "?")
