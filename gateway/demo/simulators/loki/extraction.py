"""The parsers of a pipeline: json, logfmt, regexp, pattern and unpack turn a line into labels."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

import msgspec

from gateway.demo.simulators.loki.line_patterns import compile_capture
from gateway.demo.simulators.loki.line_state import LineState
from gateway.demo.simulators.loki.regexes import compile_regex
from gateway.demo.simulators.loki.syntax import LabelParser

_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_]")
_PAIR = re.compile(r'([^\s="]+)(=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*)))?')
_PATH = re.compile(r'\["([^"]+)"\]|\[(\d+)\]|([A-Za-z_][\w-]*)')
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r"}
_NO_JSON = "Value looks like object, but can't find closing '}' symbol"

Extract = Callable[[LineState], None]


def compile_parser(parser: LabelParser) -> Extract:
    """A function that adds the labels of a line to its state; it never refuses a line, it marks it."""
    if parser.kind == "json":
        return _json_paths(parser.wanted) if parser.wanted else _json_all
    if parser.kind == "logfmt":
        return _logfmt(parser)
    if parser.kind == "unpack":
        return _unpack
    search = (
        compile_regex(parser.parameter).search if parser.kind == "regexp" else compile_capture(parser.parameter).match
    )
    return _named_groups(search)


def flatten(value: dict[str, Any], prefix: str = "") -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Shape: (label, text, path); nested objects joined with `_`, arrays and nulls left out."""
    for key, item in value.items():
        name = label_name(f"{prefix}{key}")
        if isinstance(item, dict):
            for label, text, path in flatten(item, f"{name}_"):
                yield label, text, (key, *path)
        elif item is not None and not isinstance(item, list):
            yield name, json_text(item), (key,)


def label_name(key: str) -> str:
    """A key with everything replaced that no label's name may hold."""
    name = _NOT_IN_NAMES.sub("_", key)
    return f"_{name}" if name[:1].isdigit() else name


def json_text(value: object) -> str:
    """A JSON value as a label holds it."""
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else msgspec.json.encode(value).decode()


def parse_object(line: str) -> dict[str, Any] | None:
    """The JSON object that a line is, or None."""
    if not line.lstrip().startswith("{"):
        return None
    try:
        value = msgspec.json.decode(line)
    except msgspec.DecodeError:
        return None
    return value if isinstance(value, dict) else None


def logfmt_pairs(line: str) -> list[tuple[str, str | None]]:
    """Shape: (key, value); None for a key without a value. What is no pair is passed over."""
    pairs: list[tuple[str, str | None]] = []
    for key, assigned, quoted, plain in _PAIR.findall(line):
        text = _ESCAPED.sub(lambda found: _ESCAPES.get(found[1], found[1]), quoted) if "\\" in quoted else quoted
        pairs.append((key, text or plain if assigned else None))
    return pairs


def _json_all(state: LineState) -> None:
    value = parse_object(state.line)
    if value is None:
        state.fail("JSONParserErr", _NO_JSON)
        return
    for label, text, _ in flatten(value):
        if text:
            state.add_parsed(label, text)


def _json_paths(wanted: tuple[tuple[str, str], ...]) -> Extract:
    paths = [(name, [int(i) if i else q or w for q, i, w in _PATH.findall(expression)]) for name, expression in wanted]

    def extract(state: LineState) -> None:
        value = parse_object(state.line)
        if value is None:
            state.fail("JSONParserErr", _NO_JSON)
            return
        for name, path in paths:
            found = _follow(value, path)
            if found is not None:
                state.add_parsed(name, json_text(found))

    return extract


def _follow(value: Any, path: list[str | int]) -> Any:
    for step in path:
        try:
            value = value[step]
        except (KeyError, IndexError, TypeError):
            return None
    return value


def _logfmt(parser: LabelParser) -> Extract:
    keep_empty, strict = "--keep-empty" in parser.flags, "--strict" in parser.flags
    wanted = {expression: name for name, expression in parser.wanted}

    def extract(state: LineState) -> None:
        if strict and state.line.count('"') % 2:
            state.fail("LogfmtParserErr", "logfmt syntax error: unterminated quoted value")
            return
        for key, value in logfmt_pairs(state.line):
            if (value or keep_empty) and (not wanted or key in wanted):
                state.add_parsed(wanted.get(key) or label_name(key), value or "")

    return extract


def _named_groups(search: Callable[[str], re.Match[str] | None]) -> Extract:
    def extract(state: LineState) -> None:
        found = search(state.line)
        for name, text in found.groupdict().items() if found else ():
            if text is not None:
                state.add_parsed(name, text)

    return extract


def _unpack(state: LineState) -> None:
    value = parse_object(state.line)
    if value is None:
        state.fail("JSONParserErr", "expecting json object(6), but it is not")
        return
    for key, text in value.items():
        if key == "_entry" and isinstance(text, str):
            state.line = text
        elif isinstance(text, str):
            state.add_parsed(label_name(key), text)
