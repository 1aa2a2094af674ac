"""The manifest of trusted documents is made from a folder, and read back."""

from __future__ import annotations

import json

import pytest
from graphql import parse, validate
from typer.testing import CliRunner

from gateway.cli import app
from gateway.execution.manifest import ManifestError, build_manifest, operation_names, read_manifest, sha256
from schema.roots import schema
from tests.architecture.project import ROOT
from tests.gateway.tiny import SCHEMA

THING = "query Thing { thing { ...Parts } }"
HELLO = "query Hello { hello }"


def _folder(tmp_path, **files):
    for name, text in files.items():
        (tmp_path / f"{name}.graphql").write_text(text)
    return tmp_path


def test_a_document_holds_one_operation_and_the_fragments_that_it_needs(tmp_path):
    folder = _folder(
        tmp_path, a=THING + " " + HELLO, b="fragment Parts on Thing { ...Name } fragment Name on Thing { name }"
    )
    hello, thing = build_manifest(SCHEMA, folder).values()
    assert "fragment" not in hello
    assert validate(SCHEMA, parse(thing)) == []
    assert thing.count("fragment") == 2


def test_a_manifest_that_was_made_is_read(tmp_path):
    manifest = build_manifest(SCHEMA, _folder(tmp_path, a=HELLO))
    (tmp_path / "manifest.json").write_text(json.dumps(manifest))
    assert read_manifest(tmp_path / "manifest.json") == manifest
    assert operation_names(manifest.values()) == {"Hello"}


def test_a_manifest_of_apollos_tool_is_read(tmp_path):
    operations = [{"id": sha256(HELLO), "name": "Hello", "type": "query", "body": HELLO}]
    content = {"format": "apollo-persisted-query-manifest", "version": 1, "operations": operations}
    (tmp_path / "manifest.json").write_text(json.dumps(content))
    assert read_manifest(tmp_path / "manifest.json") == {sha256(HELLO): HELLO}


@pytest.mark.parametrize(
    "content", ["", "[]", "5", '{"abc": "{ hello }"}', '{"operations": [{"id": "x"}]}', '{"x": 1}']
)
def test_what_is_no_manifest_is_refused(tmp_path, content):
    (tmp_path / "manifest.json").write_text(content)
    with pytest.raises(ManifestError, match=r"manifest\.json"):
        read_manifest(tmp_path / "manifest.json")


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({}, "no .graphql file"),
        ({"a": "query {"}, "a.graphql:1:8"),
        ({"a": "{ hello }"}, "has to have a name"),
        ({"a": "type A { b: Int }"}, "nothing but operations"),
        ({"a": HELLO, "b": HELLO}, "b.graphql: there are two of the name Hello"),
        ({"a": "query A { nothing }"}, "A: Cannot query field 'nothing'"),
        ({"a": THING}, "Thing: Unknown fragment 'Parts'"),
    ],
)
def test_a_folder_that_makes_no_manifest_says_where_and_why(tmp_path, files, said):
    with pytest.raises(ManifestError, match=said):
        build_manifest(SCHEMA, _folder(tmp_path, **files))


def test_the_command_lists_the_examples_of_graphiql(tmp_path):
    done = CliRunner().invoke(
        app, ["documents", "build", str(ROOT / "web/graphiql/examples"), "--output", str(tmp_path / "m")]
    )
    assert done.exit_code == 0, done.output
    documents = read_manifest(tmp_path / "m").values()
    assert len(documents) == len(list((ROOT / "web/graphiql/examples").glob("*.graphql")))
    assert [validate(schema._schema, parse(text)) for text in documents] == [[]] * len(documents)
