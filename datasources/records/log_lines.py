"""The fields inside a log line: JSON objects and logfmt, named the way Loki's parsers name them."""

from __future__ import annotations

import re

import msgspec

MAX_FIELDS = 100
_NOT_IN_NAMES = re.compile(r"[^A-Za-z0-9_]")
_PAIR = re.compile(r'(?<!\S)([^\s="]++)=(?:"((?:[^"\\]|\\.)*+)"|([^\s"]*+))(?!\S)')
_ESCAPE = re.compile(r"\\(.)")
_ESCAPED = {"n": "\n", "t": "\t", "r": "\r"}
_decoder = msgspec.json.Decoder()


def parse_fields(line: str) -> dict[str, str]:
    """The fields of a line that is one JSON object, or logfmt throughout; none for any other line.

    Shape: nested objects are flattened with `_`, other characters in names become `_`; arrays and nulls are left out;
    at most 100 fields.
    """
    text = line.strip()
    if text.startswith("{"):
        return _json_fields(text)
    return _logfmt_fields(text) if "=" in text else {}


def _json_fields(text: str) -> dict[str, str]:
    try:
        decoded = _decoder.decode(text)
    except (msgspec.DecodeError, ValueError, RecursionError):
        return {}
    found: dict[str, str] = {}
    if isinstance(decoded, dict):
        _flatten(decoded, "", found)
    return found


def _flatten(decoded: dict[str, object], prefix: str, found: dict[str, str]) -> None:
    for key, value in decoded.items():
        if len(found) >= MAX_FIELDS:
            return
        name = prefix + _name(key)
        if isinstance(value, dict):
            _flatten(value, f"{name}_", found)
        elif isinstance(value, bool):
            found.setdefault(name, "true" if value else "false")
        elif isinstance(value, str | int | float):
            found.setdefault(name, str(value))


def _logfmt_fields(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    end = 0
    for pair in _PAIR.finditer(text):
        if text[end : pair.start()].strip():
            return {}  # a word that is not a pair: prose with an equals sign in it
        end = pair.end()
        key, quoted, plain = pair.groups()
        value = plain if quoted is None else _ESCAPE.sub(lambda escape: _ESCAPED.get(escape[1], escape[1]), quoted)
        if len(found) < MAX_FIELDS:
            found.setdefault(_name(key), value)
    return {} if text[end:].strip() else found


def _name(key: str) -> str:
    if key.isascii() and key.isidentifier():
        return key
    name = _NOT_IN_NAMES.sub("_", key)
    return f"_{name}" if name[:1].isdigit() else name
