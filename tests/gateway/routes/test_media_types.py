"""Content negotiation counts q-values and the most specific range."""

from __future__ import annotations

import pytest

from gateway.routes.media_types import JSON, RESPONSE_JSON, essence, negotiate


@pytest.mark.parametrize(
    ("accept", "chosen"),
    [
        (None, JSON),
        ("", JSON),
        ("*/*", JSON),
        ("application/*", JSON),
        (RESPONSE_JSON, RESPONSE_JSON),
        (f"{RESPONSE_JSON}, {JSON};q=0.9", RESPONSE_JSON),
        (f"{JSON};q=0.5, {RESPONSE_JSON};q=0.4", JSON),
        (f"{JSON};q=0, */*", RESPONSE_JSON),
        ("image/png", None),
        (f"{JSON};q=0", None),
        (f"{JSON};q=nonsense", None),
        ("TEXT/HTML, APPLICATION/JSON", JSON),
    ],
)
def test_the_best_liked_type_is_chosen(accept: str | None, chosen: str | None) -> None:
    assert negotiate(accept, (JSON, RESPONSE_JSON)) == chosen


@pytest.mark.parametrize(
    ("content_type", "read"),
    [
        (None, ("", None)),
        ("application/json", ("application/json", None)),
        ('Application/JSON ; charset="UTF-8"', ("application/json", "utf-8")),
        ("text/application/jsonx", ("text/application/jsonx", None)),
    ],
)
def test_a_content_type_is_read_to_the_letter(content_type: str | None, read: tuple[str, str | None]) -> None:
    assert essence(content_type) == read
