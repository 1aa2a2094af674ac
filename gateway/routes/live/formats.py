"""How a stream is written over HTTP. Sources: PROTOCOL.md of graphql-sse, Apollo's multipart subscription protocol, RFC 2046."""

from __future__ import annotations

from typing import Protocol

from ...execution.request import Json
from ...execution.sharing import encoded

BOUNDARY = "graphql"
DELIMITER = f"\r\n--{BOUNDARY}".encode()
SSE_HEARTBEAT_S = 12.0
MULTIPART_HEARTBEAT_S = 5.0


def _part(body: Json) -> bytes:
    return b"\r\ncontent-type: application/json; charset=utf-8\r\n\r\n" + encoded(body) + DELIMITER


class Format(Protocol):
    """Implemented by ServerSentEvents, MultipartParts and MultipartSubscription."""

    @property
    def content_type(self) -> str:
        """With its parameters."""

    @property
    def opening(self) -> bytes:
        """Sent at once, so that the headers reach the client before there is anything to say."""

    @property
    def heartbeat(self) -> bytes:
        """Sent while nothing happens."""

    @property
    def heartbeat_every_s(self) -> float | None:
        """None where the format has none."""

    def body(self, body: Json) -> bytes:
        """One body of the answer."""

    def ending(self, errors: list[Json] | None, *, has_begun: bool) -> bytes:
        """The end, with the errors that brought it, if it did not come by itself. `has_begun`: a body went before."""


class ServerSentEvents:
    """graphql-sse in distinct connections mode."""

    content_type = "text/event-stream; charset=utf-8"
    opening = heartbeat = b":\n\n"
    heartbeat_every_s = SSE_HEARTBEAT_S

    def body(self, body: Json) -> bytes:
        """A `next` event; JSON has no line breaks of its own."""
        return b"event: next\ndata: " + encoded(body) + b"\n\n"

    def ending(self, errors: list[Json] | None, *, has_begun: bool) -> bytes:
        """The errors as one more result, then `complete`."""
        last = self.body({"errors": errors}) if errors else b""
        return last + b"event: complete\ndata: \n\n"


class MultipartParts:
    """The bodies as they are, one a part: for answers in parts."""

    content_type = f'multipart/mixed; boundary="{BOUNDARY}"; incrementalSpec=v0.2'
    opening = DELIMITER
    heartbeat = b""
    heartbeat_every_s: float | None = None

    def body(self, body: Json) -> bytes:
        """A part with the boundary that ends it, so that no client waits for the next one to know."""
        return _part(body)

    def ending(self, errors: list[Json] | None, *, has_begun: bool) -> bytes:
        """The boundary is the last one."""
        last = self.body({"errors": errors, "hasNext": False} if has_begun else {"errors": errors}) if errors else b""
        return last + b"--\r\n"


class MultipartSubscription(MultipartParts):
    """Apollo's: bodies in a `payload`, and `{}` while there are none."""

    content_type = f'multipart/mixed; boundary="{BOUNDARY}"; subscriptionSpec=1.0'
    heartbeat = _part({})
    heartbeat_every_s = MULTIPART_HEARTBEAT_S

    def body(self, body: Json) -> bytes:
        """A part with a result."""
        return _part({"payload": body})

    def ending(self, errors: list[Json] | None, *, has_begun: bool) -> bytes:
        """Errors of a request that never began are its result; later ones are the transport's."""
        last = b""
        if errors:
            last = _part({"payload": None, "errors": errors}) if has_begun else self.body({"errors": errors})
        return last + b"--\r\n"
