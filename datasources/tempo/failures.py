"""What Tempo's statuses and texts mean. Its errors are plain text, whatever was asked for. Pure."""

from __future__ import annotations

import re
from typing import NoReturn

from ..exceptions import (
    SourceMalformed,
    SourceRefused,
    SourceTimeout,
    SourceTooLarge,
    SourceUnauthorised,
    SourceUnavailable,
)
from ..http import SourceResponse

INSIDE_CUTOFF = "within query_end_cutoff"
"""Tempo does not read the last seconds before now, 30 by default."""

_EVALUATION = re.compile(
    r"expression \(.*\) expected an? \w+, but got \w+|(?:division|modulo) by zero|math expressions not supported",
    re.DOTALL,
)
"""What a question may turn out to be when it is evaluated: Tempo answers with 500, though only its writer can mend it."""
_PLACE = re.compile(r" at line \d+, col \d+")
_TENANT = re.compile(r"no org id|tenant ID|org ID", re.IGNORECASE)
_TOO_LARGE = re.compile(r"exceeds max size|too large|larger than max", re.IGNORECASE)


def raise_failure(response: SourceResponse, source: str) -> NoReturn:
    """The error that a status other than 200 means.

    Raises: SourceRefused with Tempo's own words; SourceUnauthorised; SourceTooLarge; SourceTimeout; SourceMalformed
    where it is no Tempo; SourceUnavailable for all else, without its words: they are for its operator.
    """
    status, text = response.status, response.text
    if status in (401, 403) or (status == 400 and _TENANT.search(text)):
        raise SourceUnauthorised(f"{source}: it does not accept the gateway's credential or tenant", source=source)
    if status in (413, 422) and _TOO_LARGE.search(text):
        raise SourceTooLarge(f"{source}: the trace is larger than it gives", source=source)
    if status in (400, 422) and text:
        raise SourceRefused(without_places(text), source=source)
    if blames_question(response):
        found = _EVALUATION.search(text)
        raise SourceRefused(f"invalid TraceQL query: {found[0] if found else text}", source=source)
    if status in (408, 504):
        raise SourceTimeout(f"{source}: the question took longer than it allows", source=source)
    if status < 500 and status not in (429, 499):
        raise SourceMalformed(f"{source}: HTTP {status} is no answer of Tempo's interface", source=source)
    raise SourceUnavailable(f"{source}: HTTP {status}", source=source)


def blames_question(response: SourceResponse) -> bool:
    """Whether a 500 speaks of the question and not of the source."""
    return response.status == 500 and _EVALUATION.search(response.text) is not None


def without_places(message: str) -> str:
    """Tempo's message without line and column: they point into the text as it was narrowed, not as it was written."""
    return _PLACE.sub("", message)[:500]
