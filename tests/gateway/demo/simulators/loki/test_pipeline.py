from __future__ import annotations

import pytest

from gateway.demo.simulators.loki.refusals import LokiRefusal
from tests.gateway.demo.simulators.loki.tiny_scenario import line, select, store_of

JSON = (
    '{"level": "warn", "msg": "slow", "status": 503, "took": "1.5s", "size": "2KB", "ok": true, '
    '"http": {"bytes": 12}, "tags": [1], "none": null, "service_name": "x"}'
)
LOGFMT = 'level=info msg="pool \\"a\\" full" took=250ms status=200 empty='
CONTAINS = [
    ('|= "slow"', True),
    ('|= "fast"', False),
    ('|= "fast" or "slow"', True),
    ('!= "slow"', False),
    ('!= "fast" or "slow"', False),
    ('|~ "sl.w" |= "warn"', True),
    ('|~ "(?i)SLOW"', True),
    ('!~ "sl.w"', False),
    ('|> "<_>slow<_>"', True),
    ('!> "<_>slow<_>"', False),
    ('| trace_id="t1"', True),
    ('| trace_id=~"t."', True),
    ('| nothing="x"', False),
    ('| nothing=""', True),
    ("| json | status >= 500", True),
    ("| json | status = 200", False),
    ("| json | took > 1s", True),
    ("| json | took < 1s", False),
    ("| json | size >= 2KB", True),
    ('| json | status < 500 or level="warn"', True),
    ('| json | status < 500 and level="warn"', False),
    ('| json | (status < 500 or took > 1s) and ok="true"', True),
    ('| json | status > 1, level="info"', False),
    ('| service_name="cart"', True),
]


@pytest.mark.parametrize("stages, stays", CONTAINS, ids=[stages for stages, _ in CONTAINS])
def test_line_stays_or_goes(stages: str, stays: bool) -> None:
    found = select(store_of(line(JSON, trace_id="t1")), f'{{service_namespace="shop"}} {stages}')
    assert bool(found) is stays


@pytest.mark.parametrize(
    "text, stages, parsed",
    [
        (
            JSON,
            "| json",
            {"level": "warn", "msg": "slow", "status": "503", "took": "1.5s", "size": "2KB", "ok": "true",
             "http_bytes": "12", "service_name_extracted": "x"},
        ),
        (JSON, '| json size="http.bytes", first="tags[0]", lost="a.b"', {"size": "12", "first": "1"}),
        (LOGFMT, "| logfmt", {"level": "info", "msg": 'pool "a" full', "took": "250ms", "status": "200"}),
        (LOGFMT, '| logfmt how="took", status', {"how": "250ms", "status": "200"}),
        ("GET /a 200", "| pattern `<method> <path> <_>`", {"method": "GET", "path": "/a"}),
        ("GET /a 200", "| regexp `(?P<code>\\d+)$`", {"code": "200"}),
        ('{"_entry": "hi", "pod": "p1"}', "| unpack", {"pod": "p1"}),
        ("x", '| label_format where="{{.service_name | ToUpper}}", also=service_namespace', {"where": "CART", "also": "shop"}),
        (LOGFMT, "| logfmt | keep level", {"level": "info"}),
        (LOGFMT, '| logfmt | drop msg, took, status="404"', {"level": "info", "status": "200"}),
        (LOGFMT, "| logfmt | drop level | level=``", {"msg": 'pool "a" full', "took": "250ms", "status": "200"}),
    ],
    ids=["json", "json paths", "logfmt", "logfmt names", "pattern", "regexp", "unpack", "label_format", "keep", "drop",
         "filter after drop"],
)  # fmt: skip
def test_parser_finds_labels(text: str, stages: str, parsed: dict[str, str]) -> None:
    (state,) = select(store_of(line(text)), f'{{service_namespace="shop"}} {stages}')
    assert state.parsed == parsed


@pytest.mark.parametrize(
    "stages, text",
    [
        ('| json | line_format "{{.msg}} {{.status}}"', "slow 503"),
        ('| json | line_format "{{.msg | upper | trunc 2}}{{.lost}}!"', "SL!"),
        ("| line_format `{{ __line__ | trunc 8 }}`", '{"level"'),
        ('| line_format "{{.trace_id}}" |= "t1"', "t1"),
        ('| json | line_format `{{ replace "l" "L" .msg }} {{ default "-" .lost }}`', "sLow -"),
    ],
)
def test_line_is_written_anew(stages: str, text: str) -> None:
    (state,) = select(store_of(line(JSON, trace_id="t1")), f'{{service_namespace="shop"}} {stages}')
    assert state.line == text


def test_line_that_a_parser_cannot_read_is_marked_and_stays() -> None:
    (state,) = select(store_of(line("plain words")), '{service_namespace="shop"} | json | status > 5')
    assert state.parsed["__error__"] == "JSONParserErr"


def test_text_condition_drops_marked_lines() -> None:
    assert select(store_of(line("plain words")), '{service_namespace="shop"} | json | __error__=""') == []


def test_number_condition_marks_what_is_no_number() -> None:
    (state,) = select(store_of(line("a=b")), '{service_namespace="shop"} | logfmt | a > 5')
    assert state.parsed["__error__"] == "LabelFilterErr"


def test_keep_strips_the_labels_of_the_stream_too() -> None:
    (state,) = select(store_of(line("a=b", trace_id="t1")), '{service_namespace="shop"} | keep trace_id')
    assert (state.stream_labels(), state.metadata()) == ({}, {"trace_id": "t1"})


@pytest.mark.parametrize(
    "template, words",
    [
        ("{{.a | shout}}", 'function "shout" not defined'),
        ("{{ if .a }}x{{ end }}", 'function "if" not defined'),
        ("{{.a", "unclosed action"),
    ],
    ids=["function", "if", "open"],
)
def test_template_that_is_not_understood_is_refused(template: str, words: str) -> None:
    with pytest.raises(LokiRefusal, match=f"invalid line template: .*{words}"):
        select(store_of(), f'{{a="b"}} | line_format `{template}`')
