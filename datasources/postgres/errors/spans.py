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
        spans = split_range(start, end)
        first, head_end, tail_start, last = (parameters.add(at, "timestamptz") for at in spans)
        self._hours = (
            f"error_group_hours h WHERE h.group_id = {group} AND h.hour >= {head_end} AND h.hour < {tail_start}"
        )
        self._ends = [
            f"error_events e WHERE e.group_id = {group} AND e.received_at >= {since} AND e.received_at < {until}"
            for since, until in ((first, head_end), (tail_start, last))
        ]
        self._users = (
            f"error_group_users u WHERE u.group_id = {group} "
            f"AND u.hour >= date_trunc('hour', {first}, 'UTC') AND u.hour < {last}"
        )

    def events(self) -> str:
        """How many reports."""
        ends = " + ".join(f"(SELECT count(*) FROM {end})" for end in self._ends)
        return f"((SELECT coalesce(sum(h.count), 0)::bigint FROM {self._hours}) + {ends})"

    def users(self) -> str:
        """How many distinct users, by whole hours."""
        return f"(SELECT count(DISTINCT u.user_digest) FROM {self._users})"

    def seen(self) -> str:
        """Whether there was a report."""
        return "(" + " OR ".join(f"EXISTS (SELECT FROM {source})" for source in (self._hours, *self._ends)) + ")"
