"""The gateway's own LogQL, before it is narrowed."""

from __future__ import annotations

import pytest

from datasources.loki.expressions import counts, filtered, keeps_labels, log_query, streams
from datasources.loki.scope import narrow
from datasources.records.logs import LabelMatcher, LogFilter, LogLevel
from datasources.scope import Refused, Rule, Scope

SHOP = Scope(frozenset(), (Rule("service_namespace", ("shop",)),))
ID = "0" * 31 + "7"


@pytest.mark.parametrize(
    "logql, found, text",
    [
        (None, {}, "{}"),
        (None, {"services": ("cart",)}, '{service_name="cart"}'),
        (None, {"services": ("a.b", "c")}, '{service_name=~"a\\\\.b|c"}'),
        ('{app="x"} | json', {"services": ("cart",)}, '{app="x", service_name="cart"} | json'),
        ("{} # all", {"contains": ("x",)}, '{} |= "x"'),
        ("(  {}  )", {"excludes": ("x",)}, '{} != "x"'),
        (None, {"contains": ('say "hi" \\ {', "b")}, '{} |= "say \\"hi\\" \\\\ {" |= "b"'),
        (None, {"regex": "a|b`"}, '{} |~ "a|b`"'),
        (None, {"levels": (LogLevel.WARN,)}, '{} | detected_level=~"warn|warning"'),
        (None, {"levels": (LogLevel.FATAL,)}, '{} | detected_level=~"fatal|critical"'),
        (None, {"levels": (LogLevel.UNKNOWN,)}, '{} | detected_level=~"unknown|"'),
        (None, {"levels": (LogLevel.DEBUG,)}, '{} | detected_level="debug"'),
        (None, {"trace_ids": (ID,), "span_id": "ab"}, f'{{}} | trace_id="{ID}" | span_id="ab"'),
        (None, {"labels": (LabelMatcher("pod", "!~", "x.*"),)}, '{pod!~"x.*"}'),
        (
            None,
            {"fields": (LabelMatcher("status", "=", "500"),)},
            '{} | json | logfmt | drop __error__, __error_details__ | status="500"',
        ),
    ],
)
def test_filter_becomes_matchers_and_stages(logql, found, text):
    made = filtered(logql, LogFilter(**found))
    assert made == text
    narrow(made, SHOP)


@pytest.mark.parametrize("name", ["a-b", "", "a b", 'a="b"} or {x', "é", "1a"])
@pytest.mark.parametrize("place", ["labels", "fields"])
def test_name_that_is_no_label_is_refused(name, place):
    with pytest.raises(Refused):
        filtered(None, LogFilter(**{place: (LabelMatcher(name, "=", "x"),)}))


@pytest.mark.parametrize(
    "logql",
    [
        'rate({a="b"}[5m])',
        "vector(1)",
        '{a="b"}[5m]',
        '{a="b"} or {c="d"}',
        "",
        "   ",
        "# x",
        '({a="b"}) or ({c="d"})',
        "((",
    ],
)
def test_what_is_no_log_query_is_refused(logql):
    with pytest.raises(Refused):
        log_query(logql)


def test_counts_are_per_level_and_whatever_tells_projects_apart():
    made = counts('{a="b"} |= "x"', step_ns=60_000_000_000, by=("ns",))
    assert made == 'sum by (ns, detected_level) (count_over_time({a="b"} |= "x" [1m]))'


def test_counts_of_parsed_lines_do_not_fail_on_one_that_cannot_be_parsed():
    assert "| json | drop __error__, __error_details__ [" in counts("{} | json", step_ns=10**9)
    assert "drop" not in counts('{} |= "| json"', step_ns=10**9)


@pytest.mark.parametrize(
    "logql, kept",
    [
        ("{}", True),
        ('{} |= "| json" != "x" |~ "y"', True),
        ('{} | status >= 500 and (a="b" or c=~"d")', True),
        ("{} | json", False),
        ('{} | label_format ns="x"', False),
        ("{} | keep a", False),
        ("{}|drop a", False),
        ('{} | line_format "x"', False),
        ("{} | logfmt --strict a", False),
        ("{} | something_new", False),
    ],
)
def test_stages_that_change_labels_are_told_from_those_that_pick_lines(logql, kept):
    assert keeps_labels(logql) is kept


def test_streams_are_selected_by_the_labels_that_all_of_them_have():
    found = streams([{"app": "a", "pod": "1", "x": "y"}, {"app": "a", "pod": "2.0"}])
    assert found == '{app="a", pod=~"1|2\\\\.0"}'


def test_no_streams_select_everything():
    assert streams([]) == "{}"
