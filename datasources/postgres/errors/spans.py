"""A range of time as whole hours, which are counted beforehand, and the two ends, which are counted from events."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from ..parameters import Parameters

HOUR = timedelta(hours=1)


class Spans(NamedTuple):
    """[start, head_end) and [tail_start, end) of events around [head_end, tail_start) of whole hours. Some may be empty."""

    start: datetime
    head_end: datetime
    tail_start: datetime
    end: datetime


def split_range(start: datetime, end: datetime) -> Spans:
    """The spans of [start, end). A range within one hour is all head."""
    head_end = min(_floor(start) + (HOUR if start != _floor(start) else timedelta()), end)
    return Spans(start, head_end, max(_floor(end), head_end), end)


def _floor(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)


class SpanTerms:
    """SQL over one range for the group whose id is the expression `group`."""

    def __init__(self, parameters: Parameters, start: datetime, end: datetime, group: str) -> None:
        self._parameters, self._spans, self._group = parameters, split_range(start, end), group

    def events(self) -> str:
        """How many reports."""
        head, tail = (f"(SELECT count(*) FROM {end})" for end in self._ends())
        return f"((SELECT coalesce(sum(h.count), 0)::bigint FROM {self._hours()}) + {head} + {tail})"

    def users(self) -> str:
        """How many distinct users, by whole hours."""
        first, last = self._add(self._spans.start), self._add(self._spans.end)
        return (
            f"(SELECT count(DISTINCT u.user_digest) FROM error_group_users u WHERE u.group_id = {self._group} "
            f"AND u.hour >= date_trunc('hour', {first}, 'UTC') AND u.hour < {last})"
        )

    def seen(self) -> str:
        """Whether there was a report."""
        return "(" + " OR ".join(f"EXISTS (SELECT FROM {source})" for source in (self._hours(), *self._ends())) + ")"

    def _add(self, at: datetime) -> str:
        return self._parameters.add(at, "timestamptz")

    def _hours(self) -> str:
        since, until = self._add(self._spans.head_end), self._add(self._spans.tail_start)
        return f"error_group_hours h WHERE h.group_id = {self._group} AND h.hour >= {since} AND h.hour < {until}"

    def _ends(self) -> list[str]:
        spans = self._spans
        return [
            f"error_events e WHERE e.group_id = {self._group} "
            f"AND e.received_at >= {self._add(since)} AND e.received_at < {self._add(until)}"
            for since, until in ((spans.start, spans.head_end), (spans.tail_start, spans.end))
        ]
