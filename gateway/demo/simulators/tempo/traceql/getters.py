"""Turns an attribute into the function that reads it off a span."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias, cast

from gateway.demo.scenario.signals import AttributeValue, SpanData
from gateway.demo.simulators.tempo.traceql.attributes import Attribute
from gateway.demo.simulators.tempo.traceql.values import KINDS, STATUSES, Duration, Value
from gateway.demo.simulators.tempo.traceql.views import SpanView, Undetermined

Getter: TypeAlias = Callable[[SpanView], Value]

SCOPE_VERSION = "0.9.1"
_KINDS = {word.upper(): kind for word, kind in KINDS.items()}
_STATUSES = {word.upper(): status for word, status in STATUSES.items()}


def stripped(trace_id: str) -> str:
    """Searches and metrics name traces without leading zeros."""
    return trace_id.lstrip("0")


def instrumentation_name(span: SpanData) -> str:
    return f"{span.namespace}.{span.service}"


def getter(attribute: Attribute) -> Getter:
    """Raises, when called on a template: Undetermined."""
    if attribute.intrinsic:
        return _guarded(attribute.name, INTRINSICS[attribute.name])
    name = attribute.name
    match attribute.scope:
        case "span":
            return _guarded(str(attribute), lambda view: _value(view.span.attributes.get(name)))
        case "resource":
            return lambda view: _value(view.span.resource.get(name))
        case "event":
            return _guarded(str(attribute), lambda view: _of_several(e.attributes.get(name) for e in view.span.events))
        case "link":
            return _guarded("link", lambda view: _of_several(link.attributes.get(name) for link in view.span.links))
        case "instrumentation":
            return lambda _: None
        case _:
            return _unscoped(name)


def _unscoped(name: str) -> Getter:
    """The span's own, else the resource's."""

    def get(view: SpanView) -> Value:
        found = view.span.attributes.get(name)
        return _value(view.span.resource.get(name) if found is None else found)

    return _guarded(f"span.{name}", get)


def _guarded(key: str, get: Getter) -> Getter:
    def guarded(view: SpanView) -> Value:
        if key in view.unknown:
            raise Undetermined(key)
        return get(view)

    return guarded


def _value(value: AttributeValue | None) -> Value:
    return value


def _of_several(values: Iterable[Value]) -> Value:
    """One value stands for itself, several for an array of which any element may match."""
    found = [value for value in values if value is not None]
    if len(found) < 2:
        return found[0] if found else None
    return cast("list[str]", [item for value in found for item in (value if isinstance(value, list) else [value])])


INTRINSICS: dict[str, Getter] = {
    "duration": lambda view: Duration(view.span.duration_ns),
    "name": lambda view: view.span.name,
    "status": lambda view: _STATUSES[view.span.status],
    "statusMessage": lambda view: view.span.status_message,
    "kind": lambda view: _KINDS[view.span.kind],
    "span:childCount": lambda view: view.trace.child_counts[view.position],
    "rootServiceName": lambda view: view.trace.root.service,
    "rootName": lambda view: view.trace.root.name,
    "traceDuration": lambda view: Duration(view.trace.duration_ns),
    "nestedSetLeft": lambda view: view.trace.nested_sets[view.position][0],
    "nestedSetRight": lambda view: view.trace.nested_sets[view.position][1],
    "nestedSetParent": lambda view: view.trace.nested_sets[view.position][2],
    "event:name": lambda view: _of_several(event.name for event in view.span.events),
    "event:timeSinceStart": lambda view: _of_several(Duration(e.at_ns - view.span.start_ns) for e in view.span.events),
    "link:spanID": lambda view: _of_several(link.span_id for link in view.span.links),
    "link:traceID": lambda view: _of_several(stripped(link.trace_id) for link in view.span.links),
    "instrumentation:name": lambda view: instrumentation_name(view.span),
    "instrumentation:version": lambda view: SCOPE_VERSION,
    "parent": lambda view: None,
    "trace:id": lambda view: stripped(view.trace.request.trace_id),
    "span:id": lambda view: view.span.span_id,
    "span:parentID": lambda view: view.span.parent_id or "",
}
