"""What resolvers know of the sources. Implementations are named in each protocol's docstring."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Protocol

from .calls import Call
from .records.logs import DetectedField, IndexStats, LogFilter, LogLines, LogPattern
from .records.metrics import Matrix, MetricMetadata, MetricNames, SeriesExemplars, Vector
from .records.projects import Project
from .records.shared import Interval
from .records.source_rules import SourceAlert, SourceRule
from .records.sources import Source, SourceKind
from .records.traces import AttributeName, FoundTrace, FoundTraces, RecordedTrace, TraceFilter
from .scope import Scope, ScopedLogQL, ScopedPromQL, ScopedTraceQL


class TelemetrySource(Protocol):
    """What the three kinds have in common."""

    @property
    def name(self) -> str:
        """The configured name."""

    @property
    def kind(self) -> SourceKind:
        """What it speaks."""

    def status(self) -> Source:
        """How it does, from what the sender has seen; no request is made."""

    async def check(self, call: Call) -> str | None:
        """Asks for its version (None if it does not tell). Raises: SourceError."""

    async def probe(self, shape: Scope, interval: Interval, *, call: Call) -> None:
        """Asks for what there is under a scope of this shape that nothing lies within, and switches off what answers.

        Raises: SourceError where it cannot be asked; what is on or off stays so then.
        """

    @property
    def switched_off(self) -> tuple[str, ...]:
        """The endpoints that answered beyond a scope."""

    async def close(self) -> None:
        """Closes the connections."""


class KeySource(Protocol):
    """Implemented by `oidc.client.OidcSource`."""

    async def keys(self, call: Call) -> list[dict[str, Any]]:
        """The provider's public keys as JSON Web Keys. Raises: SourceError."""

    def status(self) -> Source:
        """How it does; no request is made."""

    async def close(self) -> None:
        """Closes the connections."""


class MetricsSource(TelemetrySource, Protocol):
    """Implemented by `prometheus.client.PrometheusSource`."""

    @property
    def max_points(self) -> int:
        """The most points that a series of a range query may have."""

    def narrow(self, promql: str, scope: Scope) -> ScopedPromQL:
        """Raises: Refused, with the offset in `promql`."""

    @property
    def names(self) -> MetricNames:
        """How it calls what the gateway asks for by itself."""

    def narrow_metric(self, metric: str | None, scope: Scope) -> ScopedPromQL:
        """The series of one metric, by its name; all of the scope's for None."""

    def narrow_selector(self, selector: str, scope: Scope) -> ScopedPromQL:
        """Exactly one series selector; the whole scope for an empty text. Raises: Refused, with the offset."""

    async def query_range(
        self, expression: ScopedPromQL, interval: Interval, *, limit: int | None = None, call: Call
    ) -> Matrix:
        """One matrix on the grid start + k * step, both ends included; gaps are left out, series are in no order."""

    async def query(self, expression: ScopedPromQL, at_ns: int, *, limit: int | None = None, call: Call) -> Vector:
        """One vector at an instant, in the source's order. Raises: Refused for a range of samples or a text."""

    async def label_names(self, selector: ScopedPromQL, interval: Interval, *, call: Call) -> list[str]:
        """The names of the labels of the series that a selector finds, ascending."""

    async def label_values(
        self, label: str, selector: ScopedPromQL, interval: Interval, *, limit: int | None = None, call: Call
    ) -> list[str]:
        """The values of one label, ascending; one more than `limit` where there are more."""

    async def series(
        self, selector: ScopedPromQL, interval: Interval, *, limit: int | None = None, call: Call
    ) -> list[dict[str, str]]:
        """The label sets that a selector finds, in no order."""

    async def metadata(self, names: Collection[str], scope: Scope, *, call: Call) -> dict[str, MetricMetadata]:
        """What exporters say of the metrics `names`, by name. The caller got the names from the scope."""

    async def exemplars(self, expression: ScopedPromQL, interval: Interval, *, call: Call) -> list[SeriesExemplars]:
        """Exemplars of the series behind the expression's selectors, in no order; empty where they are not kept."""

    async def rules(self, scope: Scope, *, call: Call) -> list[SourceRule]:
        """The rules that the source evaluates, as far as they are the scope's."""

    async def alerts(self, scope: Scope, *, call: Call) -> list[SourceAlert]:
        """The alerts that are active at the source, as far as they are the scope's."""


class LogsSource(TelemetrySource, Protocol):
    """Implemented by `loki.client.LokiSource`."""

    @property
    def max_lines(self) -> int:
        """The most lines that one answer holds."""

    def narrow(self, logql: str, scope: Scope) -> ScopedLogQL:
        """Raises: Refused, with the offset in `logql`."""

    def narrow_selector(self, logql: str, scope: Scope) -> ScopedLogQL:
        """The query's first selector alone; the whole scope for an empty text. Raises: Refused, with the offset."""

    def narrow_counts(self, logql: str, scope: Scope, *, step_ns: int, by: Sequence[str] = ()) -> ScopedLogQL:
        """Lines of a log query per step and `detected_level`, and per `by`. Raises: Refused."""

    def narrow_streams(self, label_sets: Collection[Mapping[str, str]], scope: Scope) -> ScopedLogQL:
        """A selector that takes in the streams with these labels. Raises: Refused."""

    def keeps_labels(self, logql: str) -> bool:
        """Whether the query only picks lines, so that its counts can be told apart by the streams' labels."""

    def filtered(self, logql: str | None, found: LogFilter) -> str:
        """The log query (all lines, for None) with the filter's conditions, not narrowed yet. Raises: Refused."""

    async def logs(
        self, expression: ScopedLogQL, interval: Interval, *, project: Project, limit: int, forward: bool, call: Call
    ) -> LogLines:
        """At most `limit` lines of `[start, end)` by time: the oldest, ascending, if `forward`, else the newest, descending."""

    async def query_range(self, expression: ScopedLogQL, interval: Interval, *, call: Call) -> Matrix:
        """One matrix on the multiples of the step within the interval."""

    async def query(self, expression: ScopedLogQL, at_ns: int, *, call: Call) -> Vector:
        """One vector at an instant."""

    async def labels(self, selector: ScopedLogQL, interval: Interval, *, call: Call) -> list[str]:
        """The names of the streams' labels, sorted."""

    async def label_values(self, name: str, selector: ScopedLogQL, interval: Interval, *, call: Call) -> list[str]:
        """One label's values, sorted."""

    async def series(self, selector: ScopedLogQL, interval: Interval, *, call: Call) -> list[dict[str, str]]:
        """The streams' labels."""

    async def index_stats(self, selector: ScopedLogQL, interval: Interval, *, call: Call) -> IndexStats:
        """What the index says of a selector, approximately."""

    async def patterns(self, selector: ScopedLogQL, interval: Interval, *, call: Call) -> list[LogPattern]:
        """The recurring shapes of a selector's lines, the most frequent first."""

    async def detected_labels(self, selector: ScopedLogQL, interval: Interval, *, call: Call) -> list[DetectedField]:
        """The streams' labels with their cardinality, by name."""

    async def detected_fields(self, expression: ScopedLogQL, interval: Interval, *, call: Call) -> list[DetectedField]:
        """Structured metadata and parsed fields of a sample of lines, by name."""

    async def detected_field_values(
        self, name: str, expression: ScopedLogQL, interval: Interval, *, limit: int, call: Call
    ) -> list[str]:
        """One detected field's values in a sample of lines, sorted."""


class TracesSource(TelemetrySource, Protocol):
    """Implemented by `tempo.client.TempoSource`. What it gives of a trace are the spans within the scope, and nothing else."""

    def narrow(self, traceql: str, within: Scope) -> ScopedTraceQL:
        """Any expression. Raises: Refused, with the offset in `traceql`."""

    def narrow_search(self, traceql: str, asked: TraceFilter, within: Scope) -> ScopedTraceQL:
        """The spans that meet both; an empty text asks for all. Raises: Refused, with the offset in `traceql`; BadInput."""

    def narrow_rate(self, traceql: str, asked: TraceFilter, within: Scope, *, by: Sequence[str] = ()) -> ScopedTraceQL:
        """Matching spans per second, per value of the scope's labels `by`. Raises: as for a search."""

    def narrow_count(self, traceql: str, asked: TraceFilter, within: Scope, *, by: Sequence[str] = ()) -> ScopedTraceQL:
        """How many spans match. Raises: as for a search."""

    def narrow_latency(
        self, traceql: str, asked: TraceFilter, within: Scope, quantiles: Sequence[float], *, by: Sequence[str] = ()
    ) -> ScopedTraceQL:
        """The matching spans' duration at quantiles (label `p`), in seconds. Raises: as for a search."""

    def filtered(self, traceql: str, asked: TraceFilter) -> str:
        """The question with the filter's conditions, as a person could have written it. Raises: BadInput."""

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
        """What each of the scopes, which the expression's covers, sees of one search for at most `limit` traces.

        Newest first, with some of the matching spans. A window within the last seconds may be ignored by the source.
        Raises: BadInput for a range that is too long.
        """

    async def outlines(
        self, trace_ids: Sequence[str], interval: Interval, *, within: Scope, scopes: Sequence[Scope], call: Call
    ) -> list[dict[str, FoundTrace]]:
        """By scope and id, the spans that each of the scopes, which `within` covers, has of these traces.

        Up to a hundred of each; traces without any are missing. One request.
        """

    async def trace(self, trace_id: str, scopes: Sequence[Scope], *, call: Call) -> list[RecordedTrace | None]:
        """What each scope, all of one tenant, sees of a trace. `trace_id` is 32 lower-case hex digits. One request."""

    async def query_range(self, expression: ScopedTraceQL, interval: Interval, *, call: Call) -> Matrix:
        """One matrix on the multiples of the step within (start, end]; a point covers the step that ends there.

        The scope's attributes are called as the scope calls them.
        """

    async def query(self, expression: ScopedTraceQL, interval: Interval, *, call: Call) -> Vector:
        """One number per series over the whole interval. Raises: BadInput for more than a day."""

    async def attributes(self, within: Scope, interval: Interval, *, call: Call) -> list[AttributeName]:
        """The attributes of the scope's spans, by scope and name."""

    async def attribute_values(
        self, attribute: AttributeName, within: Scope, interval: Interval, *, limit: int, call: Call
    ) -> list[str]:
        """Values of one attribute of the scope's spans, sorted."""
