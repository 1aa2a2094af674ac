"""Tempo as a source of traces: each method is a request from `requests`, an answer from `responses`, and nothing between."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from ..calls import Call
from ..exceptions import GatewayError
from ..http import HttpSender, SourceRequest
from ..records.metrics import Matrix, Vector
from ..records.shared import Interval
from ..records.sources import Source, SourceKind
from ..records.traces import AttributeName, FoundTrace, FoundTraces, RecordedTrace, TraceFilter
from ..scope import Scope, ScopedTraceQL, Signal
from ..scoping.gate import EndpointGate, nobodys
from . import filters, metrics, requests, responses, scope
from .attributes import resource_attribute
from .traces import decode_trace

MAX_IDS = 250
"""Trace ids per search: what fits into a URL that every server takes."""
MAX_NAMES = 1_000
TAGS = "tags"


class TempoSource:
    """Tempo 2.8 and later. Owns its sender."""

    def __init__(self, sender: HttpSender) -> None:
        self._sender = sender
        self._version: str | None = None
        self._gate = EndpointGate(sender.name)

    @property
    def name(self) -> str:
        """The configured name."""
        return self._sender.name

    @property
    def kind(self) -> SourceKind:
        """TEMPO."""
        return self._sender.kind

    def status(self) -> Source:
        """How it does, from what was seen of it."""
        return self._gate.told(self._sender.status(version=self._version))

    @property
    def switched_off(self) -> tuple[str, ...]:
        """The endpoints that answered beyond a scope."""
        return self._gate.closed

    async def probe(self, shape: Scope, interval: Interval, *, call: Call) -> None:
        """Asks under a scope that nothing lies within. Raises: SourceError."""
        nobody = nobodys(shape)
        name = filters.tag_name(
            AttributeName(resource_attribute(nobody.rules_for(Signal.TRACES)[0].label), scope="resource")
        )
        found: list[str] = []
        for text in scope.fixed_filters(nobody):
            request = requests.tag_values(name, text, nobody, interval, limit=1)
            found += await self._sender.ask(
                request, lambda response: responses.decode_tag_values(response, self.name), call=call
            )
        self._gate.judge(TAGS, nobody, found)

    async def check(self, call: Call) -> str | None:
        """Its version, if it tells. Raises: SourceError."""
        self._version = await self._sender.ask(
            requests.buildinfo(), lambda response: responses.decode_version(response, self.name), call=call
        )
        return self._version

    async def close(self) -> None:
        """Closes the connections."""
        await self._sender.close()

    def narrow(self, traceql: str, within: Scope) -> ScopedTraceQL:
        """Raises: Refused, with the offset in `traceql`."""
        return scope.narrow(traceql, within)

    def narrow_search(self, traceql: str, asked: TraceFilter, within: Scope) -> ScopedTraceQL:
        """The spans that meet both. Raises: Refused, with the offset in `traceql`; BadInput for the filter."""
        return scope.narrow_search(traceql, within, also=filters.as_filter(asked))

    def narrow_rate(self, traceql: str, asked: TraceFilter, within: Scope, *, by: Sequence[str] = ()) -> ScopedTraceQL:
        """Matching spans per second, per value of the scope's labels `by`. Raises: as for a search."""
        return self._narrow_numbers("rate()", traceql, asked, within, by)

    def narrow_count(self, traceql: str, asked: TraceFilter, within: Scope, *, by: Sequence[str] = ()) -> ScopedTraceQL:
        """How many spans match. Raises: as for a search."""
        return self._narrow_numbers("count_over_time()", traceql, asked, within, by)

    def narrow_latency(
        self, traceql: str, asked: TraceFilter, within: Scope, quantiles: Sequence[float], *, by: Sequence[str] = ()
    ) -> ScopedTraceQL:
        """The matching spans' duration at quantiles, in seconds. Raises: as for a search."""
        wanted = ", ".join(f"{quantile:.6f}" for quantile in quantiles)
        return self._narrow_numbers(f"quantile_over_time(duration, {wanted})", traceql, asked, within, by)

    def filtered(self, traceql: str, asked: TraceFilter) -> str:
        """The question with the filter's conditions, as a person could have written it. Raises: BadInput."""
        return filters.filtered(traceql, asked)

    async def search(
        self,
        expression: ScopedTraceQL,
        interval: Interval,
        *,
        scopes: Sequence[Scope],
        limit: int,
        spans_per_trace: int,
        call: Call,
    ) -> list[FoundTraces]:
        """What each of the scopes, which the expression's covers, sees of one search: newest traces first.

        At most `limit` traces that overlap the interval in all, with at most so many matching spans each. A window within
        the last seconds may be ignored by the source: look at the times.
        Raises: BadInput for a range longer than a week; SourceError.
        """
        request = requests.search(expression, interval, limit=limit, spans_per_trace=spans_per_trace)
        return await self._search(request, scopes, limit, call)

    async def outlines(
        self, trace_ids: Sequence[str], interval: Interval, *, within: Scope, scopes: Sequence[Scope], call: Call
    ) -> list[dict[str, FoundTrace]]:
        """By scope and id, what each of the scopes, which `within` covers, has of these traces.

        Up to 100 spans of each, and in `matched` how many there are; traces without any are missing. One request for up
        to 250 traces.
        """
        found: list[dict[str, FoundTrace]] = [{} for _ in scopes]
        for start in range(0, len(trace_ids), MAX_IDS):
            some = trace_ids[start : start + MAX_IDS]
            request = requests.search(
                scope.narrow_traces(some, within),
                interval,
                limit=len(some),
                spans_per_trace=requests.MAX_SPANS_PER_TRACE,
            )
            for own, answer in zip(found, await self._search(request, scopes, len(some), call), strict=True):
                own.update((trace.id, trace) for trace in answer.traces)
        return found

    async def trace(self, trace_id: str, scopes: Sequence[Scope], *, call: Call) -> list[RecordedTrace | None]:
        """What each scope, all of one tenant, sees of a trace; None where it has no span of it. One request.

        `trace_id` is 32 lower-case hex digits.
        """
        rules = [each.rules_for(Signal.TRACES) for each in scopes]
        return await self._sender.ask(
            requests.trace(trace_id, scopes[0]),
            lambda response: decode_trace(response, self.name, trace_id, rules),
            call=call,
        )

    async def query_range(self, expression: ScopedTraceQL, interval: Interval, *, call: Call) -> Matrix:
        """One matrix on the multiples of the step within (start, end]; a point covers the step that ends there.

        The scope's attributes are called as the scope calls them (`service_namespace`). More than a day is asked for in parts, together.
        Raises: BadInput for a range or a step that cannot be; SourceError.
        """
        parts = list(requests.parts(interval))
        failure: BaseException | None = None
        tasks: list[asyncio.Task[Matrix]] = []
        try:
            async with asyncio.TaskGroup() as group:
                tasks += [group.create_task(self._part(expression, part, call)) for part in parts]
        except* GatewayError as failures:
            failure = failures.exceptions[0]
        if failure is not None:
            raise failure
        return metrics.join(task.result() for task in tasks)

    async def query(self, expression: ScopedTraceQL, interval: Interval, *, call: Call) -> Vector:
        """One number per series over the whole interval, at its end. Raises: BadInput for more than a day; SourceError."""
        return await self._sender.ask(
            requests.query(expression, interval),
            lambda response: metrics.decode_vector(response, self.name, interval.end_ns, expression.scope),
            call=call,
        )

    async def attributes(self, within: Scope, interval: Interval, *, call: Call) -> list[AttributeName]:
        """The attributes of the scope's spans, by scope and name. One request per combination of the scope's values.

        With a filter on resources Tempo 3 tells none of events and links.
        """
        self._gate.require(TAGS)
        names: dict[AttributeName, None] = {}
        for text in scope.fixed_filters(within):
            request = requests.tags(text, within, interval, limit=MAX_NAMES)
            found = await self._sender.ask(
                request, lambda response: responses.decode_tags(response, self.name), call=call
            )
            names.update(dict.fromkeys(found))
        return sorted(names, key=lambda each: (each.scope, each.name))

    async def attribute_values(
        self, attribute: AttributeName, within: Scope, interval: Interval, *, limit: int, call: Call
    ) -> list[str]:
        """Values of one attribute of the scope's spans, sorted; none of one that tells of other projects."""
        self._gate.require(TAGS)
        name = filters.tag_name(attribute)
        if attribute.name in responses.ROOT_TAGS:
            return []
        values: dict[str, None] = {}
        for text in scope.fixed_filters(within):
            request = requests.tag_values(name, text, within, interval, limit=limit)
            found = await self._sender.ask(
                request, lambda response: responses.decode_tag_values(response, self.name), call=call
            )
            values.update(dict.fromkeys(found))
        return sorted(values)

    def _narrow_numbers(
        self, function: str, traceql: str, asked: TraceFilter, within: Scope, by: Sequence[str]
    ) -> ScopedTraceQL:
        grouped = f"{function} by ({', '.join(metrics.attribute(label) for label in by)})" if by else function
        return scope.narrow_metrics(traceql, within, function=grouped, also=filters.as_filter(asked))

    async def _search(
        self, request: SourceRequest, scopes: Sequence[Scope], limit: int, call: Call
    ) -> list[FoundTraces]:
        rules = [each.rules_for(Signal.TRACES) for each in scopes]
        return await self._sender.ask(
            request, lambda response: responses.decode_search(response, self.name, rules, limit=limit), call=call
        )

    async def _part(self, expression: ScopedTraceQL, part: Interval, call: Call) -> Matrix:
        return await self._sender.ask(
            requests.query_range(expression, part),
            lambda response: metrics.decode_matrix(response, self.name, part, expression.scope),
            call=call,
        )
