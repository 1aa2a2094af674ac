"""Holds the served schema to its snapshot and to the contract that front-end teams write against."""

from __future__ import annotations

from graphql import build_schema
from graphql.utilities import find_breaking_changes

from schema.roots import sdl
from tests.architecture.project import ROOT

CONTRACT = ROOT / "tests/fixtures/contract.graphql"
SNAPSHOT = ROOT / "schema/schema.graphql"
MISSING = ROOT / "tests/architecture/missing_from_contract.txt"


def test_snapshot_is_the_served_schema():
    assert SNAPSHOT.read_text("utf-8") == sdl(), "write it anew: make schema"


def test_nothing_of_the_contract_is_missing_but_what_is_listed():
    contract = build_schema(CONTRACT.read_text("utf-8"))
    served = build_schema(sdl(), assume_valid_sdl=True)
    missing = sorted(f"{change.type.name}: {change.description}" for change in find_breaking_changes(contract, served))
    assert missing == MISSING.read_text("utf-8").splitlines(), "the list may only lose lines"
