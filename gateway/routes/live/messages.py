"""The messages of graphql-transport-ws. Source: PROTOCOL.md of graphql-ws."""

from __future__ import annotations

import enum

import orjson
from msgspec import Struct

from ...execution.request import Json

PROTOCOL = "graphql-transport-ws"
MAX_ID_CHARS = 256
MAX_REASON_BYTES = 123
"""What a close frame has room for. Source: RFC 6455 section 5.5."""


class CloseCode(enum.IntEnum):
    """Why a socket is closed."""

    GOING_AWAY = 1001
    TRY_AGAIN_LATER = 1013
    BAD_REQUEST = 4400
    UNAUTHORIZED = 4401
    FORBIDDEN = 4403
    SUBPROTOCOL_NOT_ACCEPTABLE = 4406
    INITIALISATION_TIMEOUT = 4408
    SUBSCRIBER_EXISTS = 4409
    TOO_MANY_INITIALISATIONS = 4429
    INTERNAL_ERROR = 4500


class ProtocolFault(Exception):
    """The client breaks the protocol, or may not go on: the socket is closed."""

    def __init__(self, code: CloseCode, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Type(enum.StrEnum):
    """What a client may send."""

    CONNECTION_INIT = "connection_init"
    PING = "ping"
    PONG = "pong"
    SUBSCRIBE = "subscribe"
    COMPLETE = "complete"


_TYPES = {member.value: member for member in Type}


class Message(Struct, frozen=True):
    """One message of a client. `id` is empty where the type has none."""

    type: Type
    id: str = ""
    payload: Json | None = None


def parse_message(text: str | None) -> Message:
    """A text frame as a message. Raises: ProtocolFault (4400) for anything that the protocol does not have."""
    try:
        value = orjson.loads(text) if text is not None else None
    except orjson.JSONDecodeError:
        raise _invalid("it is no JSON") from None
    if not isinstance(value, dict):
        raise _invalid("it is no text with a JSON object")
    given, payload = value.get("type"), value.get("payload")
    kind = _TYPES.get(given) if isinstance(given, str) else None
    if kind is None:
        raise _invalid("its type is not known")
    if not isinstance(payload, dict) and (payload is not None or kind is Type.SUBSCRIBE):
        raise _invalid("its payload is no object")
    if kind not in (Type.SUBSCRIBE, Type.COMPLETE):
        return Message(kind, payload=payload)
    key = value.get("id")
    if not isinstance(key, str) or not 0 < len(key) <= MAX_ID_CHARS:
        raise _invalid("its id is no text, or too long")
    return Message(kind, key, payload)


def close_reason(text: str) -> str:
    """As much of the text as a close frame takes."""
    return text.encode()[:MAX_REASON_BYTES].decode(errors="ignore")


def _invalid(why: str) -> ProtocolFault:
    return ProtocolFault(CloseCode.BAD_REQUEST, f"Invalid message received: {why}")
