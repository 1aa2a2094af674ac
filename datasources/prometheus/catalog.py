"""Prometheus's answers to questions about what there is: labels, series, metadata, its version. Pure."""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from ..http import SourceResponse
from ..records.metrics import MetricMetadata
from .decoding import decode

_FAMILY_SUFFIXES = ("_bucket", "_count", "_sum", "_total", "_created", "_info")


class _Names(msgspec.Struct):
    data: list[str]


class _LabelSets(msgspec.Struct):
    data: list[dict[str, str]]


class _Entry(msgspec.Struct):
    type: str = "unknown"
    help: str = ""
    unit: str = ""


class _Metadata(msgspec.Struct):
    data: dict[str, list[_Entry]]


class _Build(msgspec.Struct):
    version: str = ""


class _BuildAnswer(msgspec.Struct):
    data: _Build


_NAMES = msgspec.json.Decoder(_Names)
_LABEL_SETS = msgspec.json.Decoder(_LabelSets)
_METADATA = msgspec.json.Decoder(_Metadata)
_BUILD = msgspec.json.Decoder(_BuildAnswer)


def decode_names(response: SourceResponse, source: str) -> list[str]:
    """Shape: names or values, ascending."""
    return sorted(decode(_NAMES, response, source).data)


def decode_label_sets(response: SourceResponse, source: str) -> list[dict[str, str]]:
    """Shape: one label set per series, in no order."""
    return decode(_LABEL_SETS, response, source).data


def decode_metadata(response: SourceResponse, source: str, names: Collection[str]) -> dict[str, MetricMetadata]:
    """What is known of the metrics `names`, by these names; others' are left out, for they may be another project's.

    Prometheus keys by family, the name without `_bucket`, `_count`, `_sum` and, for OpenMetrics, without `_total`.
    """
    known = decode(_METADATA, response, source).data
    found = {}
    for name in names:
        entries = known.get(name) or known.get(family(name))
        if entries:
            found[name] = MetricMetadata(entries[0].type, entries[0].help, entries[0].unit)
    return found


def decode_version(response: SourceResponse, source: str) -> str | None:
    """The version; None where the server does not tell, as some that speak Prometheus's language do not."""
    if response.status == 404:
        return None
    return decode(_BUILD, response, source).data.version or None


def family(name: str) -> str:
    """The metric family that a sample's name belongs to."""
    for suffix in _FAMILY_SUFFIXES:
        if name.endswith(suffix):
            return name.removesuffix(suffix)
    return name
