"""A request that happened: a variant at a time, whose spans, log lines and errors are made when asked for."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from gateway.demo.scenario.facts import Facts, facts_of, fill
from gateway.demo.scenario.lines import VariantLog, stack_of
from gateway.demo.scenario.signals import AttributeValue, ErrorData, LogData, SpanData, SpanEvent, SpanLink
from gateway.demo.scenario.steps import Failure
from gateway.demo.scenario.topology import ENVIRONMENT, SERVICES
from gateway.demo.scenario.trace_ids import TraceIds
from gateway.demo.scenario.variants import Variant, VariantSpan

_SPECS = {(spec.namespace, spec.name): spec for specs in SERVICES.values() for spec in specs}
_RESOURCES = {key: spec.resource() for key, spec in _SPECS.items()}
_STREAMS = {key: spec.stream() for key, spec in _SPECS.items()}
_POSITIONS = 4096


def _module(file: str) -> str:
    return file.rsplit(".", 1)[0].removeprefix("src/").replace("/", ".")


class Request:
    """Units: nanoseconds. `index` is unique in its namespace and ascends with the minute."""

    __slots__ = ("_facts", "_ids", "_namespace_index", "_trace_id", "index", "start_ns", "variant")

    def __init__(self, ids: TraceIds, namespace_index: int, index: int, start_ns: int, variant: Variant) -> None:
        self._ids = ids
        self._namespace_index = namespace_index
        self._facts: Facts | None = None
        self._trace_id = ""
        self.index = index
        self.start_ns = start_ns
        self.variant = variant

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Request) and self._key == other._key

    def __hash__(self) -> int:
        return hash(self._key)

    def __repr__(self) -> str:
        return f"Request({self.namespace} {self.route} {self.trace_id} {self.start_ns})"

    @property
    def _key(self) -> tuple[int, int, int]:
        return self._namespace_index, self.index, self.start_ns

    @property
    def namespace(self) -> str:
        return self.variant.namespace

    @property
    def route(self) -> str:
        """Method and route of the root, as in "POST /checkout"."""
        return self.variant.route

    @property
    def duration_ns(self) -> int:
        """The root's; consumers may run on after it."""
        return self.variant.duration_ns

    @property
    def failed(self) -> bool:
        """Whether the root answered with a status of 500 or above."""
        return self.variant.failed

    @property
    def trace_id(self) -> str:
        if not self._trace_id:
            self._trace_id = self._ids.encode(self._namespace_index, self.index)
        return self._trace_id

    @property
    def facts(self) -> Facts:
        """Who asked for what, the same in all of this request's signals."""
        if self._facts is None:
            self._facts = facts_of(self._word)
        return self._facts

    @property
    def _word(self) -> int:
        return int(self.trace_id[16:], 16)

    def span_id(self, position: int) -> str:
        """The id of the variant's span at a position."""
        return self._ids.span_id(self._word, position)

    @property
    def spans(self) -> tuple[SpanData, ...]:
        """Shape: the root first, parents before children."""
        return tuple(self._span(position, span) for position, span in enumerate(self.variant.spans))

    def span(self, position: int) -> SpanData:
        """The span at a position of the variant's spans."""
        return self._span(position, self.variant.spans[position])

    @property
    def logs(self) -> tuple[LogData, ...]:
        return tuple(self.log(position) for position in range(len(self.variant.logs)))

    @property
    def errors(self) -> tuple[ErrorData, ...]:
        """The exceptions that failing SERVER and CONSUMER spans report, innermost service last."""
        return tuple(
            self._error(position, span, span.failure)
            for position, span in enumerate(self.variant.spans)
            if span.failure is not None and span.kind in ("SERVER", "CONSUMER")
        )

    def log(self, position: int) -> LogData:
        """The line at a position of the variant's logs."""
        log = self.variant.logs[position]
        key = (self.variant.namespace, log.service)
        at, facts = self.start_ns + log.offset_ns, self.facts
        return LogData(
            key[0],
            log.service,
            _STREAMS[key],
            at,
            log.level,
            log.template.format_map(facts),
            self._metadata(log, at, facts),
        )

    def _metadata(self, log: VariantLog, at: int, facts: Facts) -> dict[str, str]:
        metadata = dict(log.metadata)
        for key, text in log.varying:
            metadata[key] = text.template.format_map(facts)
        metadata["observed_timestamp"] = str(at + 1_000_000)
        metadata["span_id"] = self.span_id(log.span)
        metadata["trace_id"] = self.trace_id
        return metadata

    def _span(self, position: int, span: VariantSpan) -> SpanData:
        attributes: dict[str, Any] = dict(span.attributes)
        for key, value in span.varying:
            attributes[key] = fill(value, self.facts)
        failure = span.failure
        return SpanData(
            self.trace_id,
            self.span_id(position),
            None if span.parent is None else self.span_id(span.parent),
            span.service,
            self.variant.namespace,
            span.name,
            span.kind,
            self.start_ns + span.offset_ns,
            span.duration_ns,
            span.status,
            failure.value.template.format_map(self.facts) if failure else "",
            attributes,
            () if failure is None else (self._exception_event(span, failure),),
            tuple(self._links(span)) if span.follows else (),
            _RESOURCES[(self.variant.namespace, span.service)],
        )

    def _exception_event(self, span: VariantSpan, failure: Failure) -> SpanEvent:
        message = failure.value.template.format_map(self.facts)
        attributes: dict[str, AttributeValue] = {
            "exception.type": failure.type,
            "exception.message": message,
            "exception.escaped": False,
            "exception.stacktrace": f"{failure.type}: {message}\n\tat "
            + stack_of(failure.frames).replace(" <- ", "\n\tat "),
        }
        return SpanEvent("exception", self.start_ns + span.offset_ns + int(span.duration_ns * 0.97), attributes)

    def _links(self, span: VariantSpan) -> Iterator[SpanLink]:
        if span.follows == "parent" and span.parent is not None:
            yield SpanLink(self.trace_id, self.span_id(span.parent), {"link.type": "follows_from"})
        if span.follows == "previous" and self.index % _POSITIONS:
            before = self.index - 1
            word = self._ids.word(self._namespace_index, before)
            yield SpanLink(
                self._ids.encode(self._namespace_index, before),
                self._ids.span_id(word, 0),
                {"link.type": "previous_request"},
            )

    def _error(self, position: int, span: VariantSpan, failure: Failure) -> ErrorData:
        spec = _SPECS[(self.variant.namespace, span.service)]
        frames = tuple(
            {
                "function": function,
                "filename": file,
                "lineno": line,
                "module": _module(file),
                "in_app": own,
                "context_line": source,
            }
            for function, file, line, own, source in failure.frames
        )
        tags = {"service": span.service, "route": self.variant.route, "environment": ENVIRONMENT, "pod": spec.pod}
        return ErrorData(
            self.variant.namespace,
            span.service,
            spec.platform,
            failure.type,
            failure.value.template.format_map(self.facts),
            failure.module,
            frames,
            failure.level,
            f"{span.service}@{spec.version}",
            ENVIRONMENT,
            self.trace_id,
            self.span_id(position),
            self.start_ns + span.offset_ns + int(span.duration_ns * 0.97),
            span.name,
            {"id": str(self.facts["user"]), "ip_address": str(self.facts["client"])},
            tags,
        )
