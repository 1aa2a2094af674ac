"""A message without what differs from one report to the next."""

from __future__ import annotations

import re

MAX_TEXT = 2_000
_PARTS = (
    ("<uuid>", r"\b[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}\b"),
    ("<address>", r"\b[\w.+-]{1,64}@[\w-]{1,64}(?:\.[\w-]{1,64})+\b"),
    ("<url>", r"\bhttps?://[^\s'\"]+"),
    ("<ip>", r"\b\d{1,3}(?:\.\d{1,3}){3}\b"),
    ("<quoted>", r"'[^']*'|\"[^\"]*\""),
    ("<hex>", r"\b0x[0-9a-fA-F]+\b|\b(?=[0-9a-fA-F]*\d)[0-9a-fA-F]{8,}\b"),
    ("<number>", r"[-+]?\b\d+(?:\.\d+)?"),
)
_PATTERN = re.compile("|".join(f"(?P<part{place}>{pattern})" for place, (_, pattern) in enumerate(_PARTS)))


def parametrise(text: str) -> str:
    """Ids, numbers, addresses and quoted parts become their kinds; the text is cut first, so that this stays cheap."""
    return _PATTERN.sub(lambda found: _PARTS[int((found.lastgroup or "part0")[4:])][0], text[:MAX_TEXT])
