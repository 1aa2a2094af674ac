"""Packages named `schema` or `resolvers` exist on the index too: the ones that are imported are ours."""

from __future__ import annotations

import importlib
import re
import tomllib
from pathlib import Path

import pytest

from tests.architecture.project import PACKAGES, ROOT


@pytest.mark.parametrize("package", PACKAGES)
def test_package_is_ours(package):
    found = importlib.import_module(package).__file__
    assert found is not None
    assert Path(found).resolve() == ROOT / package / "__init__.py"


@pytest.mark.parametrize("package", PACKAGES)
def test_no_dependency_brings_a_package_of_our_name(package):
    assert package not in _locked("requirements-dev.txt")


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_lock_has_every_dependency_with_a_hash(lock):
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = list(project["project"]["dependencies"])
    wanted += [name for extra in project["project"]["optional-dependencies"].values() for name in extra]
    if lock == "requirements-dev.txt":
        wanted += project["dependency-groups"]["dev"]
    locked = _locked(lock)
    assert {_name(requirement) for requirement in wanted} <= locked.keys()
    assert all("--hash=sha256:" in entry for entry in locked.values())


def test_development_lock_holds_the_other_unchanged():
    runtime, development = _locked("requirements.txt"), _locked("requirements-dev.txt")
    assert {name: development.get(name) for name in runtime} == runtime


def _locked(lock: str) -> dict[str, str]:
    entries = re.split(r"\n(?=\S)", (ROOT / lock).read_text("utf-8").strip())
    return {_name(entry): entry for entry in entries}


def _name(requirement: str) -> str:
    found = re.match(r"[A-Za-z0-9._-]+", requirement)
    assert found is not None, requirement
    return re.sub(r"[-_.]+", "-", found[0]).lower()
