"""OTLP's traces as Tempo writes them: protojson with defaults left out, 64-bit numbers as text and ids as base64.

The structs are not seen by the garbage collector, which a large trace would keep busy: nothing in them refers back.
"""

from __future__ import annotations

import binascii
from collections.abc import Iterable, Mapping

import msgspec
from msgspec import Struct, field

from ..records.traces import Attribute

MAX_VALUE_DEPTH = 20


class KeyValue(Struct, gc=False):
    """An attribute. The value is `{"stringValue": ...}` and the like, or `{}`."""

    key: str = ""
    value: dict[str, object] = {}


class Event(Struct, rename="camel", gc=False):
    """A span event."""

    time_unix_nano: int = 0
    name: str = ""
    attributes: list[KeyValue] = []


class Link(Struct, rename="camel", gc=False):
    """A span link."""

    trace_id: str = ""
    span_id: str = ""
    attributes: list[KeyValue] = []


class Status(Struct, gc=False):
    """A span's status; `{}` where it is unset."""

    code: str | int = 0
    message: str = ""


class OtlpSpan(Struct, rename="camel", gc=False):
    """A span. A kind or a status may come by name or by number."""

    span_id: str
    parent_span_id: str = ""
    name: str = ""
    kind: str | int = 0
    start_time_unix_nano: int = 0
    end_time_unix_nano: int = 0
    attributes: list[KeyValue] = []
    events: list[Event] = []
    links: list[Link] = []
    status: Status = field(default_factory=Status)


class ScopeSpans(Struct):
    """The spans of one instrumentation scope."""

    spans: list[OtlpSpan] = []


class Resource(Struct):
    """What produced the spans."""

    attributes: list[KeyValue] = []


class ResourceSpans(Struct, rename="camel"):
    """The spans of one resource. One resource may come several times in a trace."""

    resource: Resource = field(default_factory=Resource)
    scope_spans: list[ScopeSpans] = []

    @property
    def span_count(self) -> int:
        """How many spans it holds."""
        return sum(len(scope.spans) for scope in self.scope_spans)


def id_from_base64(text: str, size_bytes: int) -> str:
    """Lower-case hex of an id as trace bodies write it. Hex of the full length, as other versions write it, is taken too.

    Raises: ValueError.
    """
    if len(text) == size_bytes * 2:
        return bytes.fromhex(text).hex()
    raw = binascii.a2b_base64(text, strict_mode=True)
    if len(raw) > size_bytes:
        raise ValueError(f"an id of {len(raw)} bytes")
    return raw.hex().rjust(size_bytes * 2, "0")


def id_from_hex(text: str, size_bytes: int) -> str:
    """Lower-case hex of an id as searches write it: with its leading zeros stripped.

    Raises: ValueError.
    """
    return bytes.fromhex(text.rjust(size_bytes * 2, "0")).hex()


def attributes_of(pairs: Iterable[KeyValue]) -> list[Attribute]:
    """Attributes with plain values; one without a value says nothing and is left out."""
    plain = [(pair.key, plain_value(pair.value)) for pair in pairs]
    return [Attribute(name, value) for name, value in plain if value is not None]


def plain_value(value: Mapping[str, object], depth: int = 0) -> object:
    """The JSON value of an AnyValue; None for one without a value, or one that is nested absurdly deep."""
    for kind, raw in value.items():
        if kind == "intValue":
            return int(raw) if isinstance(raw, str | int) else None
        if kind in ("arrayValue", "kvlistValue"):
            return _nested(kind, raw, depth + 1)
        return raw
    return None


def label_value(value: Mapping[str, object]) -> str:
    """The value as text, the way that labels carry it: `true`, `502`, `0.5`, lists as JSON."""
    plain = plain_value(value)
    if isinstance(plain, str):
        return plain
    return "" if plain is None else msgspec.json.encode(plain).decode()


def texts_of(pairs: Iterable[KeyValue]) -> dict[str, str]:
    """The attributes whose values are text. A name that comes with two different values is left out: it shows nothing."""
    found: dict[str, str] = {}
    torn = set()
    for pair in pairs:
        text = pair.value.get("stringValue")
        if not isinstance(text, str) or found.setdefault(pair.key, text) != text:
            torn.add(pair.key)
    return {name: text for name, text in found.items() if name not in torn}


def _nested(kind: str, raw: object, depth: int) -> object:
    values = raw.get("values") if isinstance(raw, dict) else None
    if depth > MAX_VALUE_DEPTH:
        return None
    items = [item for item in values or () if isinstance(item, dict)]
    if kind == "arrayValue":
        return [plain_value(item, depth) for item in items]
    return {str(item.get("key")): plain_value(item.get("value") or {}, depth) for item in items}
