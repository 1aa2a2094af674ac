"""The log lines of a variant as templates: JSON or logfmt, with the facts of the request left in braces."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import NamedTuple

from gateway.demo.scenario.facts import Raw, Text, facts_of
from gateway.demo.scenario.layout import Placed
from gateway.demo.scenario.steps import Note, Step, TemplateValue
from gateway.demo.scenario.topology import ServiceSpec, service_spec

SEVERITY_NUMBERS = {"debug": "5", "info": "9", "warn": "13", "error": "17"}
_SAMPLE = facts_of(0)


class VariantLog(NamedTuple):
    """Units: nanoseconds since the root's start. `template` and `varying` are filled from the request's facts."""

    service: str
    span: int
    offset_ns: int
    level: str
    template: str
    metadata: dict[str, str]
    varying: tuple[tuple[str, Text], ...]


def lines_of(namespace: str, placed: list[Placed]) -> Iterator[VariantLog]:
    """Shape: the lines of each span in turn; every SERVER span ends in exactly one access log line, which names its route."""
    for position, item in enumerate(placed):
        spec = service_spec(namespace, item.step.service)
        for note in item.step.notes:
            yield _line(spec, position, item, note)
        if item.step.failure is not None and item.step.kind in ("SERVER", "CONSUMER"):
            yield _line(spec, position, item, _exception(item.step))
        if item.step.kind == "SERVER":
            yield _line(spec, position, item, _access(spec, item))


def _exception(step: Step) -> Note:
    assert step.failure is not None
    fields: dict[str, TemplateValue] = {
        "exception": step.failure.type,
        "err": step.failure.value,
        "stack": stack_of(step.failure.frames),
    }
    return Note("error", "unhandled exception", fields, at=0.97)


def stack_of(frames: tuple[tuple[str, str, int, bool, str], ...]) -> str:
    return " <- ".join(f"{function} ({file}:{line})" for function, file, line, _, _ in reversed(frames))


def _access(spec: ServiceSpec, item: Placed) -> Note:
    attributes, milliseconds = item.step.attributes, round(item.duration_ns / 1e6, 3)
    level = (
        "error"
        if item.step.http_status >= 500
        else "warn"
        if item.step.http_status >= 400 or milliseconds > 1000
        else "info"
    )
    fields: dict[str, TemplateValue] = {
        "method": attributes["http.request.method"],
        "path": attributes["url.path"],
        "status": item.step.http_status,
    }
    fields |= {"duration_ms": milliseconds} if spec.log_format == "json" else {"duration": f"{milliseconds}ms"}
    return Note(level, "request completed", fields | {"user": Raw("user"), "bytes": Raw("bytes")}, at=1.0)


def _line(spec: ServiceSpec, position: int, item: Placed, note: Note) -> VariantLog:
    metadata, varying = _metadata(spec, item.step, note)
    encode = _json_template if spec.log_format == "json" else _logfmt_template
    fields: dict[str, TemplateValue] = {"level": note.level, "msg": note.message, **note.fields}
    offset = item.offset_ns + int(item.duration_ns * note.at)
    return VariantLog(item.step.service, position, offset, note.level, encode(fields), metadata, varying)


def _metadata(spec: ServiceSpec, step: Step, note: Note) -> tuple[dict[str, str], tuple[tuple[str, Text], ...]]:
    fixed = {
        "detected_level": note.level,
        "flags": "1",
        "scope_name": f"{spec.namespace}.{spec.name}",
        "service_version": spec.version,
        "severity_number": SEVERITY_NUMBERS[note.level],
        "severity_text": note.level.upper(),
        "telemetry_sdk_language": spec.language,
    }
    if note.message == "request completed":
        fixed |= {"http_route": str(step.attributes["http.route"]), "http_response_status_code": str(step.http_status)}
        return fixed, (("enduser_id", Text("{user}")),)
    if note.message == "unhandled exception" and step.failure is not None:
        return fixed | {"exception_type": step.failure.type}, (("exception_message", step.failure.value),)
    return fixed, (("order_id", Text("{order}")),) if "order" in note.fields else ()


def _json_template(fields: Mapping[str, TemplateValue]) -> str:
    return "{{" + ", ".join(f"{json.dumps(key)}: {_json_value(value)}" for key, value in fields.items()) + "}}"


def _json_value(value: TemplateValue) -> str:
    if isinstance(value, Raw):
        return f'"{{{value.key}}}"' if isinstance(_SAMPLE[value.key], str) else f"{{{value.key}}}"
    if isinstance(value, Text):
        return json.dumps(value.template)
    return _no_braces(json.dumps(value))


def _logfmt_template(fields: Mapping[str, TemplateValue]) -> str:
    return " ".join(f"{key}={_logfmt_value(value)}" for key, value in fields.items())


def _logfmt_value(value: TemplateValue) -> str:
    if isinstance(value, Raw):
        return f"{{{value.key}}}"
    if isinstance(value, Text):
        return json.dumps(value.template) if any(mark in value.template for mark in ' "=') else value.template
    text = str(value)
    return _no_braces(json.dumps(text) if any(mark in text for mark in ' "=') else text)


def _no_braces(text: str) -> str:
    return text.replace("{", "{{").replace("}", "}}")
