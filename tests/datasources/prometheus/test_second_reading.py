"""The second reading refuses what a scoper with a mistake would let through."""

from __future__ import annotations

import promql_parser
import pytest

from datasources.prometheus.second_reading import confirm
from datasources.scope import Refused
from datasources.scoping.rules import Matcher

WALL = (Matcher("ns", "=", "shop"), Matcher("env", "=~", "prod|test"))
OWN = 'up{ns="shop",env=~"prod|test"}'


@pytest.mark.parametrize(
    "text, selectors",
    [
        (OWN, 1),
        (f"-({OWN}) + sum by (a) (rate({OWN}[5m])) / 2", 2),
        (f'topk(scalar({OWN}), max_over_time({OWN}[1h:1m])) or label_replace({OWN}, "a", "b", "", "")', 3),
        (f"holt_winters({OWN}[5m], 0.5, 0.5)", 1),
        ("1", 0),
    ],
)
def test_narrowed_text_is_confirmed(text: str, selectors: int) -> None:
    confirm(text, WALL, selectors)


@pytest.mark.parametrize(
    "text, selectors",
    [
        ("up", 1),
        (f"{OWN} + up", 2),
        ('up{ns="shop"}', 1),
        ('up{ns="bank",env=~"prod|test"}', 1),
        ('up{ns!="shop",env=~"prod|test"}', 1),
        ('up{ns="shop",env="prod|test"}', 1),
        (f"sum({OWN})", 2),
        (f"{OWN} + {OWN}", 1),
        ('up{ns="shop",env=~"prod|test" or ns="bank"}', 1),
    ],
    ids=["bare", "second bare", "rule missing", "other value", "negated", "other operator", "fewer", "more", "or"],
)
def test_text_that_is_not_narrowed_everywhere_is_refused(text: str, selectors: int) -> None:
    with pytest.raises(Refused):
        confirm(text, WALL, selectors)


def test_panic_of_the_native_parser_is_a_refusal(monkeypatch: pytest.MonkeyPatch) -> None:
    class PanicException(BaseException):
        pass

    def panic(text: str) -> None:
        raise PanicException

    monkeypatch.setattr(promql_parser, "parse", panic)
    with pytest.raises(Refused):
        confirm(OWN, WALL, 1)


def test_other_ends_of_the_process_pass_through(monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupt(text: str) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(promql_parser, "parse", interrupt)
    with pytest.raises(KeyboardInterrupt):
        confirm(OWN, WALL, 1)


def test_node_that_is_not_known_yet_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(promql_parser, "parse", lambda text: object())
    with pytest.raises(Refused, match="does not know"):
        confirm(OWN, WALL, 1)
