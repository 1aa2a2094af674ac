"""Output types that several stems share."""

from __future__ import annotations

import strawberry

from .scalars import DateTime, Duration


@strawberry.interface(description="An object that can be fetched again by its global id.")
class Node:
    id: strawberry.ID = strawberry.field(description="The global id.")


@strawberry.type(description="Where a page stands in its list.")
class PageInfo:
    has_next_page: bool = strawberry.field(description="More follow after `endCursor`.")
    has_previous_page: bool = strawberry.field(description="Some come before `startCursor`, as far as that is known.")
    start_cursor: str | None = strawberry.field(description="The cursor of the page's first item.")
    end_cursor: str | None = strawberry.field(description="The cursor of the page's last item, for `after`.")


@strawberry.type(description="A time range as it was resolved: what was asked for, aligned to the step that was used.")
class Interval:
    start_ns: DateTime = strawberry.field(name="from", description="The start, included.")
    end_ns: DateTime = strawberry.field(name="to", description="The end.")
    step_ns: Duration | None = strawberry.field(name="step", description="The distance of the points; null where there are none.")


@strawberry.type(description="A name and a value.")
class Label:
    name: str
    value: str
