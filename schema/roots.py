"""Query and Mutation from the stems' parts, and the printed schema."""

from __future__ import annotations

import strawberry
from strawberry.schema.config import StrawberryConfig

from .alerts import Alert, AlertRule
from .errors import ErrorEvent, ErrorGroup
from .nodes import NodeQueries
from .projects import ProjectQueries
from .scalars import SCALARS
from .sources import SourceQueries
from .users import User, UserMutations, UserQueries


@strawberry.type(description="Where reading starts.")
class Query(NodeQueries, UserQueries, ProjectQueries, SourceQueries):
    pass


@strawberry.type(description="Where changes start.")
class Mutation(UserMutations):
    pass


schema = strawberry.Schema(
    Query,
    Mutation,
    types=[User, ErrorGroup, ErrorEvent, Alert, AlertRule],
    config=StrawberryConfig(scalar_map=SCALARS, default_resolver=getattr),
)


def sdl() -> str:
    """The schema as it is served, with a newline at the end."""
    return schema.as_str() + "\n"
