"""Holds GraphiQL's committed bundle and its examples to what the gateway serves."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from graphql import build_schema, parse, validate

from schema.roots import sdl
from tests.architecture.project import ROOT

BUNDLE = ROOT / "gateway/static/graphiql"
EXAMPLES = sorted((ROOT / "web/graphiql/examples").glob("*.graphql"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_example_is_valid_on_the_served_schema(example):
    served = build_schema(sdl(), assume_valid_sdl=True)
    assert validate(served, parse(example.read_text("utf-8"))) == []


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda path: path.stem)
def test_bundle_holds_the_example_as_it_stands(example):
    first_line = example.read_text("utf-8").splitlines()[0]
    operation = re.search(r"^query (\w+)", example.read_text("utf-8"), re.MULTILINE)
    assert operation is not None
    script = (BUNDLE / "graphiql.js").read_text("utf-8")
    assert first_line in script
    assert f"query {operation[1]}" in script


def test_page_runs_no_inline_script_and_asks_no_other_host():
    page = (BUNDLE / "index.html").read_text("utf-8")
    scripts = re.findall(r"<script ([^>]*)>(.*?)</script>", page, re.DOTALL)
    assert [body for attributes, body in scripts if "application/json" not in attributes] == [""]
    assert "{{config}}" in page
    assert not re.search(r"(?:src|href)=\"(?:https?:)?//", page)


def test_page_names_files_that_are_there():
    page = (BUNDLE / "index.html").read_text("utf-8")
    named = re.findall(r"(?:src|href)=\"static/graphiql/([^\"]+)\"", page)
    workers = [f"{label}.worker.js" for label in ("editor", "graphql", "json")]
    assert named
    assert [name for name in [*named, *workers] if not (BUNDLE / name).is_file()] == []


def test_bundle_carries_the_licences_of_what_is_in_it():
    licences = (BUNDLE / "THIRD_PARTY_LICENSES.txt").read_text("utf-8")
    assert all(
        f"\n{name} " in f"\n{licences}" for name in ("graphiql", "graphql", "monaco-editor", "react", "react-dom")
    )


def test_bundle_is_what_the_sources_give(tmp_path):
    if shutil.which("node") is None or not (ROOT / "web/node_modules").is_dir():
        pytest.skip("no Node.js, or its packages are not installed: cd web && npm ci")
    subprocess.run(["node", "build.mjs", str(tmp_path / "built")], cwd=ROOT / "web", check=True)
    assert _contents(tmp_path / "built") == _contents(BUNDLE)


def _contents(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
