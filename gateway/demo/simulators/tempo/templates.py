"""What can be said of all requests of a variant at once, so that a query is answered per variant and not per request."""

from __future__ import annotations

from gateway.demo.scenario.requests import Request
from gateway.demo.scenario.variants import VariantSpan
from gateway.demo.simulators.tempo.traceql.views import TraceView

_ALWAYS_UNKNOWN = frozenset({"trace:id", "span:id", "span:parentID"})
_OF_A_FAILURE = frozenset({"statusMessage", "event.exception.message", "event.exception.stacktrace"})
_OF_A_LINK = frozenset({"link", "link:traceID", "link:spanID"})


class Template:
    """One variant: a view whose varying attributes are unknown. Units: nanoseconds since the root's start."""

    def __init__(self, request: Request) -> None:
        spans = request.variant.spans
        self.variant = request.variant  # keeps the id, by which templates are found, from being given away
        self.view = TraceView(request, unknown=[_unknown(span) for span in spans])
        self.last_offset_ns = max(span.offset_ns for span in spans)
        self.end_offset_ns = max(span.end_offset_ns for span in spans)


class Templates:
    """Made when a variant is first seen, and kept: there are some hundreds."""

    def __init__(self) -> None:
        self._by_variant: dict[int, Template] = {}

    def of(self, request: Request) -> Template:
        key = id(request.variant)
        template = self._by_variant.get(key)
        if template is None:
            template = self._by_variant[key] = Template(request)
        return template

    def trace(self, request: Request) -> TraceView:
        """The request itself, with its variant's view to spare what that has settled."""
        return TraceView(request, pattern=self.of(request).view)


def _unknown(span: VariantSpan) -> frozenset[str]:
    names = {f"span.{key}" for key, _ in span.varying}
    if span.failure is not None and "{" in span.failure.value.template:
        names |= _OF_A_FAILURE
    if span.follows:
        names |= _OF_A_LINK
    return _ALWAYS_UNKNOWN | names
