"""Holds each schema type to the record of its name: a field without a resolver is an attribute of the record."""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from collections.abc import Iterator

from msgspec import Struct
from strawberry.types.base import StrawberryObjectDefinition

import datasources.records as records
from schema.roots import schema

# A type without a record of its name, and what it is read from instead.
UNRECORDED: dict[str, str] = {}


def test_fields_without_a_resolver_are_attributes_of_the_record():
    named = _records()
    missing = [
        f"{definition.name}.{field}: {record.__module__}.{record.__name__} has no such attribute"
        for definition in _types()
        for record in named.get(definition.name, [])
        for field in _plain_fields(definition)
        if not _has(record, field)
    ]
    assert missing == []


def test_every_type_with_plain_fields_has_a_record_of_its_name():
    named = _records()
    without = {definition.name for definition in _types() if _plain_fields(definition) and definition.name not in named}
    assert without == UNRECORDED.keys()
    assert all(UNRECORDED.values())


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
