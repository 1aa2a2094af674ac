"""From an answer's bytes to a typed structure, or to the error that it means. Pure."""

from __future__ import annotations

from typing import TypeVar

import msgspec

from ..exceptions import SourceMalformed
from ..http import SourceResponse
from .failures import raise_failure

T = TypeVar("T")


def decode(decoder: msgspec.json.Decoder[T], response: SourceResponse, source: str) -> T:
    """Raises: what `raise_failure` makes of a status other than 200; SourceMalformed for a body of another shape."""
    if response.status != 200:
        raise_failure(response, source)
    return decode_part(decoder, response.body, source)


def decode_part(decoder: msgspec.json.Decoder[T], raw: bytes | msgspec.Raw, source: str) -> T:
    """Raises: SourceMalformed for another shape."""
    try:
        return decoder.decode(raw)
    except msgspec.DecodeError as error:
        raise malformed(source) from error


def malformed(source: str) -> SourceMalformed:
    """The error for an answer that is not what the interface promises."""
    return SourceMalformed(f"{source}: its answer is not what Prometheus's interface promises", source=source)
