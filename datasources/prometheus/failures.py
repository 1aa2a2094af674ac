"""What Prometheus's statuses and error types mean. Pure."""

from __future__ import annotations

import re
from typing import NoReturn

import msgspec

from ..exceptions import SourceMalformed, SourceRefused, SourceTimeout, SourceUnauthorised, SourceUnavailable
from ..http import SourceResponse


class _Failure(msgspec.Struct, frozen=True):
    error_type: str = msgspec.field(name="errorType", default="")
    error: str = ""


_FAILURE = msgspec.json.Decoder(_Failure)
_PLACES = (
    re.compile(r'^invalid parameter "[^"]*": (?=\d|unknown position)'),
    re.compile(r"\b(?:unknown position|\d+:\d+): (?:parse error: )?"),
    re.compile(r" \(\d+:\d+\)"),
)


def raise_failure(response: SourceResponse, source: str) -> NoReturn:
    """The error that a status other than 200 means; texts differ between versions, so only the status and type decide.

    Raises: SourceRefused with Prometheus's own words; SourceTimeout; SourceUnauthorised; SourceMalformed where it is
    no Prometheus; SourceUnavailable for all else, without its words: they are for its operator.
    """
    status = response.status
    failure = _read(response)
    if status in (400, 422) and failure.error:
        raise SourceRefused(without_places(failure.error), source=source)
    if status in (401, 403):
        raise SourceUnauthorised(f"{source}: it does not accept the gateway's credential or tenant", source=source)
    if failure.error_type == "timeout":
        raise SourceTimeout(f"{source}: the expression took longer than it allows", source=source)
    if status < 500 and status not in (408, 429, 499):
        raise SourceMalformed(f"{source}: HTTP {status} is no answer of Prometheus's interface", source=source)
    raise SourceUnavailable(f"{source}: HTTP {status} {failure.error_type}".rstrip(), source=source)


def without_places(message: str) -> str:
    """Prometheus's message without line and column: they point into the text as it was narrowed, not as it was written."""
    for place in _PLACES:
        message = place.sub("", message)
    return message


def _read(response: SourceResponse) -> _Failure:
    try:
        return _FAILURE.decode(response.body)
    except msgspec.DecodeError:
        return _Failure()
