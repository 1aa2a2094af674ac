"""Binary operators between two vectors: which series meet, and what comes of it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable

from gateway.demo.simulators.prometheus.engine.arithmetic import COMPARISON, operation
from gateway.demo.simulators.prometheus.engine.columns import (
    Column,
    Labels,
    Values,
    merged,
    printed_labels,
    without_name,
)
from gateway.demo.simulators.prometheus.engine.faults import ExecutionFault
from gateway.demo.simulators.prometheus.promql.nodes import Binary, Matching

Signature = Callable[[Labels], Hashable]


def signature_of(matching: Matching) -> Signature:
    names = matching.labels
    if matching.on:
        return lambda labels: tuple(labels.get(name, "") for name in names)
    ignored = frozenset((*names, "__name__"))
    return lambda labels: frozenset((name, value) for name, value in labels.items() if name not in ignored)


def combine(node: Binary, left: list[Column], right: list[Column]) -> list[Column]:
    """Raises: ExecutionFault, where a series would have to be paired with several."""
    matching = node.matching or Matching()
    if node.op in ("and", "or", "unless"):
        return _combine_sets(node.op, left, right, signature_of(matching))
    if not left or not right:
        return []
    flipped = matching.group == "right"
    many, one = (right, left) if flipped else (left, right)
    signature = signature_of(matching)
    partners = _by_signature(one, signature)
    for group in partners.values():
        _check_unique(group, matching, "left" if flipped else "right")
    compute = _pairwise(node, flipped=flipped)
    found = [
        Column(_result_labels(node, matching, column.labels, other.labels), compute(column.values, other.values))
        for column in many
        for other in partners.get(signature(column.labels), ())
    ]
    manner = (
        "grouping labels must ensure unique matches"
        if matching.group
        else "many-to-one matching must be explicit (group_left/group_right)"
    )
    return merged(found, f"multiple matches for labels: {manner}")


def _pairwise(node: Binary, *, flipped: bool) -> Callable[[Values, Values], Values]:
    """A function of the many side's values and the one side's; a comparison keeps the left one's value."""
    if node.op in COMPARISON and not node.returns_bool:
        compare = COMPARISON[node.op]
        if flipped:
            return lambda many, one: [
                o if m is not None and o is not None and compare(o, m) else None for m, o in zip(many, one, strict=True)
            ]
        return lambda many, one: [
            m if m is not None and o is not None and compare(m, o) else None for m, o in zip(many, one, strict=True)
        ]
    compute = operation(node.op)
    if flipped:
        return lambda many, one: [
            None if m is None or o is None else compute(o, m) for m, o in zip(many, one, strict=True)
        ]
    return lambda many, one: [None if m is None or o is None else compute(m, o) for m, o in zip(many, one, strict=True)]


def _by_signature(columns: list[Column], signature: Signature) -> dict[Hashable, list[Column]]:
    groups: dict[Hashable, list[Column]] = defaultdict(list)
    for column in columns:
        groups[signature(column.labels)].append(column)
    return groups


def _check_unique(group: list[Column], matching: Matching, side: str) -> None:
    for place, column in enumerate(group[1:], 1):
        for other in group[:place]:
            if any(mine is not None and its is not None for mine, its in zip(column.values, other.values, strict=True)):
                group_labels = _group_labels(matching, column.labels)
                raise ExecutionFault(
                    f"found duplicate series for the match group {group_labels} on the {side} hand-side of the operation: "
                    f"[{printed_labels(other.labels)}, {printed_labels(column.labels)}];"
                    "many-to-many matching not allowed: matching labels must be unique on one side"
                )


def _group_labels(matching: Matching, labels: Labels) -> str:
    kept = {
        name: value for name, value in labels.items() if (name in matching.labels) == matching.on and name != "__name__"
    }
    return printed_labels(kept)


def _result_labels(node: Binary, matching: Matching, many: Labels, one: Labels) -> Labels:
    """Source: promql/engine.go, resultMetric."""
    keeps_name = node.op in COMPARISON and not node.returns_bool
    labels = dict(many) if keeps_name else dict(without_name(many))
    if not matching.group:
        if matching.on:
            return {name: labels[name] for name in labels if name in matching.labels}
        return {name: value for name, value in labels.items() if name not in matching.labels}
    for name in matching.include:
        labels.pop(name, None)
        if name in one:
            labels[name] = one[name]
    return labels


def _combine_sets(op: str, left: list[Column], right: list[Column], signature: Signature) -> list[Column]:
    if op == "or":
        present = {key: _presence(group) for key, group in _by_signature(left, signature).items()}
        added = (
            Column(column.labels, _where(column.values, present.get(signature(column.labels)), wanted=False))
            for column in right
        )
        shown = [column for column in added if any(value is not None for value in column.values)]
        return merged([*left, *shown], "vector cannot contain metrics with the same labelset")
    present = {key: _presence(group) for key, group in _by_signature(right, signature).items()}
    return [
        Column(column.labels, _where(column.values, present.get(signature(column.labels)), wanted=op == "and"))
        for column in left
    ]


def _presence(columns: list[Column]) -> list[bool]:
    return [any(value is not None for value in row) for row in zip(*(column.values for column in columns), strict=True)]


def _where(values: Values, present: list[bool] | None, *, wanted: bool) -> Values:
    if present is None:
        return [None] * len(values) if wanted else values
    return [value if here == wanted else None for value, here in zip(values, present, strict=True)]
