"""The endpoints detected_fields and detected_field/{name}/values: what a sample of lines holds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from random import Random
from typing import Any, NamedTuple

from starlette.responses import Response

from gateway.demo.simulators.loki.answers import bare
from gateway.demo.simulators.loki.extraction import flatten, label_name, logfmt_pairs, parse_object
from gateway.demo.simulators.loki.form import Parameters
from gateway.demo.simulators.loki.go_values import parse_duration, parse_size
from gateway.demo.simulators.loki.line_state import LineState
from gateway.demo.simulators.loki.log_queries import LogWindow, select_lines
from gateway.demo.simulators.loki.parameters import check_lines, parse_bounds, parse_limit
from gateway.demo.simulators.loki.parser import parse_log_selector
from gateway.demo.simulators.loki.store import LogStore

_DEFAULT_FIELDS = 1000
_FLOAT = re.compile(r"[+-]?\d+\.\d+(?:[eE][+-]?\d+)?")


class _Field(NamedTuple):
    parser: str
    path: tuple[str, ...]
    values: set[str]


def detected_fields(store: LogStore, parameters: Parameters) -> Response:
    """/loki/api/v1/detected_fields: in no order."""
    limit = parse_limit(parameters, default=_DEFAULT_FIELDS)
    found = [_described(name, field) for name, field in _fields(store, parameters).items()]
    Random(len(found)).shuffle(found)
    return bare({"fields": found[:limit], "limit": limit} if found else {})


def detected_field_values(store: LogStore, parameters: Parameters, name: str) -> Response:
    """/loki/api/v1/detected_field/{name}/values."""
    limit = parse_limit(parameters, default=_DEFAULT_FIELDS)
    field = _fields(store, parameters).get(name)
    return bare({"values": sorted(field.values)[:limit], "limit": limit} if field else {})


def _fields(store: LogStore, parameters: Parameters) -> dict[str, _Field]:
    selector = parse_log_selector(parameters.get("query", ""))
    start, end = parse_bounds(parameters, store.now_ns())
    count = parse_limit(parameters, "line_limit")
    check_lines(count)
    fields: dict[str, _Field] = {}
    for state in select_lines(store, selector, LogWindow(start, end, count)):
        for name, value, parser, path in _contents(state):
            fields.setdefault(name, _Field(parser, path, set())).values.add(value)
    return fields


def _contents(state: LineState) -> Iterator[tuple[str, str, str, tuple[str, ...]]]:
    """Shape: (label, value, parser or "" for structured metadata, path in the JSON)."""
    metadata = state.metadata()
    for name, value in metadata.items():
        yield name, value, "", ()
    taken = metadata.keys() | state.stream_labels().keys()
    parsed = parse_object(state.line)
    if parsed is not None:
        for name, value, path in flatten(parsed):
            yield f"{name}_extracted" if name in taken else name, value, "json", path
    else:
        for key, text in logfmt_pairs(state.line):
            name = label_name(key)
            if text:
                yield f"{name}_extracted" if name in taken else name, text, "logfmt", ()


def _described(name: str, field: _Field) -> dict[str, Any]:
    described: dict[str, Any] = {
        "label": name,
        "type": _type(next(iter(field.values))),
        "cardinality": len(field.values),
    }
    described["parsers"] = [field.parser] if field.parser else None
    return described | ({"jsonPath": list(field.path)} if field.path else {})


def _type(value: str) -> str:
    if re.fullmatch(r"[+-]?\d+", value):
        return "int"
    if _FLOAT.fullmatch(value):
        return "float"
    if value in {"true", "false"}:
        return "boolean"
    for kind, parse in (("duration", parse_duration), ("bytes", parse_size)):
        try:
            parse(value)
        except ValueError:
            continue
        return kind
    return "string"
