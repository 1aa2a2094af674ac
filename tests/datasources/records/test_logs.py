"""Log lines as records: what is read out of them, and the cursors that name their places."""

from __future__ import annotations

import gc
import random
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.records.log_cursors import LogCursor, parse_log_cursor
from datasources.records.log_lines import MAX_FIELDS, parse_fields
from datasources.records.logs import LogEntry, LogLevel, LogPage, LogStream, normalise_trace_id
from datasources.records.shared import Label
from tests.resolvers.logs.things import PROJECT

mark = st.text("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-", min_size=8, max_size=8)


def entry(
    line: str = "x", labels: dict | None = None, metadata: dict | None = None, parsed: dict | None = None
) -> LogEntry:
    return LogEntry(5, line, LogStream.of(PROJECT, labels or {}), metadata or {}, parsed or {})


@given(
    st.integers(0, 10**19 - 1),
    st.lists(mark, max_size=32).map(tuple),
    st.none() | st.tuples(mark, st.integers(1, 5_000)),
)
def test_cursor_survives_the_way_to_a_client_and_back(timestamp_ns, listed, ranked):
    cursor = LogCursor(timestamp_ns, listed, ranked)
    assert parse_log_cursor(cursor.text) == cursor


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "-1",
        "1.",
        "1.short",
        "1.AAAAAAAA~",
        "1~AAAAAAAA",
        "1.AAAAAAAA\n",
        "٣",
        "1" * 20,
        "1" + ".AAAAAAAA" * 33,
    ],
)
def test_other_text_is_no_cursor(text):
    with pytest.raises(ValueError, match="not a cursor"):
        parse_log_cursor(text)


def test_mark_tells_lines_apart_by_line_labels_and_metadata():
    marks = {
        entry().mark,
        entry("y").mark,
        entry(labels={"a": "b"}).mark,
        entry(metadata={"a": "b"}).mark,
        entry(metadata={"a": "b", "c": "d"}).mark,
        entry(metadata={"a": "bcd"}).mark,
        entry(metadata={"ab": ""}).mark,
    }
    assert len(marks) == 7


def test_mark_does_not_depend_on_the_order_of_labels_or_metadata():
    one = entry(labels={"a": "1", "b": "2"}, metadata={"c": "3", "d": "4"})
    other = entry(labels={"b": "2", "a": "1"}, metadata={"d": "4", "c": "3"})
    assert one.mark == other.mark
    assert one.labels == [Label("a", "1"), Label("b", "2")]


@pytest.mark.parametrize(
    "labels, metadata, parsed, level",
    [
        ({}, {"detected_level": "error", "severity_text": "INFO"}, {}, LogLevel.ERROR),
        ({"detected_level": "warn"}, {}, {}, LogLevel.WARN),
        ({}, {"severity_text": "WARNING"}, {}, LogLevel.WARN),
        ({"level": "critical"}, {}, {}, LogLevel.FATAL),
        ({}, {}, {"level": "Debug"}, LogLevel.DEBUG),
        ({}, {"detected_level": "unknown"}, {}, LogLevel.UNKNOWN),
        ({}, {"detected_level": "loud"}, {}, LogLevel.UNKNOWN),
        ({}, {}, {}, LogLevel.UNKNOWN),
    ],
)
def test_level_is_what_the_source_detected_or_the_line_says(labels, metadata, parsed, level):
    assert entry(labels=labels, metadata=metadata, parsed=parsed).level is level


@pytest.mark.parametrize(
    "text, trace_id",
    [
        ("7905A1", "0" * 26 + "7905a1"),
        ("256d37b2dff4a70be12a9c3d999730dd", "256d37b2dff4a70be12a9c3d999730dd"),
        ("0" * 32, None),
        ("", None),
        ("xyz", None),
        ("1" * 33, None),
    ],
)
def test_trace_id_has_32_digits_or_is_none(text, trace_id):
    assert normalise_trace_id(text) == trace_id
    assert entry(metadata={"trace_id": text}).trace_id == trace_id


def test_span_id_has_16_digits_or_is_none():
    assert entry(metadata={"span_id": "AB"}).span_id == "00000000000000ab"
    assert entry(metadata={"span_id": "not hex"}).span_id is None
    assert entry().span_id is None


def test_fields_are_metadata_and_then_the_lines_own():
    found = entry('{"a": 1, "b": {"c": true}}', {"b_c": "label"}, {"a": "metadata"}).fields
    assert found == [Label("a", "metadata"), Label("a_extracted", "1"), Label("b_c_extracted", "true")]


def test_fields_that_the_query_parsed_stand_for_the_lines_own():
    found = entry('{"a": 1}', parsed={"b": "2", "__error__": "JSONParserErr"}).fields
    assert found == [Label("b", "2")]


@pytest.mark.parametrize(
    "line, fields",
    [
        ('{"a": "x", "n": 1.5, "b": false, "l": [1], "z": null}', {"a": "x", "n": "1.5", "b": "false"}),
        ('{"http": {"bytes": 7}, "a.b": "c", "1x": "y"}', {"http_bytes": "7", "a_b": "c", "_1x": "y"}),
        (
            'level=info msg="say \\"hi\\"" took=5ms empty=',
            {"level": "info", "msg": 'say "hi"', "took": "5ms", "empty": ""},
        ),
        ("GET /a?b=c 200", {}),
        ("just words", {}),
        ('{"a": 1', {}),
        ("[1, 2]", {}),
        ('"text"', {}),
        ("{" * 50_000, {}),
        ('{"a":' * 5_000, {}),
        ("a==b", {"a": "=b"}),
        ('a="' + "\\" * 9_999, {}),
        ("", {}),
    ],
)
def test_fields_of_a_line(line, fields):
    assert parse_fields(line) == fields


def test_fields_of_a_line_are_bounded():
    many = "{" + ",".join(f'"f{n}": {n}' for n in range(500)) + "}"
    assert len(parse_fields(many)) == MAX_FIELDS
    assert len(parse_fields(" ".join(f"f{n}={n}" for n in range(500)))) == MAX_FIELDS


@pytest.mark.parametrize("line", ["x" * 200_000 + " a=b", "a=" * 100_000, 'a="' + "\\" * 199_999, " =" * 100_000])
def test_long_line_is_read_in_no_time(line):
    started = time.perf_counter()
    parse_fields(line)
    assert time.perf_counter() - started < 0.5


@given(st.text(max_size=80))
def test_no_line_breaks_the_parsers(line):
    assert all(isinstance(value, str) for value in parse_fields(line).values())


def test_page_names_its_first_and_last_line():
    nodes = [entry("a"), entry("b")]
    page = LogPage(nodes=nodes, has_next_page=True, has_previous_page=False, stats=None)
    assert page.page_info.start_cursor == nodes[0].cursor
    assert page.page_info.end_cursor == nodes[1].cursor
    assert [(edge.cursor, edge.node) for edge in page.edges] == [(node.cursor, node) for node in nodes]


def test_lines_are_not_looked_at_by_the_garbage_collector():
    draw = random.Random(1)
    found = [entry(str(draw.random()), metadata={"a": "b"}) for _ in range(10)]
    assert not any(gc.is_tracked(each) for each in found)
