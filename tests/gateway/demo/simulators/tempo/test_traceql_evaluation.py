from __future__ import annotations

import pytest

from tests.gateway.demo.simulators.tempo.small_trace import found, run

ALL = ["shop", "call", "pay", "db", "render"]
FILTERS = {
    "{}": ALL,
    "{ true }": ALL,
    "{ false }": [],
    '{ name = "pay" }': ["pay"],
    '{ name != "pay" }': ["shop", "call", "db", "render"],
    '{ name =~ "p.*|d" }': ["pay"],
    '{ name =~ "a" }': [],
    '{ name !~ "(?i)S.*|P.*" }': ["call", "db", "render"],
    '{ "a" < "b" && name < "d" }': ["call"],
    "{ status = error }": ["call", "pay"],
    "{ status != error }": ["shop", "db", "render"],
    "{ kind = server }": ["shop", "pay"],
    '{ statusMessage = "late" }': ["pay"],
    "{ duration > 100ms }": ["shop", "call", "pay"],
    "{ duration >= 0.1s && duration <= 500ms }": ["pay", "db"],
    "{ duration > 0.5 }": ALL,
    "{ traceDuration > 900ms && rootName = `shop` }": ALL,
    '{ rootServiceName = "payment" }': [],
    "{ nestedSetParent < 0 }": ["shop"],
    "{ nestedSetLeft = 1 && nestedSetRight = 10 }": ["shop"],
    "{ span:childCount = 2 }": ["shop"],
    '{ span:id = "0000000000000003" }': ["pay"],
    '{ span:parentID = "0000000000000003" }': ["db"],
    '{ trace:id = "af7651916cd43dd8448eb211c80319c" }': ALL,
    '{ instrumentation:name = "shop.payment" }': ["pay", "db"],
    '{ event:name = "exception" }': ["pay"],
    "{ event:timeSinceStart > 500ms }": ["pay"],
    '{ event.exception.type = "Timeout" }': ["pay"],
    "{ event.attempt = 2 }": ["pay"],
    "{ span.http.status = 502 }": ["shop", "call"],
    "{ span.http.status = 502.0 }": [],
    '{ span.http.status = "502" }': [],
    "{ span.http.status != 500 }": ["shop", "call"],
    "{ span.http.status != 500.0 }": [],
    "{ span.ratio > 0 }": [],
    "{ span.ratio > 0.0 }": ["shop"],
    "{ span.ok = true }": ["shop"],
    "{ span.ok }": ["shop"],
    "{ !span.ok }": [],
    "{ 502 = span.http.status }": ["shop", "call"],
    '{ resource.service.name = "frontend" }': ["shop", "call", "render"],
    '{ .service.name = "frontend" }': ["shop", "call"],
    '{ .service.name = "override" }': ["render"],
    '{ span."a b" = 1 }': ["render"],
    "{ span.missing = nil }": ALL,
    "{ span.missing != nil }": [],
    "{ span.peer != nil }": ["call"],
    "{ nil = span.peer }": ["shop", "pay", "db", "render"],
    '{ span.peer != "x" }': ["call"],
    '{ span.tables = "users" }': ["db"],
    '{ span.tables != "users" }': [],
    '{ span.tables =~ "us.*" }': ["db"],
    "{ span.rows + 1 = 4 }": ["db"],
    "{ span.rows * 2 > 6 }": ["render"],
    "{ -span.rows < -3 }": ["render"],
    "{ span.rows / 2 = 1 }": ["db"],
    "{ span.rows % 2 = 1 && span.rows ^ 2 = 9 }": ["db"],
    '{ name = "db" || name = "shop" && status = error }': [],
    '{ name = "shop" && status = error || name = "db" }': ["db"],
    '{ name = "db" || (name = "call" && status = error) }': ["call", "db"],
}


@pytest.mark.parametrize("query", FILTERS)
def test_filter_finds_these_spans(query: str) -> None:
    assert found(query) == FILTERS[query]


OPERATIONS = {
    '{ name = "shop" } && { name = "db" }': ["shop", "db"],
    '{ name = "shop" } && { name = "nothing" }': [],
    '{ name = "nothing" } || { name = "db" }': ["db"],
    '{ name = "shop" } >> { kind = client }': ["call", "db"],
    '{ name = "shop" } > { kind = client }': ["call"],
    '{ name = "db" } << { kind = server }': ["shop", "pay"],
    '{ name = "db" } < { kind = server }': ["pay"],
    '{ name = "call" } ~ { }': ["render"],
    '{ name = "pay" } !>> { }': ["shop", "call", "pay", "render"],
    '{ name = "shop" } !> { }': ["shop", "pay", "db"],
    '{ name = "db" } !<< { }': ["db", "render"],
    '{ name = "nothing" } !> { name = "db" }': ["db"],
    "{ kind = server } &> { kind = client }": ["shop", "call", "pay", "db"],
    '{ name = "shop" } &>> { name = "db" }': ["shop", "db"],
    '{ name = "call" } &~ { name = "render" }': ["call", "render"],
    '({ name = "shop" } > { kind = client }) >> { name = "db" }': ["db"],
    "{ kind = client } | { status = error }": ["call"],
    "{ kind = client } | count() > 1": ["call", "db"],
    "{ kind = client } | count() > 2": [],
    "{ } | avg(duration) > 400ms": ALL,
    "{ } | avg(duration) > 500ms": [],
    "{ } | max(span.rows) = 5": ALL,
    "{ } | min(span.rows) = 3 | sum(span.rows) = 8": ALL,
    "{ } | avg(span.missing) > 0": [],
    "{ } | by(resource.service.name) | count() = 2": ["pay", "db"],
    "{ } | by(kind) | count() = 1": ["render"],
    "{ } | by(kind) | coalesce() | count() = 5": ["shop", "pay", "call", "db", "render"],
    "{ status = error } | select(span.peer)": ["call", "pay"],
    "count() > 4": ALL,
    "({ status = error } | count() > 1) && ({ kind = internal } | count() > 0)": ["call", "pay", "render"],
}


@pytest.mark.parametrize("query", OPERATIONS)
def test_pipeline_finds_these_spans(query: str) -> None:
    assert found(query) == OPERATIONS[query]


def test_groups_and_aggregates_are_told_with_the_spanset() -> None:
    spansets = run("{ } | by(resource.service.name) | avg(duration) > 1ms | count() > 0")
    assert [spanset.attributes for spanset in spansets] == [
        [("by(resource.service.name)", "frontend"), ("avg(duration)", 550_000_000), ("count()", 3)],
        [("by(resource.service.name)", "payment"), ("avg(duration)", 300_000_000), ("count()", 2)],
    ]
