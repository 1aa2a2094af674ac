"""How a field reaches the request's context."""

from __future__ import annotations

from typing import TypeAlias

from strawberry.types import Info as StrawberryInfo

from resolvers.context import RequestContext

Info: TypeAlias = StrawberryInfo[RequestContext, None]
