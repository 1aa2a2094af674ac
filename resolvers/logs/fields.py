"""The labels and fields found in a project's lines, and their values."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence

from msgspec import Struct

from datasources.exceptions import BadInput, GatewayError
from datasources.records.log_lines import parse_fields
from datasources.records.logs import LogEntry, LogField, LogFieldKind
from datasources.records.projects import Project
from datasources.records.shared import Interval
from datasources.records.users import Role

from ..access import require
from ..concurrency import together
from ..context import RequestContext
from ..time_ranges import TimeRange, resolve_range

SAMPLE_LINES = 1_000
MAX_VALUES = 1_000


class ValuesQuestion(Struct, frozen=True):
    """All values of one label or field."""

    project: Project
    interval: Interval
    name: str
    kind: LogFieldKind


async def log_fields(
    context: RequestContext, project: Project, asked: TimeRange, search: str | None = None
) -> list[LogField]:
    """Labels first, then structured metadata, then what a sample of lines holds; by name, `search` in any case.

    Raises: BadInput, SourceError.
    """
    require(context.principal, project, Role.VIEWER)
    interval = resolve_range(context, asked)
    source, call = context.logs(project), context.call_for(project)
    everything = source.narrow_selector("", project.scope)
    labels, fields = await together(
        source.detected_labels(everything, interval, call=call),
        source.detected_fields(everything, interval, call=call),
    )
    taken = {found.name for found in labels}
    kinds = list(LogFieldKind)
    found = [*labels, *(field for field in fields if field.name not in taken)]
    return [
        LogField(each.name, each.kind, each.cardinality, project, interval)
        for each in sorted(found, key=lambda each: (kinds.index(each.kind), each.name))
        if _matches(each.name, search)
    ]


async def log_field_values(
    context: RequestContext, field: LogField, search: str | None = None, first: int = 50
) -> list[str]:
    """The values seen, sorted; of a field that is no label, those in a sample of lines.

    Raises: BadInput, SourceError.
    """
    if not 1 <= first <= MAX_VALUES:
        raise BadInput(f"`first` must be between 1 and {MAX_VALUES}", argument="first")
    question = ValuesQuestion(field.project, field.interval, field.name, field.kind)
    values = await context.loaders.load(_values, question)
    return [value for value in values if _matches(value, search)][:first]


async def _values(context: RequestContext, keys: Sequence[ValuesQuestion]) -> Sequence[list[str] | Exception]:
    """Per project one request for all labels, and one for all other fields."""
    groups: dict[tuple[Project, Interval, bool], list[ValuesQuestion]] = defaultdict(list)
    for key in keys:
        groups[key.project, key.interval, key.kind is LogFieldKind.LABEL].append(key)
    found = await together(*(_of_group(context, group) for group in groups.values()))
    answers = {key: values for each in found for key, values in each.items()}
    return [answers[key] for key in keys]


async def _of_group(
    context: RequestContext, group: list[ValuesQuestion]
) -> dict[ValuesQuestion, list[str] | Exception]:
    ask = _label_values if group[0].kind is LogFieldKind.LABEL else _field_values
    try:
        values = await ask(context, group)
    except GatewayError as error:
        return dict.fromkeys(group, error)
    return {key: sorted(values.get(key.name, ())) for key in group}


async def _label_values(context: RequestContext, group: list[ValuesQuestion]) -> dict[str, Iterable[str]]:
    project, interval = group[0].project, group[0].interval
    source, call = context.logs(project), context.call_for(project)
    everything = source.narrow_selector("", project.scope)
    if len(group) == 1:
        name = group[0].name
        return {name: await source.label_values(name, everything, interval, call=call)}
    return _gathered(await source.series(everything, interval, call=call))


async def _field_values(context: RequestContext, group: list[ValuesQuestion]) -> dict[str, Iterable[str]]:
    project, interval = group[0].project, group[0].interval
    source, call = context.logs(project), context.call_for(project)
    everything = source.narrow_selector("", project.scope)
    if len(group) == 1:
        name = group[0].name
        found = await source.detected_field_values(name, everything, interval, limit=MAX_VALUES, call=call)
        return {name: found}
    limit = min(SAMPLE_LINES, source.max_lines)
    lines = await source.logs(everything, interval, project=project, limit=limit, forward=False, call=call)
    return _gathered(map(_named, lines.entries))


def _named(entry: LogEntry) -> dict[str, str]:
    return {**parse_fields(entry.line), **entry.metadata}


def _gathered(found: Iterable[dict[str, str]]) -> dict[str, Iterable[str]]:
    values: dict[str, set[str]] = defaultdict(set)
    for each in found:
        for name, value in each.items():
            values[name].add(value)
    return dict(values)


def _matches(text: str, search: str | None) -> bool:
    return not search or search.lower() in text.lower()
