"""A search's result as a list shows it, described by the project's own spans alone. Pure."""

from __future__ import annotations

from datasources.records.projects import Project
from datasources.records.traces import FoundSpan, FoundTrace, MatchedSpan, TraceSummary

from .assemble import count_services

MAX_MATCHED = 3


def summarise(project: Project, found: FoundTrace, outline: FoundTrace | None) -> TraceSummary:
    """`found` has the spans that matched, `outline` all of the project's, or the first hundred of them.

    Without an outline (a trace that has left the source meanwhile) the spans that matched have to do.
    """
    spans = outline.spans if outline else found.spans
    start_ns = min(span.start_ns for span in spans)
    root = next((span for span in spans if span.is_root), None)
    count = outline.matched if outline else None
    return TraceSummary(
        id=found.id,
        project=project,
        start_ns=start_ns,
        duration_ns=max(span.end_ns for span in spans) - start_ns,
        root_service=root.service if root else None,
        root_name=root.name if root else None,
        span_count=count,
        error_count=sum(span.is_error for span in spans) if count == len(spans) else None,
        services=count_services((span.service or "unknown_service", span.is_error) for span in spans),
        matched=[_matched(span, {each.id: each.name for each in spans}) for span in found.spans[:MAX_MATCHED]],
    )


def _matched(span: FoundSpan, names: dict[str, str]) -> MatchedSpan:
    return MatchedSpan(
        span_id=span.id,
        name=span.name or names.get(span.id, ""),
        start_ns=span.start_ns,
        duration_ns=span.duration_ns,
        attributes=span.attributes,
    )
