"""Which metrics, labels and values a project has."""

from __future__ import annotations

import base64
import binascii
from bisect import bisect_right

from datasources.exceptions import BadInput
from datasources.protocols import MetricsSource
from datasources.records.metrics import MetricDescriptor, MetricDescriptorConnection, MetricMetadata, Metrics
from datasources.records.shared import NS_PER_S, Interval
from datasources.records.users import Role
from datasources.scope import Scope, ScopedPromQL

from .access import require
from .context import RequestContext
from .golden_signals import scope_of

MAX_VALUES = 1_000
MAX_NAME = 500
_GRAIN_NS = 60 * NS_PER_S
_KINDS = (
    ("_bucket", "histogram"),
    ("_total", "counter"),
    ("_count", "counter"),
    ("_sum", "counter"),
    ("_info", "info"),
)


async def catalog(
    context: RequestContext, shown: Metrics, search: str | None = None, first: int = 50, after: str | None = None
) -> MetricDescriptorConnection:
    """A page of the metrics that have series in the interval, by name; two upstream requests, however many there are.

    `search` is any part of the name or of the help text, in any case.

    Raises: BadInput; SourceError.
    """
    require(context.principal, shown.project, Role.VIEWER)
    if not 1 <= first <= context.limits.max_page:
        raise BadInput(f"first must be between 1 and {context.limits.max_page}", argument="first")
    start = "" if after is None else _name_of(after)
    found = [one for one in await _descriptors(context, shown) if _matches(one, search)]
    at = bisect_right([one.name for one in found], start) if start else 0
    page = found[at : at + first]
    return MetricDescriptorConnection(
        nodes=page,
        cursors=[_cursor_of(one.name) for one in page],
        has_next_page=at + first < len(found),
        has_previous_page=at > 0,
        total_count=len(found),
    )


async def label_names(context: RequestContext, shown: Metrics, metric: str | None = None) -> list[str]:
    """The names of the labels of one metric, or of all, ascending.

    Raises: BadInput; SourceError.
    """
    require(context.principal, shown.project, Role.VIEWER)
    source = context.metrics(shown.project)
    return await source.label_names(
        _selector(source, shown, metric), _grained(shown.interval), call=context.call_for(shown.project)
    )


async def label_values(
    context: RequestContext,
    shown: Metrics,
    label: str,
    metric: str | None = None,
    search: str | None = None,
    first: int = 100,
) -> list[str]:
    """The values of a label of one metric, or of all, ascending, at most `first` of those that hold `search` in any case.

    Raises: BadInput; SourceError.
    """
    require(context.principal, shown.project, Role.VIEWER)
    if not 1 <= first <= MAX_VALUES:
        raise BadInput(f"first must be between 1 and {MAX_VALUES}", argument="first")
    if not label.isprintable() or not 1 <= len(label) <= MAX_NAME:
        raise BadInput("a label's name is printable and not empty", argument="label")
    source = context.metrics(shown.project)
    values = await source.label_values(
        label, _selector(source, shown, metric), _grained(shown.interval), call=context.call_for(shown.project)
    )
    wanted = (search or "").casefold()
    return [value for value in values if wanted in value.casefold()][:first]


async def _descriptors(context: RequestContext, shown: Metrics) -> list[MetricDescriptor]:
    source, call = context.metrics(shown.project), context.call_for(shown.project)
    names = await source.label_values("__name__", _selector(source, shown, None), _grained(shown.interval), call=call)
    known = await source.metadata(names, shown.project.scope, call=call)
    return [_descriptor(name, known.get(name)) for name in names]


def _descriptor(name: str, known: MetricMetadata | None) -> MetricDescriptor:
    if known is not None:
        return MetricDescriptor(name, known.kind, known.help or None, known.unit or None)
    kind = next((kind for suffix, kind in _KINDS if name.endswith(suffix)), "unknown")
    return MetricDescriptor(name, kind)


def _matches(one: MetricDescriptor, search: str | None) -> bool:
    wanted = (search or "").casefold()
    return wanted in one.name.casefold() or wanted in (one.help or "").casefold()


def _selector(source: MetricsSource, shown: Metrics, metric: str | None) -> ScopedPromQL:
    scope: Scope = scope_of(shown.project, shown.service, source)
    if metric is not None and not 1 <= len(metric) <= MAX_NAME:
        raise BadInput("a metric's name is not empty", argument="metric")
    try:
        return source.narrow_metric(metric, scope)
    except BadInput as refusal:
        raise BadInput(refusal.message, argument="metric") from None


def _grained(interval: Interval) -> Interval:
    """Whole minutes, so that one answer serves a while: what there is changes slowly."""
    start_ns = interval.start_ns // _GRAIN_NS * _GRAIN_NS
    return Interval(start_ns, -(-interval.end_ns // _GRAIN_NS) * _GRAIN_NS)


def _cursor_of(name: str) -> str:
    return base64.urlsafe_b64encode(name.encode()).decode().rstrip("=")


def _name_of(cursor: str) -> str:
    try:
        return base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode()
    except (ValueError, binascii.Error):
        raise BadInput("this is no cursor of the catalogue", argument="after") from None
