"""One request on its way through the phases."""

from __future__ import annotations

import hashlib
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

from graphql import OperationDefinitionNode, OperationType

from resolvers.context import RequestContext

from .caller import NOBODY, Caller
from .request import GraphQLRequest

if TYPE_CHECKING:
    from .cost import Cost
    from .documents import Document


@dataclass(slots=True)
class Operation:
    """What is known of it so far; each phase fills in what the next ones need."""

    request: GraphQLRequest
    context: RequestContext
    caller: Caller = NOBODY
    text: str = ""
    """The document, as sent or as the hash names it."""
    is_trusted: bool = False
    """The document stands in the operator's manifest."""
    document: Document | None = None
    node: OperationDefinitionNode | None = None
    cost: Cost | None = None
    headers: dict[str, str] = field(default_factory=dict)
    """For the answer, where the transport has headers."""

    @property
    def type(self) -> OperationType | None:
        """Query, mutation or subscription; None where it did not come that far."""
        return self.node.operation if self.node else None

    @property
    def name(self) -> str | None:
        """As the document has it; None for an anonymous one."""
        return self.node.name.value if self.node and self.node.name else None

    @property
    def sha256(self) -> str:
        """By which a document is told in logs, whatever it holds."""
        return hashlib.sha256(self.text.encode("utf-8", "surrogatepass")).hexdigest()


Phase: TypeAlias = Callable[[Operation], Awaitable[None]]
"""Raises: Refused or RequestFault where the request goes no further."""
