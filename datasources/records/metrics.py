"""Series as columns: a list of instants and a list of values, never an object per sample unless a client asks for one."""

from __future__ import annotations

import enum

from msgspec import Struct

from .projects import Project
from .shared import NS_PER_MS, NS_PER_S, Connection, Interval, Label


class RawSeries(Struct, frozen=True):
    """One series as a source gave it. `timestamps` in ms since 1970, ascending; a value is None for NaN and infinities."""

    labels: dict[str, str]
    timestamps: list[float]
    values: list[float | None]


class Matrix(Struct, frozen=True):
    """The answer to a range query, any source. `truncated` where series were left out because of a limit."""

    series: list[RawSeries]
    warnings: list[str] = []
    truncated: bool = False


class MetricMetadata(Struct, frozen=True):
    """What a metric family's exporter says of it; `unit` and `help` may be empty."""

    kind: str
    help: str
    unit: str


class RawExemplar(Struct, frozen=True):
    """One exemplar as a source gave it, `timestamp` in ms since 1970."""

    labels: dict[str, str]
    timestamp: float
    value: float | None


class SeriesExemplars(Struct, frozen=True):
    """The exemplars of one series, in no order."""

    labels: dict[str, str]
    exemplars: list[RawExemplar]


class VectorSample(Struct, frozen=True):
    """One sample of an instant query."""

    labels: list[Label]
    at_ns: int
    value: float | None


class Vector(Struct, frozen=True):
    """The answer to an instant query. A scalar comes as one sample without labels."""

    samples: list[VectorSample]
    warnings: list[str] = []
    truncated: bool = False


class Sample(Struct, frozen=True):
    """One instant and its value."""

    at_ns: int
    value: float | None


class Series(Struct, frozen=True, kw_only=True):
    """One series as it is shown."""

    labels: list[Label]
    legend: str
    unit: str | None = None
    timestamps: list[float]
    values: list[float | None]
    origin: SeriesOrigin | None = None

    @property
    def samples(self) -> list[Sample]:
        """The columns as objects."""
        return [Sample(int(at * NS_PER_MS), value) for at, value in zip(self.timestamps, self.values, strict=True)]

    @property
    def min(self) -> float | None:
        """The least finite value."""
        return min((value for value in self.values if value is not None), default=None)

    @property
    def max(self) -> float | None:
        """The greatest finite value."""
        return max((value for value in self.values if value is not None), default=None)

    @property
    def avg(self) -> float | None:
        """The mean of the finite values."""
        known = [value for value in self.values if value is not None]
        return sum(known) / len(known) if known else None

    @property
    def last(self) -> float | None:
        """The newest value, None where that is not finite."""
        return self.values[-1] if self.values else None


class SeriesOrigin(Struct, frozen=True):
    """Where a series came from, so that its exemplars can be asked for later."""

    project: Project
    service: str | None
    expression: str
    interval: Interval
    identity: dict[str, str]
    """The labels that an exemplar's series has to share with this one."""


class Exemplar(Struct, frozen=True, kw_only=True):
    """One observation with the trace that it was made in. `project` is whose it is."""

    project: Project
    at_ns: int
    value: float
    labels: list[Label]
    trace_id: str | None


class MetricDescriptor(Struct, frozen=True):
    """One metric that the project has, by the name that PromQL knows it by."""

    name: str
    kind: str
    help: str | None = None
    unit: str | None = None


class MetricDescriptorConnection(Connection[MetricDescriptor], frozen=True, kw_only=True, dict=True):
    """A page of the catalogue."""


class SeriesSet(Struct, frozen=True, kw_only=True):
    """Series over one interval. `promql` is the expression as the person or the gateway wrote it, before it was narrowed."""

    interval: Interval
    series: list[Series]
    truncated: bool = False
    warnings: list[str] = []
    promql: str | None = None


class Metrics(Struct, frozen=True):
    """A project's metrics over an interval, or one service's; nothing is asked for until a field is."""

    project: Project
    interval: Interval
    service: str | None = None


class MetricNames(Struct, frozen=True, kw_only=True):
    """How a source calls what the gateway asks for by itself: selectors, as PromQL, and labels.

    `requests` and `failures` are counters, `buckets` the classic buckets of latency in seconds, `presence` any gauges
    that every service has.
    """

    requests: str
    failures: str
    buckets: str
    presence: str
    service_label: str
    scrape_interval_ns: int = 15 * NS_PER_S


HTTP_SERVER = MetricNames(
    requests="http_server_request_duration_seconds_count",
    failures='http_server_request_duration_seconds_count{http_response_status_code=~"5.."}',
    buckets="http_server_request_duration_seconds_bucket",
    presence='{__name__=~"up|target_info"}',
    service_label="service_name",
)
"""OpenTelemetry's semantic conventions for HTTP servers."""

SPAN_METRICS = MetricNames(
    requests='traces_spanmetrics_calls_total{span_kind="SPAN_KIND_SERVER"}',
    failures='traces_spanmetrics_calls_total{span_kind="SPAN_KIND_SERVER",status_code="STATUS_CODE_ERROR"}',
    buckets='traces_spanmetrics_latency_bucket{span_kind="SPAN_KIND_SERVER"}',
    presence="traces_spanmetrics_calls_total",
    service_label="service",
)
"""What Tempo's metrics generator makes of spans, for services that export no metrics of their own."""


class GoldenSignal(enum.Enum):
    """The gateway's own questions about a service."""

    REQUEST_RATE = "requestRate"
    ERROR_RATE = "errorRate"
    ERROR_RATIO = "errorRatio"
    LATENCY = "latency"
