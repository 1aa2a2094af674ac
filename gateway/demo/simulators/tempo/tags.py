"""The tag endpoints: which attributes there are, and which values they have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from random import Random

from gateway.demo.scenario.requests import Request
from gateway.demo.simulators.tempo.history import History, Window
from gateway.demo.simulators.tempo.parameters import BadRequest, check_query_size, second_range, unsigned
from gateway.demo.simulators.tempo.search import search_window
from gateway.demo.simulators.tempo.tag_filters import SpanTest, tag_filter
from gateway.demo.simulators.tempo.traceql.attributes import LISTED_INTRINSICS, Attribute
from gateway.demo.simulators.tempo.traceql.errors import InvalidQuery
from gateway.demo.simulators.tempo.traceql.getters import getter
from gateway.demo.simulators.tempo.traceql.parser import parse_identifier
from gateway.demo.simulators.tempo.traceql.values import Duration, Value, plain, type_of
from gateway.demo.simulators.tempo.traceql.views import SpanView, Undetermined
from gateway.demo.simulators.tempo.wire import Json

SCOPES = ("resource", "span", "intrinsic", "event", "link", "instrumentation")
MOST_REQUESTS = 4_000
"""How many traces are opened for an attribute that differs from one to the next; Tempo stops at a number of bytes."""
_METRICS = {"inspectedBytes": "421275"}
_ENUMERATED = {
    "status": {"unset": 0, "ok": 1, "error": 2},
    "kind": {"unspecified": 0, "internal": 1, "server": 2, "client": 3, "producer": 4, "consumer": 5},
}


class Tags:
    """Answers what could be searched for. Without a range, only recent traces are asked."""

    def __init__(self, history: History, clock: Callable[[], int]) -> None:
        self._history = history
        self._clock = clock

    def names(self, params: Mapping[str, str]) -> Json:
        """v2. `limit` counts per scope. Raises: BadRequest."""
        scope = _scope(params)
        window, limit, test = self._parse(params)
        scopes = [] if scope == "intrinsic" else self._scopes(window, test, scope)
        if scope in {"", "intrinsic"}:
            scopes.insert(2, ("intrinsic", set(LISTED_INTRINSICS)))
        shown = [
            {"name": name, "tags": sorted(tags)[: limit if limit and name != "intrinsic" else None]}
            for name, tags in scopes
            if tags
        ]
        return {"scopes": shown, "metrics": _METRICS}

    def names_v1(self, params: Mapping[str, str]) -> Json:
        """All scopes in one list; `q` is not looked at. Raises: BadRequest."""
        scope = _scope(params)
        window, limit, _ = self._parse({**params, "q": ""})
        tags = set(LISTED_INTRINSICS) if scope == "intrinsic" else set()
        for _, found in self._scopes(window, None, scope) if scope != "intrinsic" else []:
            tags |= found
        return {"tagNames": sorted(tags)[: limit or None], "metrics": _METRICS}

    def values(self, tag: str, params: Mapping[str, str]) -> Json:
        """v2. Shape: in no order. Raises: BadRequest."""
        try:
            attribute = parse_identifier(tag)
        except InvalidQuery as error:
            raise BadRequest(f"please provide a valid tagName: failed to parse identifier {tag}: {error}") from error
        window, limit, test = self._parse(params)
        found = self._values(attribute, window, test, limit)
        words = _ENUMERATED.get(attribute.name) if attribute.intrinsic else None
        shown = _enumerated(words, found.values()) if words else [_shown(value) for value in found.values()]
        Random(f"{tag} {window}").shuffle(shown)
        return {"tagValues": shown[: limit or None], "metrics": _METRICS}

    def values_v1(self, tag: str, params: Mapping[str, str]) -> Json:
        """Takes a name without its scope. Shape: sorted. Raises: BadRequest."""
        window, limit, _ = self._parse({**params, "q": ""})
        intrinsic = tag in LISTED_INTRINSICS and ":" not in tag
        found = self._values(Attribute(tag, intrinsic=intrinsic), window, None, limit)
        return {"tagValues": sorted({_text(value) for value in found.values()}), "metrics": _METRICS}

    def _parse(self, params: Mapping[str, str]) -> tuple[Window, int, SpanTest | None]:
        check_query_size(params)
        start, end = second_range(params)
        limit = unsigned(params, "limit")
        return search_window(start, end, self._clock()), limit, tag_filter(params.get("q", ""))

    def _scopes(self, window: Window, test: SpanTest | None, scope: str) -> list[tuple[str, set[str]]]:
        found: dict[str, set[str]] = {name: set() for name in SCOPES if name != "intrinsic" and scope in {"", name}}
        seen: set[int] = set()
        for request in self._history.ascending(window):
            if id(request.variant) in seen:
                continue
            seen.add(id(request.variant))
            for view in self._views(request, test):
                for name, tags in _tags(view):
                    if name in found:
                        found[name].update(tags)
        return list(found.items())

    def _views(self, request: Request, test: SpanTest | None) -> Iterator[SpanView]:
        """The spans of the variant that the filter lets through; a doubtful one is asked of the request."""
        template = self._history.templates.of(request).view
        for view in template.views:
            try:
                passes = test is None or test(view) is True
            except Undetermined:
                actual = self._history.templates.trace(request).views[view.position]
                passes = test is not None and test(actual) is True
            if passes:
                yield view

    def _values(
        self, attribute: Attribute, window: Window, test: SpanTest | None, limit: int
    ) -> dict[tuple[str, str], Value]:
        get, found = getter(attribute), dict[tuple[str, str], Value]()
        settled: set[int] = set()
        opened = 0
        for request in self._history.newest_first(window):
            if id(request.variant) in settled:
                continue
            if limit and len(found) >= limit:
                break
            try:
                _keep(found, [get(view) for view in self._surely(request, test)])
                settled.add(id(request.variant))
            except Undetermined:
                trace = self._history.templates.trace(request)
                _keep(found, [get(view) for view in trace.views if test is None or test(view) is True])
                opened += 1
                if opened >= MOST_REQUESTS:
                    break
        return found

    def _surely(self, request: Request, test: SpanTest | None) -> list[SpanView]:
        """Raises: Undetermined."""
        views = self._history.templates.of(request).view.views
        return [view for view in views if test is None or test(view) is True]


def _scope(params: Mapping[str, str]) -> str:
    scope = params.get("scope", "")
    if scope not in {"", "none", *SCOPES}:
        raise BadRequest(f"invalid scope: {scope}")
    return "" if scope == "none" else scope


def _tags(view: SpanView) -> Iterator[tuple[str, Iterable[str]]]:
    yield "resource", view.span.resource
    yield "span", view.span.attributes
    for event in view.span.events:
        yield "event", event.attributes
    for link in view.span.links:
        yield "link", link.attributes


def _keep(found: dict[tuple[str, str], Value], values: Iterable[Value]) -> None:
    for value in values:
        for item in value if isinstance(value, list) else [value]:
            if item is not None:
                found.setdefault((type_of(item), str(item)), item)


def _enumerated(words: Mapping[str, int], found: Iterable[Value]) -> list[Json]:
    """All words, whether any span has them or not, and the numbers of those that some span has."""
    numbers = [words[str(value)] for value in found]
    return [{"type": "keyword", "value": word} for word in words] + [{"type": "int", "value": str(n)} for n in numbers]


def _shown(value: Value) -> Json:
    name = type_of(value)
    return {"type": "int" if name == "duration" else name, "value": _text(value)}


def _text(value: Value) -> str:
    """A duration is listed as nanoseconds."""
    return str(int(value)) if isinstance(value, Duration) else plain(value)
