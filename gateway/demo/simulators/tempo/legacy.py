"""Searches without TraceQL: by tags in logfmt and by the duration of the trace."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from gateway.demo.scenario.requests import Request
from gateway.demo.scenario.signals import SpanData
from gateway.demo.simulators.tempo.parameters import BadRequest, go_duration_parameter
from gateway.demo.simulators.tempo.traceql.values import plain

_PAIR = re.compile(r'\s*([^\s="]+)=(?:"((?:[^"\\]|\\.)*)"|([^\s"]*))')
_TRACE_TAGS = frozenset({"root.name", "root.service.name"})


@dataclass(frozen=True)
class TagSearch:
    """Units: nanoseconds; 0 means no bound."""

    tags: tuple[tuple[str, str], ...]
    shortest_ns: int
    longest_ns: int

    @staticmethod
    def parse(params: Mapping[str, str]) -> TagSearch:
        """Raises: BadRequest."""
        tags = _logfmt(params.get("tags", ""))
        shortest, longest = (go_duration_parameter(params, name) for name in ("minDuration", "maxDuration"))
        if longest and shortest > longest:
            raise BadRequest("invalid maxDuration: must be greater than minDuration")
        return TagSearch(tags, shortest, longest)

    def matches(self, request: Request) -> bool:
        if request.duration_ns < self.shortest_ns or (self.longest_ns and request.duration_ns > self.longest_ns):
            return False
        return not self.tags or all(any(_has(span, *tag) for span in request.spans) for tag in self.tags)


def _has(span: SpanData, key: str, value: str) -> bool:
    if key in _TRACE_TAGS:
        return span.parent_id is None and (span.name if key == "root.name" else span.service) == value
    if key == "name":
        return value in span.name
    found = span.attributes.get(key, span.resource.get(key))
    return found is not None and plain(found) == value


def _logfmt(text: str) -> tuple[tuple[str, str], ...]:
    tags: dict[str, str] = {}
    at = 0
    while text[at:].strip():
        match = _PAIR.match(text, at)
        if match is None:
            raise BadRequest(f"invalid tags: unexpected '{text[at:].strip()[0]}' at pos {at + 1}")
        key, quoted, bare = match.groups()
        if key in tags:
            raise BadRequest(f"invalid tags: tag {key} has been set twice")
        tags[key] = re.sub(r"\\(.)", r"\1", quoted) if quoted is not None else bare
        at = match.end()
    return tuple(tags.items())
