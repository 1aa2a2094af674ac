"""Holds the import contracts of pyproject.toml."""

from __future__ import annotations

import os

from importlinter.cli import lint_imports

from tests.architecture.project import ROOT


def test_import_contracts_are_kept(monkeypatch):
    monkeypatch.chdir(ROOT)
    assert lint_imports(config_filename="pyproject.toml", no_cache=True) == os.EX_OK
