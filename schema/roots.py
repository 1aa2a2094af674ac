"""Query and Mutation from the stems' parts, and the printed schema."""

from __future__ import annotations

import strawberry
from strawberry.schema.config import StrawberryConfig

from .alerts import Alert, AlertRule
from .api_tokens import ApiToken, ApiTokenMutations
from .error_events import ErrorEvent
from .errors import ErrorGroup
from .ingest_keys import IngestKey, IngestKeyMutations
from .nodes import NodeQueries
from .projects import ProjectMutations, ProjectQueries
from .scalars import SCALARS
from .sources import SourceQueries
from .users import User, UserMutations, UserQueries


@strawberry.type(description="Where reading starts.")
class Query(NodeQueries, UserQueries, ProjectQueries, SourceQueries):
    pass


@strawberry.type(description="Where changes start.")
class Mutation(UserMutations, ApiTokenMutations, ProjectMutations, IngestKeyMutations):
    pass


schema = strawberry.Schema(
    Query,
    Mutation,
    types=[User, ApiToken, IngestKey, ErrorGroup, ErrorEvent, Alert, AlertRule],
    config=StrawberryConfig(
        scalar_map=SCALARS,
        default_resolver=getattr,
        enable_experimental_incremental_execution=True,  # @defer and @stream
    ),
)


def sdl() -> str:
    """The schema as it is served, with a newline at the end."""
    return schema.as_str() + "\n"
