"""An endpoint that answers beyond a scope is closed, until the same question finds nothing."""

from __future__ import annotations

import pytest

from datasources.exceptions import SourceRefused
from datasources.records.sources import Source, SourceKind, SourceState
from datasources.scope import Rule, Scope, Signal
from datasources.scoping.gate import EndpointGate, nobodys, shape_of

ONE = Scope(frozenset({"p"}), (Rule("ns", ("shop",)),))
TWO = Scope(frozenset({"p"}), (Rule("ns", ("shop", "store")), Rule("job", pattern="shop/.+")), "t")


def test_an_endpoint_is_closed_by_what_it_found_and_opened_by_the_same_question_only() -> None:
    gate = EndpointGate("loki")
    gate.judge("labels", ONE, ["bank"])
    gate.judge("labels", TWO, [])
    gate.judge("series", ONE, [])
    assert gate.closed == ("labels",)
    with pytest.raises(SourceRefused, match="loki: labels is switched off"):
        gate.require("labels")
    gate.require("series")
    gate.judge("labels", ONE, [])
    gate.require("labels")


def test_a_closed_endpoint_shows_in_the_status() -> None:
    gate, up = EndpointGate("loki"), Source(name="loki", kind=SourceKind.LOKI, state=SourceState.UP)
    assert gate.told(up) is up
    gate.judge("labels", ONE, ["bank"])
    told = gate.told(up)
    assert told.state is SourceState.DEGRADED
    assert told.last_error == "switched off, since it answers beyond a project's scope: labels"


@pytest.mark.parametrize("scope", [ONE, TWO], ids=["one rule", "two rules"])
def test_a_probe_has_the_scopes_shape_and_nobodys_values(scope: Scope) -> None:
    first, second = nobodys(scope), nobodys(scope)
    assert shape_of(first) == shape_of(scope)
    assert first.projects == frozenset()
    assert first.rules != second.rules, "made up anew"
    assert "shop" not in str(first)


def test_shapes_differ_where_the_question_does() -> None:
    shapes = [
        ONE,
        TWO,
        Scope(frozenset(), ONE.rules, "t"),
        Scope(frozenset(), (Rule("ns", ("a", "b")),)),
        Scope(frozenset(), (Rule("ns", pattern="a"),)),
        Scope(frozenset(), (Rule("other", ("a",)),)),
        Scope(frozenset(), (Rule("ns", ("a",), signals=frozenset({Signal.LOGS})),)),
    ]
    assert len({shape_of(scope) for scope in shapes}) == len(shapes)
    assert shape_of(Scope(frozenset({"q"}), (Rule("ns", ("bank",)),))) == shape_of(ONE)
