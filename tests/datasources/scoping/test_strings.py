"""String literals: what is read, what it is written as, what is refused."""

from __future__ import annotations

import re

import promql_parser
import pytest
from hypothesis import given
from hypothesis import strategies as st

from datasources.scope import Refused
from datasources.scoping.limits import MAX_BYTES, check_text
from datasources.scoping.strings import StringLiteral, quote, quote_re2, read_string


@pytest.mark.parametrize(
    "text, canonical, value",
    [
        ('"shop"', '"shop"', "shop"),
        ("'shop'", '"shop"', "shop"),
        ("`shop`", '"shop"', "shop"),
        (r"""'a"b\'c'""", r'''"a\"b'c"''', "a\"b'c"),
        (r"'\\'", r'"\\"', "\\"),
        (r'`a"\b`', r'"a\"\\b"', 'a"\\b'),
        ("`a\nb`", r'"a\nb"', "a\nb"),
        (r'"\x62ank"', r'"\x62ank"', "bank"),
        (r'"\u0062\U00000061\156k"', r'"\u0062\U00000061\156k"', "bank"),
        (r'"\xff"', r'"\xff"', None),
        (r'"\377"', r'"\377"', None),
        (r'"\t\n"', r'"\t\n"', "\t\n"),
        ('"\t"', '"\t"', "\t"),
    ],
)
def test_literal_is_written_again_in_one_form(text: str, canonical: str, value: str | None) -> None:
    assert read_string(text + " rest", 0, single_quotes=True) == StringLiteral(canonical, len(text), value)


@pytest.mark.parametrize(
    "text",
    [
        '"open',
        "`open",
        "'open",
        '"a\nb"',
        '"a\rb"',
        "`a\rb`",
        r'"\q"',
        r'"\N"',
        r'"\X41"',
        r'"\ud800"',
        '"\x07"',
        r'"\400"',
    ],
)
def test_literal_that_lexers_may_read_differently_is_refused(text: str) -> None:
    with pytest.raises(Refused) as caught:
        read_string("  " + text, 2, single_quotes=True)
    assert caught.value.position == 2


def test_single_quotes_are_refused_where_the_language_has_none() -> None:
    with pytest.raises(Refused):
        read_string("'a'", 0)


@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_quoted_text_reads_back_as_it_was(value: str) -> None:
    if "\x7f" not in value and not any(char < " " and char not in "\t\n\r" for char in value):
        assert read_string(quote(value), 0).value == value
    assert read_string(quote(value), 0).end == len(quote(value))


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=40))
def test_parser_of_prometheus_reads_the_quoted_text_alike(value: str) -> None:
    parsed = promql_parser.parse(f"up{{a={quote(value)}}}")
    assert isinstance(parsed, promql_parser.VectorSelector)
    assert [matcher.value for matcher in parsed.matchers.matchers] == [value]


@given(st.text(max_size=20), st.text(max_size=20))
def test_quoted_expression_matches_its_text_only(value: str, other: str) -> None:
    expression = re.compile(quote_re2(value))
    assert expression.fullmatch(value)
    assert bool(expression.fullmatch(other)) == (value == other)


@pytest.mark.parametrize(
    "text, position",
    [("a" * (MAX_BYTES + 1), MAX_BYTES), ("up\x00", 2), ("\ufeffup", 0), ("up\ud800", 2)],
    ids=["long", "NUL", "byte order mark", "lone surrogate"],
)
def test_text_that_no_lexer_should_see_is_refused(text: str, position: int) -> None:
    with pytest.raises(Refused) as caught:
        check_text(text)
    assert caught.value.position == position
