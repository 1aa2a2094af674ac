"""A typed filter becomes TraceQL that compares within the right type and says nothing else."""

from __future__ import annotations

import pytest

from datasources.exceptions import BadInput
from datasources.records.logs import LabelMatcher
from datasources.records.traces import AttributeName, SpanStatus, TraceFilter
from datasources.tempo.filters import as_filter, duration_literal, filtered, tag_name
from datasources.tempo.scope import narrow
from tests.datasources.tempo.recordings import SHOP

MS = 1_000_000


def matching(name: str, op: str, value: str) -> TraceFilter:
    return TraceFilter(attributes=(LabelMatcher(name, op, value),))


@pytest.mark.parametrize(
    "asked, text",
    [
        (TraceFilter(), None),
        (TraceFilter(services=("a",)), '{ resource.service.name = "a" }'),
        (TraceFilter(services=("a", "b")), '{ (resource.service.name = "a" || resource.service.name = "b") }'),
        (TraceFilter(names=("GET /",), status=SpanStatus.ERROR), '{ name = "GET /" && status = error }'),
        (TraceFilter(min_duration_ns=500 * MS, max_duration_ns=2000 * MS), "{ duration >= 500ms && duration <= 2s }"),
        (TraceFilter(root_only=True), "{ nestedSetParent < 0 }"),
        (matching("http.route", "=", "/a"), '{ .http.route = "/a" }'),
        (matching("span.http.route", "=~", "/a.*"), '{ span.http.route =~ "/a.*" }'),
        (matching("resource.k8s.pod.name", "!=", "x"), '{ resource.k8s.pod.name != "x" }'),
        (matching("a", "=", "502"), '{ (.a = "502" || .a = 502 || .a = 502.0) }'),
        (matching("a", "!=", "502"), '{ (.a != "502" || .a != 502 || .a != 502.0) }'),
        (matching("a", "=~", "502"), '{ .a =~ "502" }'),
        (matching("a", "=", "-1.50"), '{ (.a = "-1.50" || .a = -1.50) }'),
        (matching("a", "=", "true"), '{ (.a = "true" || .a = true) }'),
        (matching("a", "=", "1e400"), '{ .a = "1e400" }'),
        (matching("a", "=", "9" * 30), f'{{ .a = "{"9" * 30}" }}'),
        (matching("a", "=", 'x" || true'), '{ .a = "x\\" || true" }'),
        (matching("name", "=", "1"), '{ name = "1" }'),
        (matching("kind", "!=", "SERVER"), "{ kind != server }"),
        (matching("a b", "=", "x"), '{ ."a b" = "x" }'),
        (matching("span.a b", "=", "x"), '{ span."a b" = "x" }'),
    ],
)
def test_filter_becomes_traceql_that_the_scoper_takes(asked: TraceFilter, text: str | None) -> None:
    assert as_filter(asked) == text
    if text:
        narrow(text, SHOP)


@pytest.mark.parametrize(
    "asked, argument",
    [
        (matching("a} || {b", "=", "x"), "filter.attributes.0.name"),
        (matching("", "=", "x"), "filter.attributes.0.name"),
        (matching('a"b', "=", "x"), "filter.attributes.0.name"),
        (matching("kind", "=", "x"), "filter.attributes.0.value"),
        (matching("kind", "=~", "server"), "filter.attributes.0.value"),
        (TraceFilter(min_duration_ns=2, max_duration_ns=1), "filter.minDuration"),
    ],
)
def test_filter_that_cannot_be_is_refused_with_its_path(asked: TraceFilter, argument: str) -> None:
    with pytest.raises(BadInput) as caught:
        as_filter(asked)
    assert caught.value.argument == argument


@pytest.mark.parametrize(
    "traceql, asked, text",
    [
        ("", TraceFilter(), "{}"),
        (" ", TraceFilter(root_only=True), "{ nestedSetParent < 0 }"),
        (" {.a=1} ", TraceFilter(), "{.a=1}"),
        ("{.a=1}", TraceFilter(root_only=True), "{.a=1} | { nestedSetParent < 0 }"),
    ],
)
def test_question_is_shown_as_a_person_could_have_written_it(traceql: str, asked: TraceFilter, text: str) -> None:
    assert filtered(traceql, asked) == text


@pytest.mark.parametrize(
    "duration_ns, text",
    [(0, "0s"), (1, "1ns"), (1_500, "1500ns"), (2_000, "2us"), (90 * MS, "90ms"), (60_000 * MS, "60s")],
)
def test_duration_literal_is_exact(duration_ns: int, text: str) -> None:
    assert duration_literal(duration_ns) == text


@pytest.mark.parametrize(
    "attribute, text",
    [
        (AttributeName("service.name", "resource"), "resource.service.name"),
        (AttributeName("a b", "span"), 'span."a b"'),
        (AttributeName("status", "intrinsic"), "status"),
    ],
)
def test_tag_is_named_with_its_scope(attribute: AttributeName, text: str) -> None:
    assert tag_name(attribute) == text
