"""Content negotiation, with q-values. Source: RFC 9110 section 12.5.1; GraphQL over HTTP, "Media Types"."""

from __future__ import annotations

from collections.abc import Sequence

JSON = "application/json"
RESPONSE_JSON = "application/graphql-response+json"


def negotiate(accept: str | None, offered: Sequence[str]) -> str | None:
    """The offered type that the header likes best, the first of equals; None where it wants none of them.

    A missing or empty header takes the first one.
    """
    if accept is None or not accept.strip():
        return offered[0]
    ranges = [_range(part) for part in accept.split(",") if part.strip()]
    best, best_quality = None, 0.0
    for media_type in offered:
        quality = _quality(media_type, ranges)
        if quality > best_quality:
            best, best_quality = media_type, quality
    return best


def essence(content_type: str | None) -> tuple[str, str | None]:
    """(media type without parameters, its charset or None), both in lower case."""
    media_type, _, parameters = (content_type or "").partition(";")
    charset = None
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "charset":
            charset = value.strip().strip('"').lower()
    return media_type.strip().lower(), charset


def quality_of(name: str, header: str, anything: str) -> float:
    """How much a header likes a name, or else `anything`; 0 where it wants neither. Source: RFC 9110 section 12.4.2."""
    ranges = dict(reversed([_range(part) for part in header.split(",") if part.strip()]))
    return ranges.get(name, ranges.get(anything, 0.0))


def _range(part: str) -> tuple[str, float]:
    media_type, _, parameters = part.partition(";")
    quality = 1.0
    for parameter in parameters.split(";"):
        name, _, value = parameter.partition("=")
        if name.strip().lower() == "q":
            try:
                quality = min(max(float(value), 0.0), 1.0)
            except ValueError:
                quality = 0.0
    return media_type.strip().lower(), quality


def _quality(media_type: str, ranges: Sequence[tuple[str, float]]) -> float:
    family = media_type.partition("/")[0]
    # the most specific range that matches decides
    for wanted in (media_type, f"{family}/*", "*/*"):
        for name, quality in ranges:
            if name == wanted:
                return quality
    return 0.0
