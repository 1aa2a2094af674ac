"""Reads the parameters of Prometheus's HTTP interface, and refuses them in its words."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qsl

from starlette.requests import Request

from gateway.demo.simulators.prometheus.promql import ParseFault, parse, parse_matchers
from gateway.demo.simulators.prometheus.promql.lexer import duration_ms
from gateway.demo.simulators.prometheus.promql.nodes import Matcher, Node

_MOST_POINTS = 11_000
_FRACTION = re.compile(r"\.(\d{1,9})\d*")


class BadData(Exception):
    """HTTP 400."""


@dataclass(frozen=True)
class Parameters:
    """Of the address and, on POST, of the form; the form's come first."""

    pairs: tuple[tuple[str, str], ...]

    @classmethod
    async def of(cls, request: Request) -> Parameters:
        pairs = tuple(request.query_params.multi_items())
        kind = request.headers.get("content-type", "").split(";")[0].strip()
        if request.method == "POST" and kind == "application/x-www-form-urlencoded":
            body = (await request.body()).decode("utf-8", "replace")
            pairs = (*parse_qsl(body, keep_blank_values=True), *pairs)
        return cls(pairs)

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.pairs if key == name]

    def text(self, name: str) -> str:
        return next((value for key, value in self.pairs if key == name), "")

    def expression(self) -> Node:
        try:
            return parse(self.text("query"))
        except ParseFault as fault:
            raise invalid("query", fault.text(self.text("query"))) from fault

    def instant(self, name: str) -> int:
        """Units: milliseconds."""
        return parse_instant(self.text(name), name)

    def instant_or(self, name: str, otherwise: int) -> int:
        text = self.text(name)
        if not text:
            return otherwise
        try:
            return parse_instant(text, name)
        except BadData as fault:
            raise invalid(
                name, f"invalid time value for '{name}': cannot parse \"{text}\" to a valid timestamp"
            ) from fault

    def duration(self, name: str) -> int:
        """Units: milliseconds; seconds as a number, or Prometheus's own form."""
        text = self.text(name)
        found = parse_duration(text)
        if found is None:
            raise invalid(name, f'cannot parse "{text}" to a valid duration')
        return found

    def grid(self) -> Sequence[int]:
        """The instants of a range query."""
        start, end = self.instant("start"), self.instant("end")
        if end < start:
            raise invalid("end", "end timestamp must not be before start time")
        step = self.duration("step")
        if step <= 0:
            raise invalid(
                "step", "zero or negative query resolution step widths are not accepted. Try a positive integer"
            )
        if (end - start) // step > _MOST_POINTS:
            raise BadData(
                "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution (?step=XX)"
            )
        return range(start, end + 1, step)

    def limit(self) -> int:
        """0 stands for none."""
        text = self.text("limit")
        if not text:
            return 0
        if not re.fullmatch(r"[+-]?\d+", text):
            raise invalid("limit", f'strconv.Atoi: parsing "{text}": invalid syntax')
        if int(text) < 0:
            raise invalid("limit", "limit must be non-negative")
        return int(text)

    def matchers(self, *, required: bool) -> list[tuple[Matcher, ...]]:
        texts = self.all("match[]")
        if required and not texts:
            raise BadData("no match[] parameter provided")
        return [_matchers(text) for text in texts]


def invalid(name: str, message: str) -> BadData:
    return BadData(f'invalid parameter "{name}": {message}')


def _matchers(text: str) -> tuple[Matcher, ...]:
    try:
        return parse_matchers(text)
    except ParseFault as fault:
        if "non-empty matcher" in fault.message:
            raise invalid("match[]", "match[] must contain at least one non-empty matcher") from fault
        raise invalid("match[]", fault.text(text)) from fault


def parse_instant(text: str, name: str) -> int:
    """Seconds since 1970, or RFC 3339. Units: milliseconds. Raises: BadData."""
    try:
        seconds = float(text)
        if math.isfinite(seconds) and "_" not in text:
            return round(seconds * 1000)
    except ValueError:
        pass
    try:
        at = datetime.fromisoformat(_FRACTION.sub(lambda match: "." + match[1][:6].ljust(6, "0"), text))
    except ValueError:
        at = None
    if at is None or at.tzinfo is None or "T" not in text:
        raise invalid(name, f'cannot parse "{text}" to a valid timestamp')
    return round(at.timestamp() * 1000)


def parse_duration(text: str) -> int | None:
    """Units: milliseconds."""
    try:
        seconds = float(text)
        return round(seconds * 1000) if math.isfinite(seconds) and "_" not in text else None
    except ValueError:
        return duration_ms(text)
