"""Tempo's answers: a search whose traces come with their spans, and whole traces of a given number of spans."""

from __future__ import annotations

import base64
import json
from functools import lru_cache
from typing import Any

from ..windows import NEWEST_S
from .metrics import SERVICES

FOUND = 20
SPANS_OF_FOUND = 6


def search(params: dict[str, str]) -> bytes:
    """The newest traces of the shop, with at most so many spans each."""
    return _search(int(params["limit"]), int(params.get("spss", 3)))


@lru_cache
def _search(limit: int, spans: int) -> bytes:
    return json.dumps({"traces": [_found(number, spans) for number in range(min(limit, FOUND))]}).encode()


def _found(number: int, spans: int) -> dict[str, Any]:
    start_ns = NEWEST_S * 10**9 - number * 9_876_543_210
    listed = [_found_span(number, place, start_ns) for place in range(min(spans, SPANS_OF_FOUND))]
    found = {"spans": listed, "matched": SPANS_OF_FOUND}
    return {
        "traceID": f"{0xF00D << 64 | number + 1:x}",
        "rootServiceName": "frontend",
        "rootTraceName": "GET /cart",
        "startTimeUnixNano": str(start_ns),
        "durationMs": 90,
        "spanSet": found,
        "spanSets": [found],
    }


def _found_span(trace: int, place: int, start_ns: int) -> dict[str, Any]:
    failed = trace % 5 == 0 and place == 3
    values = {
        "service.namespace": "shop",
        "service.name": SERVICES[place % len(SERVICES)],
        "kind": "server" if place % 2 == 0 else "client",
        "status": "error" if failed else "unset",
        "nestedSetParent": -1 if place == 0 else place,
    }
    return {
        "spanID": f"{(trace << 8 | place) + 1:016x}",
        "name": "GET /cart" if place == 0 else f"step {place}",
        "startTimeUnixNano": str(start_ns + place * 1_000_003),
        "durationNanos": str(90_123_456 - place * 4_000_001),
        "attributes": [_attribute(name, value) for name, value in values.items()],
    }


def trace(trace_id: str) -> bytes:
    """A whole trace; the second half of its id is how many spans it has."""
    return _trace(int(trace_id[16:], 16))


@lru_cache
def _trace(spans: int) -> bytes:
    batches = [
        {"resource": {"attributes": _resource(service)}, "scopeSpans": [{"scope": {"name": service}, "spans": own}]}
        for at, service in enumerate(SERVICES)
        if (own := [_span(number) for number in range(spans) if number % len(SERVICES) == at])
    ]
    return json.dumps({"trace": {"resourceSpans": batches}}).encode()


def _resource(service: str) -> list[dict[str, Any]]:
    values = {
        "service.name": service,
        "service.namespace": "shop",
        "service.version": "1.14.2",
        "service.instance.id": f"{service}-0",
        "telemetry.sdk.language": "python",
        "k8s.pod.name": f"{service}-7d9f-0",
    }
    return [_attribute(name, value) for name, value in values.items()]


def _span(number: int) -> dict[str, Any]:
    start_ns = NEWEST_S * 10**9 + number * 1_000_003
    parent = {} if number == 0 else {"parentSpanId": _id((number - 1) // 4)}
    status = {"code": "STATUS_CODE_ERROR", "message": "connection reset"} if number % 50 == 7 else {}
    values = {
        "http.request.method": "GET",
        "http.route": f"/resource/{number % 30}",
        "http.response.status_code": 200 + number % 3,
        "server.address": f"{SERVICES[number % 5]}.shop.svc",
        "server.port": 8080,
        "network.protocol.version": "1.1",
        "retry": number % 2 == 0,
        "share": number / 7 + 0.25,
    }
    return {
        "traceId": base64.b64encode(bytes(16)).decode(),
        "spanId": _id(number),
        **parent,
        "name": f"GET /resource/{number % 30}",
        "kind": "SPAN_KIND_SERVER" if number % 2 == 0 else "SPAN_KIND_CLIENT",
        "startTimeUnixNano": str(start_ns),
        "endTimeUnixNano": str(start_ns + 400_000_007 - number * 300_007),
        "attributes": [_attribute(name, value) for name, value in values.items()],
        "status": status,
    }


def _id(number: int) -> str:
    return base64.b64encode((number * 0x9E37_79B9 + 1).to_bytes(8, "big")).decode()


def _attribute(name: str, value: object) -> dict[str, Any]:
    if isinstance(value, bool):
        return {"key": name, "value": {"boolValue": value}}
    if isinstance(value, int):
        return {"key": name, "value": {"intValue": str(value)}}
    kind = "doubleValue" if isinstance(value, float) else "stringValue"
    return {"key": name, "value": {kind: value}}
