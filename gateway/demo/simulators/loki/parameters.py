"""Reads the parameters of a request as the real server does, with its defaults, limits and complaints."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal, InvalidOperation

from gateway.demo.simulators.loki.go_values import format_go_duration, parse_duration, parse_prometheus_duration, quote
from gateway.demo.simulators.loki.refusals import LokiRefusal
from gateway.demo.simulators.loki.store import SECOND_NS

DEFAULT_LIMIT = 100
MAX_LINES = 5000
MAX_POINTS = 11_000
_HOUR_NS = 3600 * SECOND_NS
_LONGEST_NS = (30 * 24 + 1) * _HOUR_NS
_FRACTION = re.compile(r"\.(\d{1,9})\d*")


@dataclass(frozen=True, slots=True)
class RangeParameters:
    """Units: nanoseconds."""

    query: str
    start_ns: int
    end_ns: int
    limit: int
    backward: bool
    step_ns: int
    interval_ns: int


def parse_time(text: str, name: str) -> int:
    """Nanoseconds since 1970: up to ten digits are seconds, more are nanoseconds, a point makes seconds, else RFC 3339."""
    if "." in text:
        try:
            return int(Decimal(text) * SECOND_NS)
        except InvalidOperation:
            pass
    try:
        number = int(text)
    except ValueError:
        return _parse_date(text, name)
    return number * SECOND_NS if len(text) <= 10 else number


def _parse_date(text: str, name: str) -> int:
    """The calendar knows microseconds only, so the fraction is read apart."""
    fraction = _FRACTION.search(text)
    try:
        at = datetime.fromisoformat(_FRACTION.sub("", text))
        if at.tzinfo is None:
            raise ValueError("no zone")
    except ValueError as error:
        raise LokiRefusal(
            f"could not parse '{name}' parameter: strconv.ParseInt: parsing {quote(text)}: invalid syntax"
        ) from error
    return int(at.timestamp()) * SECOND_NS + (int(fraction[1].ljust(9, "0")) if fraction else 0)


def parse_bounds(parameters: Mapping[str, str], now_ns: int) -> tuple[int, int]:
    """(start, end); the last hour where nothing else is said. Raises: LokiRefusal."""
    end = parse_time(parameters["end"], "end") if parameters.get("end") else now_ns
    since = _HOUR_NS
    if parameters.get("since"):
        try:
            since = parse_prometheus_duration(parameters["since"])
        except ValueError as error:
            raise LokiRefusal(f"could not parse 'since' parameter: {error}") from error
    start = parse_time(parameters["start"], "start") if parameters.get("start") else min(end, now_ns) - since
    return start, end


def parse_limit(parameters: Mapping[str, str], name: str = "limit", default: int = DEFAULT_LIMIT) -> int:
    """Raises: LokiRefusal."""
    text = parameters.get(name, "")
    if not text:
        return default
    try:
        limit = int(text)
    except ValueError as error:
        raise LokiRefusal(f"strconv.Atoi: parsing {quote(text)}: invalid syntax") from error
    if limit <= 0:
        raise LokiRefusal("limit must be a positive value")
    return limit


def parse_step(text: str) -> int:
    """Nanoseconds of `15`, `0.5` or `1m`. Raises: LokiRefusal."""
    try:
        return int(Decimal(text) * SECOND_NS)
    except (InvalidOperation, ValueError):
        pass
    try:
        return parse_duration(text)
    except ValueError as error:
        raise LokiRefusal(f"cannot parse {quote(text)} to a valid duration") from error


def parse_range(parameters: Mapping[str, str], now_ns: int) -> RangeParameters:
    """Everything that query_range takes. Raises: LokiRefusal."""
    start, end = parse_bounds(parameters, now_ns)
    if end <= start:
        raise LokiRefusal("end timestamp must not be before or equal to start time")
    limit = parse_limit(parameters)
    direction = parameters.get("direction") or "backward"
    if direction.lower() not in {"backward", "forward"}:
        raise LokiRefusal(f"invalid direction '{direction}'")
    step = parse_step(parameters["step"]) if parameters.get("step") else default_step(start, end)
    if step <= 0:
        raise LokiRefusal("zero or negative query resolution step widths are not accepted. Try a positive integer")
    if (end - start) // step > MAX_POINTS:
        raise LokiRefusal(
            "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter"
        )
    interval = parse_step(parameters["interval"]) if parameters.get("interval") else 0
    if interval < 0:
        raise LokiRefusal("interval must be >= 0")
    check_length(start, end)
    return RangeParameters(
        parameters.get("query", ""), start, end, limit, direction.lower() == "backward", step, interval
    )


def default_step(start_ns: int, end_ns: int) -> int:
    """A 250th of the range, in whole seconds."""
    return max((end_ns - start_ns) // SECOND_NS // 250, 1) * SECOND_NS


def check_length(start_ns: int, end_ns: int) -> None:
    """Raises: LokiRefusal for more than 30 days and an hour."""
    if end_ns - start_ns > _LONGEST_NS:
        length = format_go_duration(end_ns - start_ns)
        raise LokiRefusal(f"the query time range exceeds the limit (query length: {length}, limit: 30d1h)")


def check_lines(limit: int) -> None:
    """Raises: LokiRefusal for more lines than a query may ask for."""
    if limit > MAX_LINES:
        raise LokiRefusal(
            f"max entries limit per query exceeded, limit > max_entries_limit_per_query ({limit} > {MAX_LINES})"
        )
