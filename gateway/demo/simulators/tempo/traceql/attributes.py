"""Attributes: what a span, its resource, its events and its links carry, and what every span has by nature."""

from __future__ import annotations

from dataclasses import dataclass

from gateway.demo.simulators.tempo.traceql.values import TypeName

INTRINSIC_TYPES: dict[str, TypeName] = {
    "duration": "duration",
    "name": "string",
    "status": "status",
    "statusMessage": "string",
    "kind": "kind",
    "span:childCount": "int",
    "rootServiceName": "string",
    "rootName": "string",
    "traceDuration": "duration",
    "nestedSetLeft": "int",
    "nestedSetRight": "int",
    "nestedSetParent": "int",
    "event:name": "string",
    "event:timeSinceStart": "duration",
    "link:spanID": "string",
    "link:traceID": "string",
    "instrumentation:name": "attribute",
    "instrumentation:version": "attribute",
    "parent": "nil",
    "trace:id": "string",
    "span:id": "string",
    "span:parentID": "string",
}
"""By the name under which Tempo prints them."""

UNSCOPED_INTRINSICS = frozenset(
    "duration name status statusMessage kind parent rootName rootServiceName traceDuration "
    "nestedSetLeft nestedSetRight nestedSetParent".split()
)
SCOPED_INTRINSICS: dict[tuple[str, str], str] = {
    ("trace:", "duration"): "traceDuration",
    ("trace:", "rootName"): "rootName",
    ("trace:", "rootService"): "rootServiceName",
    ("trace:", "id"): "trace:id",
    ("span:", "duration"): "duration",
    ("span:", "name"): "name",
    ("span:", "kind"): "kind",
    ("span:", "status"): "status",
    ("span:", "statusMessage"): "statusMessage",
    ("span:", "id"): "span:id",
    ("span:", "parentID"): "span:parentID",
    ("span:", "childCount"): "span:childCount",
    ("event:", "name"): "event:name",
    ("event:", "timeSinceStart"): "event:timeSinceStart",
    ("link:", "traceID"): "link:traceID",
    ("link:", "spanID"): "link:spanID",
    ("instrumentation:", "name"): "instrumentation:name",
    ("instrumentation:", "version"): "instrumentation:version",
}
LISTED_INTRINSICS = (
    "duration event:name event:timeSinceStart instrumentation:name instrumentation:version kind link:spanID link:traceID name "
    "rootName rootServiceName span:duration span:id span:kind span:name span:parentID span:status span:statusMessage status "
    "statusMessage trace:duration trace:id trace:rootName trace:rootService traceDuration"
).split()
"""What the tag endpoints name under `intrinsic`."""

_ENDS_NAME = frozenset("{}()=~!<>&|^,")


@dataclass(frozen=True, slots=True)
class Attribute:
    """Shape: `scope` is "" where any will do; an intrinsic has its printed name and no scope."""

    name: str
    scope: str = ""
    intrinsic: bool = False
    parent: bool = False

    @property
    def type(self) -> TypeName:
        return INTRINSIC_TYPES[self.name] if self.intrinsic else "attribute"

    def __str__(self) -> str:
        name = self.name
        if any(character.isspace() or character in _ENDS_NAME or character == '"' for character in name):
            escaped = name.replace("\\", "\\\\").replace('"', '\\"')
            name = f'"{escaped}"'
        if self.intrinsic:
            return name
        scopes = [*(["parent"] if self.parent else []), *([self.scope] if self.scope else [])]
        return ".".join([*scopes, name]) if scopes else f".{name}"
