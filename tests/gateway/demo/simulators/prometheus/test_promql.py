"""PromQL's text: what is read, how it is printed, and what is refused with which words."""

from __future__ import annotations

import pytest

from gateway.demo.simulators.prometheus.promql import ParseFault, parse, parse_matchers
from gateway.demo.simulators.prometheus.promql.nodes import Matcher, Selector, selectors_of
from gateway.demo.simulators.prometheus.promql.printer import printed
from gateway.demo.simulators.prometheus.promql.regexes import RegexFault, compile_regex


@pytest.mark.parametrize(
    "query, text",
    [
        ("sum(rate(up[5m]))by(job)", "sum by (job) (rate(up[5m]))"),
        ("sum without(a,b)(up)", "sum without (a, b) (up)"),
        ("up{a='b',c!~`d.`}", 'up{a="b",c!~"d."}'),
        ('{"some.metric",x="y"}', 'some.metric{x="y"}'),
        ("a+b*c^d", "a + b * c ^ d"),
        ("up offset 90s", "up offset 1m30s"),
        ("up[5m:30s] @ start()", "up[5m:30s] @ start()"),
        ("a == bool on(x) group_left(y) b", "a == bool on (x) group_left (y) b"),
        ("topk(3, up) # the best", "topk(3, up)"),
        ("1e3 + 0x10 + 017 + Inf", "1000 + 16 + 15 + +Inf"),
        ("5m + sum", "300 + sum"),
        ("-up", "-up"),
        ('count_values("v", up)', 'count_values("v", up)'),
        ("rate(up[300])", "rate(up[5m])"),
    ],
)
def test_expression_is_printed_in_its_usual_form(query: str, text: str) -> None:
    assert printed(parse(query)) == text


@pytest.mark.parametrize(
    "query, fault",
    [
        ("", "unknown position: parse error: no expression found in input"),
        ("up{", "1:4: parse error: unexpected end of input inside braces"),
        ("sum(", "1:5: parse error: unclosed left parenthesis"),
        ("foo(up)", '1:1: parse error: unknown function with name "foo"'),
        ("rate(up)", '1:6: parse error: expected type range vector in call to function "rate", got instant vector'),
        ('{a=~".*"}', "1:1: parse error: vector selector must contain at least one non-empty matcher"),
        ("1 == 2", "1:3: parse error: comparisons between scalars must use BOOL modifier"),
        ("up and 1", '1:4: parse error: set operator "and" not allowed in binary scalar expression'),
        ("up\n+ + ", "2:5: parse error: unexpected end of input"),
        ("up[5]m", "1:6: parse error: unexpected identifier \"m\""),
        ('up{a=~"("}', "1:4: parse error: error parsing regexp: missing closing ): `(`"),
        ('up{a=~"(?=x)"}', "1:4: parse error: error parsing regexp: invalid or unsupported Perl syntax: `(?=`"),
        ('"\\q"', "1:1: parse error: unknown escape sequence U+0071 'q'"),
        ("up 'x", "1:4: parse error: unterminated quoted string"),
        ("(up)[5m]", "1:5: parse error: ranges only allowed for vector selectors"),
        ("up offset 1m[5m]", "1:13: parse error: no offset modifiers allowed before range"),
        ("round()", '1:1: parse error: expected at least 1 argument(s) in call to "round", got 0'),
        ("sum(up, up)", "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 1, got 2"),
        ("up{a=\"1\" b=\"2\"}", '1:10: parse error: unexpected identifier "b" in label matching, expected "," or "}"'),
        ("$x", "1:1: parse error: unexpected character: '$'"),
        ("round(up,)", "1:9: parse error: trailing commas not allowed in function call args"),
        ("max(bool)", "1:5: parse error: unexpected <bool>"),
        ("sum by (a) ]up)", '1:12: parse error: unexpected "]", expected "("'),
        ('up{__name__=~".+"}', '1:1: parse error: metric name must not be set twice: "up" or ".+"'),
        ("up[0s]", "1:4: parse error: duration must be greater than 0"),
        ("up[1m2h]", '1:4: parse error: not a valid duration string: "1m2h"'),
        ("sum(up[5m])", "1:5: parse error: expected type instant vector in aggregation expression, got range vector"),
    ],
)  # fmt: skip
def test_mistake_is_named_with_its_place(query: str, fault: str) -> None:
    with pytest.raises(ParseFault) as caught:
        parse(query)
    assert caught.value.text(query) == fault


def test_regular_expressions_are_anchored() -> None:
    matcher = Matcher("a", "=~", "b|c")
    assert [matcher.matches(value) for value in ("b", "c", "bc", "")] == [True, True, False, False]


@pytest.mark.parametrize(
    "pattern, text, matches",
    [
        ("[[:alpha:]]+", "abc", True),
        ("[[:alpha:]_]+", "a1", False),
        (".*", "a\nb", True),
        ("(?i)ABC", "abc", True),
        (r"\d+", "٣", False),
        ("(?:a|b)c", "bc", True),
        ("(?P<x>a)", "a", True),
    ],
)
def test_regular_expressions_are_those_of_re2(pattern: str, text: str, matches: bool) -> None:
    assert Matcher("a", "=~", pattern).matches(text) is matches


@pytest.mark.parametrize("pattern", ["(?=a)", "(?<!a)b", r"(a)\1", "a++", "(?>a)", "[", "(", ")", "*", "a{2,1}", "\\"])
def test_what_re2_does_not_know_is_refused(pattern: str) -> None:
    with pytest.raises(RegexFault, match="error parsing regexp"):
        compile_regex(pattern)


def test_escapes_in_strings_are_those_of_go() -> None:
    node = parse(r'up{a="\x41\u0042\n\"", b=`\n`}')
    assert isinstance(node, Selector)
    assert [matcher.value for matcher in node.matchers] == ['AB\n"', "\\n"]


def test_all_selectors_are_found() -> None:
    node = parse(
        "histogram_quantile(0.9, sum by (le) (rate(a_bucket[5m]))) + topk(scalar(b), c) > max_over_time(d[1h:1m])"
    )
    assert [selector.name for selector in selectors_of(node)] == ["a_bucket", "b", "c", "d"]


@pytest.mark.parametrize("text", ["up[5m]", "up offset 5m", "sum(up)", "1"])
def test_match_parameter_takes_a_plain_selector_only(text: str) -> None:
    with pytest.raises(ParseFault):
        parse_matchers(text)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(ParseFault, match="nested too deeply"):
        parse("(" * 5000 + "1" + ")" * 5000)
