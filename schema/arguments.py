"""Input types and enums that several stems share."""

from __future__ import annotations

import enum

import strawberry

from resolvers import time_ranges

from .scalars import DateTime, Duration


@strawberry.input(description="Either `last`, a span that ends now, or `from` with an optional `to` (now, if left out).")
class TimeRange:
    last: Duration | None = strawberry.field(default=None, description="The span that ends now.")
    from_: DateTime | None = strawberry.field(name="from", default=None, description="The start, included.")
    to: DateTime | None = strawberry.field(default=None, description="The end; now, if it is left out.")

    def plain(self) -> time_ranges.TimeRange:
        """The same range as the use cases take it."""
        return time_ranges.TimeRange(self.last, self.from_, self.to)


@strawberry.input(description="A label and the value that it has to have.")
class LabelInput:
    name: str
    value: str


@strawberry.enum(description="How a value is compared: equal, not equal, matching or not matching an anchored RE2 expression.")
class MatchOp(enum.Enum):
    EQ = "="
    NEQ = "!="
    RE = "=~"
    NRE = "!~"


@strawberry.input(description="A label, how it is compared, and with what.")
class LabelMatcherInput:
    name: str
    op: MatchOp = MatchOp.EQ
    value: str


@strawberry.enum(description="Which way a list is ordered.")
class SortOrder(enum.Enum):
    ASC = "ASC"
    DESC = "DESC"


LAST_HOUR = TimeRange(last=Duration(3600 * 1_000_000_000))
LAST_DAY = TimeRange(last=Duration(24 * 3600 * 1_000_000_000))
