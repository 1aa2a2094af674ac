"""Vectors over time, series by series."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import NamedTuple

from gateway.demo.simulators.prometheus.engine.faults import ExecutionFault

Labels = dict[str, str]
Values = list[float | None]


@dataclass(slots=True)
class Column:
    """One series: a value or None for each instant of the grid. Labels and values are never changed in place."""

    labels: Labels
    values: Values


class RangeColumn(NamedTuple):
    """One series' samples; columns of one answer often share `times`. Units: milliseconds."""

    labels: Labels
    times: list[int]
    values: list[float]


class RangeVector(NamedTuple):
    """At each of `ends`, the samples in (end - range, end]. Units: milliseconds."""

    columns: list[RangeColumn]
    ends: list[int]
    range_ms: int


def without_name(labels: Labels) -> Labels:
    if "__name__" not in labels:
        return labels
    return {name: value for name, value in labels.items() if name != "__name__"}


def key_of(labels: Labels) -> Hashable:
    return frozenset(labels.items())


def nameless(columns: list[Column]) -> list[Column]:
    """Without metric names. Raises: ExecutionFault, if that makes two series one."""
    several = len({column.labels.get("__name__") for column in columns}) > 1
    stripped = [Column(without_name(column.labels), column.values) for column in columns]
    return merged(stripped, "vector cannot contain metrics with the same labelset") if several else stripped


def merged(columns: Iterable[Column], fault: str) -> list[Column]:
    """Columns of equal labels become one. Raises: ExecutionFault(fault), if two have a value at one instant."""
    found: dict[Hashable, Column] = {}
    for column in columns:
        other = found.setdefault(key_of(column.labels), column)
        if other is not column:
            if any(mine is not None and its is not None for mine, its in zip(column.values, other.values, strict=True)):
                raise ExecutionFault(fault)
            values = [its if mine is None else mine for mine, its in zip(column.values, other.values, strict=True)]
            found[key_of(column.labels)] = Column(column.labels, values)
    return list(found.values())


def printed_labels(labels: Labels) -> str:
    return "{" + ", ".join(f'{name}="{value}"' for name, value in sorted(labels.items())) + "}"
