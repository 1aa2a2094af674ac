"""The few messages of OTLP that a trace needs, in protobuf's wire format."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from gateway.demo.scenario.signals import SpanData
from gateway.demo.simulators.tempo.traceql.getters import SCOPE_VERSION, instrumentation_name

_KINDS = {"UNSPECIFIED": 0, "INTERNAL": 1, "SERVER": 2, "CLIENT": 3, "PRODUCER": 4, "CONSUMER": 5}
_STATUSES = {"UNSET": 0, "OK": 1, "ERROR": 2}


def traces_data(spans: Sequence[SpanData]) -> bytes:
    """opentelemetry.proto.trace.v1.TracesData."""
    by_service: dict[str, list[SpanData]] = {}
    for span in spans:
        by_service.setdefault(span.service, []).append(span)
    return b"".join(_bytes(1, _resource_spans(group)) for group in by_service.values())


def trace_by_id_response(spans: Sequence[SpanData]) -> bytes:
    """Tempo's wrapper of version 2: the trace is field 1."""
    return _bytes(1, traces_data(spans)) + _bytes(2, b"")


def _resource_spans(spans: Sequence[SpanData]) -> bytes:
    scope = _bytes(1, instrumentation_name(spans[0]).encode()) + _bytes(2, SCOPE_VERSION.encode())
    scope_spans = _bytes(1, scope) + b"".join(_bytes(2, _span(span)) for span in spans)
    return _bytes(1, _attributes(1, spans[0].resource)) + _bytes(2, scope_spans)


def _span(span: SpanData) -> bytes:
    parent = _bytes(4, bytes.fromhex(span.parent_id)) if span.parent_id else b""
    status = _bytes(2, span.status_message.encode()) if span.status_message else b""
    return b"".join(
        (
            _bytes(1, bytes.fromhex(span.trace_id)),
            _bytes(2, bytes.fromhex(span.span_id)),
            parent,
            _bytes(5, span.name.encode()),
            _number(6, _KINDS[span.kind]),
            _fixed(7, span.start_ns),
            _fixed(8, span.start_ns + span.duration_ns),
            _attributes(9, span.attributes),
            *(
                _bytes(11, _fixed(1, event.at_ns) + _bytes(2, event.name.encode()) + _attributes(3, event.attributes))
                for event in span.events
            ),
            *(
                _bytes(
                    13,
                    _bytes(1, bytes.fromhex(link.trace_id))
                    + _bytes(2, bytes.fromhex(link.span_id))
                    + _attributes(4, link.attributes),
                )
                for link in span.links
            ),
            _bytes(15, status + _number(3, _STATUSES[span.status])),
        )
    )


def _attributes(field: int, values: Mapping[str, Any]) -> bytes:
    return b"".join(
        _bytes(field, _bytes(1, key.encode()) + _bytes(2, _any_value(value))) for key, value in values.items()
    )


def _any_value(value: Any) -> bytes:
    if isinstance(value, bool):
        return _varint(2 << 3) + _varint(int(value))
    if isinstance(value, int):
        return _varint(3 << 3) + _varint(value)
    if isinstance(value, float):
        return _varint(4 << 3 | 1) + struct.pack("<d", value)
    if isinstance(value, list):
        return _bytes(5, _array(value))
    return _bytes(1, str(value).encode())


def _array(values: Iterable[Any]) -> bytes:
    return b"".join(_bytes(1, _any_value(value)) for value in values)


def _bytes(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value) if value else b""


def _fixed(field: int, value: int) -> bytes:
    return _varint(field << 3 | 1) + struct.pack("<Q", value)


def _varint(value: int) -> bytes:
    value &= (1 << 64) - 1
    out = bytearray()
    while value > 127:
        out.append(value & 127 | 128)
        value >>= 7
    out.append(value)
    return bytes(out)
