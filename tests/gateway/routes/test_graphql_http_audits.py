"""The audits of the graphql-http package, run by it against a real socket."""

from __future__ import annotations

from tests.gateway import tiny
from tests.node_scripts import run_script


def test_every_audit_of_graphql_over_http_is_passed(serve):
    assert run_script("graphql_http.mjs", f"{serve(tiny.app())}/graphql").strip() == "61 of 61"
