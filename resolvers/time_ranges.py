"""From what was asked for (`last: "1h"`, from/to, step, points) to an interval on a grid."""

from __future__ import annotations

from msgspec import Struct

from datasources.exceptions import BadInput
from datasources.records.shared import NS_PER_S, Interval

from .context import RequestContext

NICE_STEPS_S = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 21600, 43200, 86400)
MAX_RANGE_S = 366 * 86400


class TimeRange(Struct, frozen=True):
    """A range as it was asked for, in nanoseconds: either `last_ns`, or `from_ns` with an optional `to_ns`."""

    last_ns: int | None = None
    from_ns: int | None = None
    to_ns: int | None = None


def resolve_range(context: RequestContext, asked: TimeRange, *, argument: str = "range") -> Interval:
    """The instants that a range means now.

    Raises: BadInput with the argument's path: neither or both forms, `from` at or after `to`, longer than a year.
    """
    if (asked.last_ns is None) == (asked.from_ns is None):
        raise BadInput("give either `last`, or `from` with an optional `to`", argument=argument)
    if asked.last_ns is not None:
        if asked.to_ns is not None:
            raise BadInput("`to` goes with `from`, not with `last`", argument=f"{argument}.to")
        if asked.last_ns <= 0:
            raise BadInput("`last` must be longer than 0s", argument=f"{argument}.last")
        found = Interval(context.now_ns - asked.last_ns, context.now_ns)
    else:
        assert asked.from_ns is not None
        end_ns = context.now_ns if asked.to_ns is None else asked.to_ns
        if asked.from_ns >= end_ns:
            raise BadInput("`from` must be before `to`", argument=f"{argument}.from")
        found = Interval(asked.from_ns, end_ns)
    if found.range_ns > MAX_RANGE_S * NS_PER_S:
        raise BadInput("the range is longer than 366 days", argument=argument)
    return found


def with_step(
    context: RequestContext,
    interval: Interval,
    step_ns: int | None = None,
    *,
    max_points: int = 240,
    argument: str = "step",
) -> Interval:
    """The interval on a grid: `step_ns` as asked, or the least round step that gives at most `max_points` points.

    Both ends are aligned down to a multiple of the step, so that the same question asked a moment later is the same
    question to a source and to the cache.

    Raises: BadInput: a step of zero, one that is longer than the range, more points than the gateway allows.
    """
    limit = context.limits.max_points
    if not 1 <= max_points <= limit:
        raise BadInput(f"maxPoints must be between 1 and {limit}", argument="maxPoints")
    if step_ns is None:
        step_ns = next(
            (s * NS_PER_S for s in NICE_STEPS_S if interval.range_ns <= s * NS_PER_S * max_points),
            -(-interval.range_ns // max_points),
        )
    if step_ns <= 0:
        raise BadInput("a step must be longer than 0s", argument=argument)
    if step_ns < NS_PER_S // 1000:
        raise BadInput("a step is at least 1ms", argument=argument)
    points = interval.range_ns // step_ns + 1
    if points > limit:
        raise BadInput(f"this gives {points} points, at most {limit} are allowed: ask for a longer step", argument=argument)
    return Interval(interval.start_ns // step_ns * step_ns, interval.end_ns // step_ns * step_ns, step_ns)
