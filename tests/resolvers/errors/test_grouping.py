"""Which reports are the same error."""

from __future__ import annotations

import time

import pytest

from datasources.records.errors import ExceptionValue, StackFrame
from resolvers.errors.grouping import group_report
from resolvers.errors.grouping.parametrise import parametrise


def raised(type: str = "ValueError", value: str = "no", *functions: str, **frame: object) -> ExceptionValue:
    frames = [StackFrame(function=name, module="shop.pay", **frame) for name in functions]  # type: ignore[arg-type]
    return ExceptionValue(type=type, value=value, frames=frames)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([raised("E", "a", "f", line=1)], [raised("E", "b", "f", line=9)]),
        ([raised("E", "a", "f$1")], [raised("E", "a", "f$22")]),
        ([raised("E", "user 1 of 7")], [raised("E", "user 2 of 9")]),
        ([raised("E", "no 'a'")], [raised("E", "no 'b'")]),
    ],
    ids=["values and lines differ", "generated names differ", "numbers differ", "quoted parts differ"],
)
def test_same_fault_is_one_group(one: list[ExceptionValue], other: list[ExceptionValue]) -> None:
    assert group_report(one, None).fingerprint == group_report(other, None).fingerprint


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ([raised("E", "a", "f")], [raised("F", "a", "f")]),
        ([raised("E", "a", "f")], [raised("E", "a", "g")]),
        ([raised("E", "a")], [raised("E", "b")]),
        ([raised("E", "a", "f")], [raised("Cause", "c", "h"), raised("E", "a", "f")]),
        ([raised("E", "a", "f")], [raised("E", "a")]),
        ([raised('E", "a', "b")], [raised("E", 'a", "b')]),
    ],
    ids=["type", "function", "message", "cause", "with and without a stack", "separator in a text"],
)
def test_other_fault_is_another_group(one: list[ExceptionValue], other: list[ExceptionValue]) -> None:
    assert group_report(one, None).fingerprint != group_report(other, None).fingerprint


def test_frames_of_libraries_count_where_there_are_no_others() -> None:
    library = [StackFrame(function="get", module="requests", in_app=False)]
    own = [StackFrame(function="pay", module="shop")]
    mixed = ExceptionValue(type="E", frames=[*own, *library])
    assert group_report([mixed], None) == group_report([ExceptionValue(type="E", frames=own)], None)
    only = ExceptionValue(type="E", frames=library)
    assert group_report([only], None).strategy == "stack"


@pytest.mark.parametrize(
    ("exceptions", "message", "title", "culprit"),
    [
        ([raised("E", "first\nsecond", "pay")], None, "E: first", "shop.pay in pay"),
        ([raised("E", "")], "ignored", "E", "GET /"),
        ([], "  hello\nworld", "hello", "GET /"),
        ([], None, "<no message>", "GET /"),
        ([], " \n ", "<no message>", "GET /"),
        ([raised("E", "x" * 900)], None, "E: " + "x" * 247, "GET /"),
    ],
    ids=["first line", "no value", "message", "nothing", "blank", "long"],
)
def test_title_and_culprit_say_what_and_where(
    exceptions: list[ExceptionValue], message: str | None, title: str, culprit: str
) -> None:
    found = group_report(exceptions, message, transaction="GET /")
    assert (found.title, found.culprit) == (title, culprit)


def test_half_a_surrogate_pair_does_not_break_it() -> None:
    assert group_report([], "\ud800").fingerprint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("order 7f8e9d0c-1111-4222-8333-abcdefabcdef", "order <uuid>"),
        ("no user ada@example.com", "no user <address>"),
        ("GET https://a.b/c?d=1 failed", "GET <url> failed"),
        ("10.0.0.1 refused", "<ip> refused"),
        ("key 'a' or \"b\"", "key <quoted> or <quoted>"),
        ("at 0xdeadBEEF of 9f86d081884c7d65", "at <hex> of <hex>"),
        ("took 3.5 s, -2 left", "took <number> s, <number> left"),
        ("accessibility failed", "accessibility failed"),
    ],
)
def test_what_differs_becomes_its_kind(text: str, expected: str) -> None:
    assert parametrise(text) == expected


@pytest.mark.parametrize("text", ["a." * 50_000, "'" * 100_000, "a@" * 50_000, "0" * 100_000, "http://" * 20_000])
def test_hostile_text_is_cheap(text: str) -> None:
    started = time.perf_counter()
    parametrise(text)
    assert time.perf_counter() - started < 0.5
