"""The metrics source over Prometheus's HTTP interface (Mimir, Thanos and VictoriaMetrics speak it, too)."""

from __future__ import annotations

import functools
from collections.abc import Collection
from typing import Final

from ..calls import Call
from ..exceptions import BadInput
from ..http import HttpSender
from ..records.metrics import HTTP_SERVER, Matrix, MetricMetadata, MetricNames, SeriesExemplars, Vector
from ..records.shared import Interval
from ..records.source_rules import SourceAlert, SourceRule
from ..records.sources import Source, SourceKind
from ..scope import Scope, ScopedPromQL, Signal
from ..scoping.gate import EndpointGate, nobodys
from ..scoping.strings import quote
from . import catalog, requests, responses, rules, scope

CATALOG_TTL_S: Final = 30.0
_NARROWED: Final = 1024
LABELS: Final = "labels"
SERIES: Final = "series"


class PrometheusSource:
    """Implements `protocols.MetricsSource`. Every expression that it takes is narrowed to a project."""

    def __init__(self, sender: HttpSender, *, names: MetricNames = HTTP_SERVER, cache_ttl_s: float = 1.0) -> None:
        """`cache_ttl_s` is how long an answer about samples is given again to the same question."""
        self.names: Final = names
        self._sender = sender
        self._version: str | None = None
        self._ttl_s = cache_ttl_s
        self._timeout_s = sender.settings.timeout_s
        self._gate = EndpointGate(sender.name)
        self._narrow = functools.lru_cache(_NARROWED)(scope.narrow)
        self._narrow_selector = functools.lru_cache(_NARROWED)(scope.narrow_selector)

    @property
    def name(self) -> str:
        return self._sender.name

    @property
    def kind(self) -> SourceKind:
        return self._sender.kind

    @property
    def max_points(self) -> int:
        return requests.MAX_POINTS

    def narrow(self, promql: str, scope: Scope) -> ScopedPromQL:
        return self._narrow(promql, scope)

    def narrow_selector(self, selector: str, scope: Scope) -> ScopedPromQL:
        return self._narrow_selector(selector, scope)

    def narrow_metric(self, metric: str | None, scope: Scope) -> ScopedPromQL:
        selector = "" if metric is None else f"{{__name__={quote(metric)}}}"
        return self._narrow_selector(selector, scope)

    async def query_range(
        self, expression: ScopedPromQL, interval: Interval, *, limit: int | None = None, call: Call
    ) -> Matrix:
        if interval.step_ns is None or interval.range_ns // interval.step_ns > requests.MAX_POINTS:
            raise BadInput(f"at most {requests.MAX_POINTS} points per series: ask for a longer step", argument="step")
        request = requests.query_range(
            expression, interval, timeout_s=self._timeout_s, limit=limit, cache_ttl_s=self._ttl_s
        )
        return await self._sender.ask(
            request, lambda response: responses.decode_matrix(response, self.name, interval, limit=limit), call=call
        )

    async def query(self, expression: ScopedPromQL, at_ns: int, *, limit: int | None = None, call: Call) -> Vector:
        request = requests.query(expression, at_ns, timeout_s=self._timeout_s, limit=limit, cache_ttl_s=self._ttl_s)
        return await self._sender.ask(
            request, lambda response: responses.decode_vector(response, self.name, limit=limit), call=call
        )

    async def label_names(self, selector: ScopedPromQL, interval: Interval, *, call: Call) -> list[str]:
        self._gate.require(LABELS)
        request = requests.label_names(selector, interval, cache_ttl_s=CATALOG_TTL_S)
        return await self._sender.ask(request, lambda response: catalog.decode_names(response, self.name), call=call)

    async def label_values(
        self, label: str, selector: ScopedPromQL, interval: Interval, *, limit: int | None = None, call: Call
    ) -> list[str]:
        self._gate.require(LABELS)
        request = requests.label_values(label, selector, interval, limit=limit, cache_ttl_s=CATALOG_TTL_S)
        return await self._sender.ask(request, lambda response: catalog.decode_names(response, self.name), call=call)

    async def series(
        self, selector: ScopedPromQL, interval: Interval, *, limit: int | None = None, call: Call
    ) -> list[dict[str, str]]:
        self._gate.require(SERIES)
        request = requests.series(selector, interval, limit=limit, cache_ttl_s=CATALOG_TTL_S)
        found = await self._sender.ask(
            request, lambda response: catalog.decode_label_sets(response, self.name), call=call
        )
        return found if limit is None else found[:limit]

    async def metadata(self, names: Collection[str], scope: Scope, *, call: Call) -> dict[str, MetricMetadata]:
        request = requests.metadata(scope, cache_ttl_s=CATALOG_TTL_S)
        return await self._sender.ask(
            request, lambda response: catalog.decode_metadata(response, self.name, names), call=call
        )

    async def exemplars(self, expression: ScopedPromQL, interval: Interval, *, call: Call) -> list[SeriesExemplars]:
        request = requests.exemplars(expression, interval, cache_ttl_s=self._ttl_s)
        return await self._sender.ask(
            request, lambda response: responses.decode_exemplars(response, self.name), call=call
        )

    async def rules(self, scope: Scope, *, call: Call) -> list[SourceRule]:
        wall = scope.rules_for(Signal.METRICS)
        request = requests.rules(scope, cache_ttl_s=self._ttl_s)
        return await self._sender.ask(
            request, lambda response: rules.decode_rules(response, self.name, wall), call=call
        )

    async def alerts(self, scope: Scope, *, call: Call) -> list[SourceAlert]:
        wall = scope.rules_for(Signal.METRICS)
        request = requests.alerts(scope, cache_ttl_s=self._ttl_s)
        return await self._sender.ask(
            request, lambda response: rules.decode_alerts(response, self.name, wall), call=call
        )

    def status(self) -> Source:
        return self._gate.told(self._sender.status(version=self._version))

    @property
    def switched_off(self) -> tuple[str, ...]:
        return self._gate.closed

    async def probe(self, shape: Scope, interval: Interval, *, call: Call) -> None:
        nobody = nobodys(shape)
        selector, label = scope.narrow_selector("", nobody), nobody.rules_for(Signal.METRICS)[0].label
        values = requests.label_values(label, selector, interval, limit=1, cache_ttl_s=0)
        series = requests.series(selector, interval, limit=1, cache_ttl_s=0)
        found = await self._sender.ask(values, lambda answer: catalog.decode_names(answer, self.name), call=call)
        self._gate.judge(LABELS, nobody, found)
        sets = await self._sender.ask(series, lambda answer: catalog.decode_label_sets(answer, self.name), call=call)
        self._gate.judge(SERIES, nobody, sets)

    async def check(self, call: Call) -> str | None:
        request = requests.build_info()
        self._version = await self._sender.ask(
            request, lambda response: catalog.decode_version(response, self.name), call=call
        )
        return self._version

    async def close(self) -> None:
        await self._sender.close()
