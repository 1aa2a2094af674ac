"""Aggregations: many series become one per group, or the group's first few."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence

from gateway.demo.simulators.prometheus.engine.columns import Column, Labels, Values
from gateway.demo.simulators.prometheus.engine.statistics import REDUCERS, Reducer, quantile
from gateway.demo.simulators.prometheus.promql.nodes import Aggregation
from gateway.demo.simulators.prometheus.values import format_value


def group_labels(node: Aggregation, labels: Labels) -> Labels:
    if node.without:
        return {name: value for name, value in labels.items() if name not in node.labels and name != "__name__"}
    return {name: labels[name] for name in node.labels if name in labels}


def grouped(node: Aggregation, columns: list[Column]) -> list[tuple[Labels, list[Column]]]:
    groups: dict[Hashable, tuple[Labels, list[Column]]] = {}
    if not node.without:
        for column in columns:
            get = column.labels.get
            key: Hashable = tuple([get(name) for name in node.labels])
            if key not in groups:
                groups[key] = (group_labels(node, column.labels), [])
            groups[key][1].append(column)
        return list(groups.values())
    for column in columns:
        labels = group_labels(node, column.labels)
        groups.setdefault(frozenset(labels.items()), (labels, []))[1].append(column)
    return list(groups.values())


def aggregate(node: Aggregation, columns: list[Column]) -> list[Column]:
    """sum, avg, min, max, count, group, stddev and stdvar."""
    reduce = REDUCERS[node.op]
    return [Column(labels, _reduced(members, reduce)) for labels, members in grouped(node, columns)]


def aggregate_quantile(node: Aggregation, columns: list[Column], shares: Sequence[float]) -> list[Column]:
    return [
        Column(
            labels, [quantile(share, row) if row else None for share, row in zip(shares, _rows(members), strict=True)]
        )
        for labels, members in grouped(node, columns)
    ]


def _reduced(members: list[Column], reduce: Reducer) -> Values:
    if any(None in column.values for column in members):
        return [reduce(row) if row else None for row in _rows(members)]
    whole = zip(*(column.values for column in members), strict=True)
    return [reduce(row) for row in whole]


def _rows(members: list[Column]) -> list[list[float]]:
    """For each instant the values that are there."""
    return [
        [value for value in row if value is not None]
        for row in zip(*(column.values for column in members), strict=True)
    ]


def select_extremes(node: Aggregation, columns: list[Column], counts: Sequence[float]) -> list[Column]:
    """topk and bottomk: the series themselves, largest (or smallest) first where there is but one instant."""
    order = _descending if node.op == "topk" else _ascending
    chosen: list[Column] = []
    for _, members in grouped(node, columns):
        kept: list[Values] = [[None] * len(counts) for _ in members]
        last_order: list[int] = []
        for instant, count in enumerate(counts):
            present = [(column.values[instant], number) for number, column in enumerate(members)]
            ranked = sorted(((value, number) for value, number in present if value is not None), key=order)
            last_order = [number for _, number in ranked[: max(0, int(count))]]
            for number in last_order:
                kept[number][instant] = members[number].values[instant]
        ordered = [*last_order, *(number for number in range(len(members)) if number not in last_order)]
        chosen += [Column(members[number].labels, kept[number]) for number in ordered]
    return [column for column in chosen if any(value is not None for value in column.values)]


def _descending(item: tuple[float, int]) -> tuple[bool, float]:
    return item[0] != item[0], -item[0]


def _ascending(item: tuple[float, int]) -> tuple[bool, float]:
    return item[0] != item[0], item[0]


def count_values(node: Aggregation, columns: list[Column], label: str) -> list[Column]:
    found: dict[Hashable, Column] = {}
    for labels, members in grouped(node, columns):
        for instant, row in enumerate(_rows(members)):
            for value in row:
                named = {**labels, label: format_value(value)}
                size = len(members[0].values)
                column = found.setdefault(frozenset(named.items()), Column(named, [None] * size))
                column.values[instant] = (column.values[instant] or 0.0) + 1.0
    return list(found.values())


Selecting = Callable[[Aggregation, list[Column], Sequence[float]], list[Column]]
WITH_NUMBER: dict[str, Selecting] = {
    "topk": select_extremes,
    "bottomk": select_extremes,
    "quantile": aggregate_quantile,
}
