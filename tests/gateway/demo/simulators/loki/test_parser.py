from __future__ import annotations

import pytest

from gateway.demo.simulators.loki.parser import parse_log_selector, parse_matchers, parse_query
from gateway.demo.simulators.loki.printer import print_query
from gateway.demo.simulators.loki.refusals import LokiRefusal

S = '{a="b"}'

# The words and positions are those of the real parser's own tests.
REFUSED = [
    ("", "parse error : syntax error: unexpected $end"),
    ('{foo="bar}', "parse error at line 1, col 6: literal not terminated"),
    ('{foo="bar"', "parse error at line 1, col 11: syntax error: unexpected $end, expecting } or ,"),
    ('{foo="bar"} |~', "parse error at line 1, col 15: syntax error: unexpected $end, expecting STRING or ip"),
    ('{foo="bar"} "foo"', "parse error at line 1, col 13: syntax error: unexpected STRING"),
    ('{foo="bar"} foo', "parse error at line 1, col 13: syntax error: unexpected IDENTIFIER"),
    ('unk({ foo = "bar" }[5m])', "parse error at line 1, col 1: syntax error: unexpected IDENTIFIER"),
    ('min({ foo = "bar" }[5m])', "parse error at line 0, col 20: syntax error: unexpected RANGE"),
    ('rate({ foo = "bar" }[5)', "parse error at line 0, col 21: missing closing ']' in duration"),
    ('rate({ foo = "bar" }[5minutes])', 'parse error at line 0, col 21: not a valid duration string: "5minutes"'),
    ('stddev({ foo = "bar" })', "parse error at line 1, col 23: syntax error: unexpected )"),
    (
        'label_replace(rate({ foo = "bar" }[5m]),"")',
        "parse error at line 1, col 43: syntax error: unexpected ), expecting ,",
    ),
    ('{ foo = "bar" }|logfmt|addr>=ip("1.2.3.4")', "parse error at line 1, col 30: syntax error: unexpected ip"),
    ('sum(3 ,count_over_time({ foo = "bar" }[5h]))', "parse error : unsupported parameter for operation sum(3,"),
    ('topk(count_over_time({ foo = "bar" }[5h]))', "parse error : parameter required for operation topk"),
    (
        'bottomk(he,count_over_time({ foo = "bar" }[5h]))',
        "parse error at line 1, col 9: syntax error: unexpected IDENTIFIER",
    ),
    ('bottomk(1.2,count_over_time({ foo = "bar" }[5h]))', "parse error : invalid parameter bottomk(1.2,"),
    (
        'absent_over_time({ foo = "bar" }[5h]) by (foo)',
        "parse error : grouping not allowed for absent_over_time aggregation",
    ),
    (f"sum_over_time({S}[1m])", "parse error : invalid aggregation sum_over_time without unwrap"),
    (f"count_over_time({S} | unwrap x [1m])", "parse error : invalid aggregation count_over_time with unwrap"),
    (f"{S} | pattern `no holes`", "parse error : invalid pattern parser: at least one capture is required"),
    (f"{S} | regexp `x`", "parse error : invalid regexp parser: at least one named capture must be supplied"),
    ("{a='x'}", "parse error at line 1, col 4: syntax error: unexpected IDENTIFIER, expecting STRING"),
    ("{a='xy'}", "parse error at line 1, col 4: invalid char literal"),
    (r'{a="\q"}', "parse error at line 1, col 4: invalid char escape"),
    ("{", "parse error at line 1, col 2: syntax error: unexpected $end, expecting IDENTIFIER or }"),
]


@pytest.mark.parametrize("query, words", REFUSED, ids=[query or "empty" for query, _ in REFUSED])
def test_query_is_refused_in_the_words_of_the_real_server(query: str, words: str) -> None:
    with pytest.raises(LokiRefusal) as refused:
        parse_query(query)
    assert (refused.value.status, refused.value.text) == (400, words)


CANONICAL = [
    S,
    '{a="b", c!="d", e=~"f.+", g!~"h"}',
    f'{S} |= "x" or "y" != "z" |~ "q.*" !~ "w" |> "<_> ok" !> "<_> bad"',
    f'{S} | json | status>=500 | logfmt --strict | json id="a.b" | unpack | decolorize',
    f'{S} | pattern "<ip> <_>" | regexp "(?P<x>.)" | line_format "{{{{.x}}}}" | label_format a=b,c="{{{{.d}}}}"',
    f'{S} | drop a,b="c" | keep d',
    f"rate({S}[5m])",
    f'sum by (a,b)(count_over_time({S} |= "x"[1h30m] offset 5m0s))',
    f'quantile_over_time(0.99,{S} | json | unwrap duration(d) | __error__=""[1m]) by (a)',
    f"topk(3,sum without (x)(bytes_rate({S}[1m])))",
    f"(sum(rate({S}[1m])) / 100)",
    f"(rate({S}[1m]) > bool on (a) group_left (b) rate({S}[5m]))",
    "vector(1)",
    f'label_replace(rate({S}[1m]),"a","$1","b","(.*)")',
]


@pytest.mark.parametrize("query", CANONICAL)
def test_canonical_query_prints_as_itself(query: str) -> None:
    assert print_query(parse_query(query)) == query


@pytest.mark.parametrize(
    "query, same",
    [
        ("# why\n{a=`b`} # end", S),
        ('{a /* x */ = // y\n "b"}', S),
        ('{a="\\x62"}', S),
        (f"1 + 2 * 3 ^ 2 - rate({S}[1m])", f"((1 + (2 * (3 ^ 2))) - rate({S}[1m]))"),
        (f"sum(rate({S}[1m]) )by(x)", f"sum by (x)(rate({S}[1m]))"),
        (f"rate(({S} |= `x`)[1m])", f'rate({S} |= "x"[1m])'),
        (f"rate({S}[1m] |= `x`)", f'rate({S} |= "x"[1m])'),
    ],
    ids=["comment", "Go comments", "escape", "precedence", "grouping behind", "parentheses", "range first"],
)
def test_spelling_does_not_matter(query: str, same: str) -> None:
    assert print_query(parse_query(query)) == same


@pytest.mark.parametrize("query", ["{}", '{a=~".*"}', '{a!="b"}', 'sum(rate({a=""}[1m]))'])
def test_selector_that_takes_everything_is_refused(query: str) -> None:
    with pytest.raises(LokiRefusal, match="at least one regexp or equality matcher"):
        parse_query(query)


def test_matchers_with_a_pipeline_are_refused_by_the_index() -> None:
    with pytest.raises(LokiRefusal, match="only label matchers are supported"):
        parse_matchers(f'{S} |= "x"')


def test_metric_query_is_no_log_selector() -> None:
    with pytest.raises(LokiRefusal, match="only log selector is supported"):
        parse_log_selector(f"rate({S}[1m])")


def test_query_that_is_too_deep_or_too_long_is_refused() -> None:
    with pytest.raises(LokiRefusal, match="nested too deep"):
        parse_query("(" * 5000)
    with pytest.raises(LokiRefusal, match="input size too long"):
        parse_query(S + " " * 131_072)
