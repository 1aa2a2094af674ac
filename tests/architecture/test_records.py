"""Holds each schema type to the record of its name: a field without a resolver is an attribute of the record."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

from msgspec import Struct
from strawberry.types.base import StrawberryObjectDefinition

import datasources.records as records
from datasources.records.alerts import AlertSummary
from datasources.records.errors import ErrorSummary
from datasources.records.shared import Connection, Edge
from resolvers.dashboard import Dashboard
from resolvers.sessions import AuthPayload
from schema.roots import schema

# Types that are read from a record of another name; edges and plain connections are all alike.
READ_FROM: dict[str, type] = {
    "AuthPayload": AuthPayload,
    "Dashboard": Dashboard,
    "DashboardAlerts": AlertSummary,
    "DashboardErrors": ErrorSummary,
}


def test_fields_without_a_resolver_are_attributes_of_the_record():
    named = _records()
    missing = [
        f"{definition.name}.{field}: {record.__module__}.{record.__name__} has no such attribute"
        for definition in _types()
        for record in named.get(definition.name) or _other_records(definition.name)
        for field in _plain_fields(definition)
        if not _has(record, field)
    ]
    assert missing == []


def test_every_type_with_plain_fields_is_read_from_a_record():
    named = _records()
    types = [definition.name for definition in _types() if _plain_fields(definition)]
    assert len(types) > 30
    assert [name for name in types if name not in named and not _other_records(name)] == []


def _other_records(name: str) -> list[type]:
    if name in READ_FROM:
        return [READ_FROM[name]]
    return [Edge] if name.endswith("Edge") else [Connection] if name.endswith("Connection") else []


def _types() -> Iterator[StrawberryObjectDefinition]:
    roots = {"Query", "Mutation", "Subscription"}
    for found in schema.schema_converter.type_map.values():
        definition = found.definition
        if not isinstance(definition, StrawberryObjectDefinition) or definition.is_input or definition.is_interface:
            continue
        if definition.name not in roots:
            yield definition


def _plain_fields(definition: StrawberryObjectDefinition) -> list[str]:
    return [field.python_name for field in definition.fields if field.base_resolver is None]


def _records() -> dict[str, list[type]]:
    found: dict[str, list[type]] = {}
    for module in pkgutil.iter_modules(records.__path__, f"{records.__name__}."):
        for name, kind in inspect.getmembers(importlib.import_module(module.name), inspect.isclass):
            if issubclass(kind, Struct) and kind.__module__.startswith(records.__name__):
                kinds = found.setdefault(name, [])
                if kind not in kinds:
                    kinds.append(kind)
    return found


def _has(record: type, attribute: str) -> bool:
    return hasattr(record, attribute) or attribute in getattr(record, "__struct_fields__", ())
