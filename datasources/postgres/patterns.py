"""What a person searches for, as a pattern for LIKE."""

from __future__ import annotations


def contains(text: str | None) -> str | None:
    """A pattern for ILIKE that finds the text anywhere, its wildcards taken by their letter; None for nothing to find."""
    if text is None or not text.strip():
        return None
    escaped = text.strip().replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return f"%{escaped}%".replace("\x00", "")
