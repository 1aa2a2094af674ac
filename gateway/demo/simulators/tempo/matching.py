"""Which requests a query finds: asked of the variant first, and of the request only where that leaves a doubt."""

from __future__ import annotations

from enum import Enum

from gateway.demo.scenario.requests import Request
from gateway.demo.simulators.tempo.templates import Templates
from gateway.demo.simulators.tempo.traceql.nodes import Pipeline
from gateway.demo.simulators.tempo.traceql.spansets import Spanset, compile_pipeline
from gateway.demo.simulators.tempo.traceql.views import Undetermined


class Verdict(Enum):
    """Of a variant: no request of it matches, every one does, or it depends."""

    NEVER = "never"
    ALWAYS = "always"
    DEPENDS = "depends"


class RequestMatcher:
    """One compiled query with what is known of the variants it has met."""

    def __init__(self, pipeline: Pipeline, templates: Templates) -> None:
        self._match = compile_pipeline(pipeline)
        self._templates = templates
        self._verdicts: dict[int, Verdict] = {}

    def verdict(self, request: Request) -> Verdict:
        key = id(request.variant)
        verdict = self._verdicts.get(key)
        if verdict is None:
            verdict = self._verdicts[key] = self._judge(request)
        return verdict

    def spansets(self, request: Request) -> list[Spanset]:
        """Shape: empty where the request does not match."""
        if self.verdict(request) is Verdict.NEVER:
            return []
        return self._match(self._templates.trace(request))

    def matches(self, request: Request) -> bool:
        verdict = self.verdict(request)
        return verdict is Verdict.ALWAYS or (verdict is Verdict.DEPENDS and bool(self.spansets(request)))

    def template_spansets(self, request: Request) -> list[Spanset]:
        """Of the variant. Raises: Undetermined."""
        return self._match(self._templates.of(request).view)

    def _judge(self, request: Request) -> Verdict:
        try:
            return Verdict.ALWAYS if self.template_spansets(request) else Verdict.NEVER
        except Undetermined:
            return Verdict.DEPENDS
