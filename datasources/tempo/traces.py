"""Whole traces: OTLP to records, the scope's spans only. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec import Struct

from ..exceptions import SourceMalformed
from ..http import SourceResponse
from ..records.traces import Attribute, RecordedLink, RecordedSpan, RecordedTrace, SpanEvent, SpanKind, SpanStatus
from ..scope import Rule
from .otlp import OtlpSpan, ResourceSpans, attributes_of, id_from_base64
from .redaction import own_resource_spans
from .responses import read_json

_KINDS = {f"SPAN_KIND_{kind}": kind for kind in SpanKind} | dict(enumerate(SpanKind))
_STATUSES = {f"STATUS_CODE_{status}": status for status in SpanStatus} | dict(enumerate(SpanStatus))


class _Batches(Struct, rename="camel"):
    resource_spans: list[ResourceSpans] = []


class _Answer(Struct):
    trace: _Batches | None = None
    batches: list[ResourceSpans] = []
    status: str = ""


def decode_trace(
    response: SourceResponse, source: str, trace_id: str, scopes: Sequence[tuple[Rule, ...]]
) -> list[RecordedTrace | None]:
    """What each scope sees of the trace: None where it has no span in it, as where there is no such trace.

    An unknown trace is an empty one, or a 404 from other versions.
    """
    if response.status == 404 and not response.body.strip():
        return [None] * len(scopes)
    answer = read_json(response, _Answer, source)
    found = answer.trace.resource_spans if answer.trace else answer.batches
    try:
        return [_within(found, rules, trace_id, partial=answer.status == "PARTIAL") for rules in scopes]
    except ValueError as error:
        raise SourceMalformed(f"{source}: the trace is not what its interface promises", source=source) from error


def _within(
    found: list[ResourceSpans], rules: tuple[Rule, ...], trace_id: str, *, partial: bool
) -> RecordedTrace | None:
    own, hidden = own_resource_spans(found, rules)
    spans = [span for each in own for span in _spans_of(each)]
    if not spans:
        return None
    return RecordedTrace(id=trace_id, spans=spans, redacted_spans=hidden, partial=partial)


def _spans_of(found: ResourceSpans) -> list[RecordedSpan]:
    resource = attributes_of(found.resource.attributes)
    service = next((str(each.value) for each in resource if each.name == "service.name"), "unknown_service")
    return [_span(span, service, resource) for scope in found.scope_spans for span in scope.spans]


def _span(span: OtlpSpan, service: str, resource: list[Attribute]) -> RecordedSpan:
    parent = id_from_base64(span.parent_span_id, 8) if span.parent_span_id else None
    return RecordedSpan(
        id=id_from_base64(span.span_id, 8),
        parent_id=parent if parent and parent.strip("0") else None,
        name=span.name,
        service=service,
        kind=_KINDS.get(span.kind, SpanKind.UNSPECIFIED),
        status=_STATUSES.get(span.status.code, SpanStatus.UNSET),
        status_message=span.status.message or None,
        start_ns=span.start_time_unix_nano,
        end_ns=span.end_time_unix_nano,
        attributes=attributes_of(span.attributes),
        resource=resource,
        events=[SpanEvent(each.name, each.time_unix_nano, attributes_of(each.attributes)) for each in span.events],
        links=[
            RecordedLink(
                id_from_base64(link.trace_id, 16), id_from_base64(link.span_id, 8), attributes_of(link.attributes)
            )
            for link in span.links
            if link.trace_id and link.span_id
        ],
    )
