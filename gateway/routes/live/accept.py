"""Which streams a client takes, from its Accept header: only what it names, for `*/*` means JSON."""

from __future__ import annotations

from msgspec import Struct

from ..media_types import JSON, RESPONSE_JSON
from .formats import Format, MultipartParts, MultipartSubscription, ServerSentEvents

EVENT_STREAM = "text/event-stream"
MULTIPART = "multipart/mixed"
JSON_RANGES = (JSON, RESPONSE_JSON, "application/*", "*/*")


class Streams(Struct, frozen=True):
    """A format for each kind of stream, None where the client takes none.

    `whole` is one for an answer that is no stream, where the client likes it better than JSON.
    """

    subscription: Format | None = None
    incremental: Format | None = None
    whole: Format | None = None

    def __bool__(self) -> bool:
        return self.subscription is not None or self.incremental is not None


NONE = Streams()


def accepted_streams(accept: str | None) -> Streams:
    """The best of each kind, the first of equals."""
    best: dict[str, tuple[Format, float]] = {}
    json_quality = 0.0
    for part in (accept or "").split(","):
        name, *given = (piece.strip().lower() for piece in part.split(";"))
        parameters = dict(piece.partition("=")[::2] for piece in given)
        quality = _quality(parameters.get("q", "1"))
        if name in JSON_RANGES:
            json_quality = max(json_quality, quality)
        for kind, form in _formats(name, parameters).items():
            if quality > (best[kind][1] if kind in best else 0.0):
                best[kind] = (form, quality)
    subscription, incremental = best.get("subscription"), best.get("incremental")
    whole = incremental[0] if incremental and incremental[1] > json_quality else None
    return Streams(subscription and subscription[0], incremental and incremental[0], whole)


def _formats(name: str, parameters: dict[str, str]) -> dict[str, Format]:
    if name == EVENT_STREAM:
        return {"subscription": ServerSentEvents(), "incremental": ServerSentEvents()}
    if name != MULTIPART:
        return {}
    if "subscriptionspec" in parameters:
        return {"subscription": MultipartSubscription()}
    if "deferspec" in parameters:
        return {}  # an older form of parts, which is not spoken here: such a client takes the whole answer
    incremental: dict[str, Format] = {"incremental": MultipartParts()}
    return incremental if "incrementalspec" in parameters else {**incremental, "subscription": MultipartParts()}


def _quality(text: str) -> float:
    try:
        return min(max(float(text), 0.0), 1.0)
    except ValueError:
        return 0.0
