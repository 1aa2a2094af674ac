"""What every operation goes through before it is executed, over every transport, in this order."""

from __future__ import annotations

from graphql import GraphQLSchema

from .cost import Budgets, CostLimit
from .documents import Documents
from .operation import Phase
from .rate_limit import RateLimit
from .selection import select_operation
from .trusted import TrustedDocuments


def phases(
    schema: GraphQLSchema,
    *,
    trusted: TrustedDocuments,
    documents: Documents,
    budgets: Budgets,
    rate_limit: RateLimit,
) -> tuple[Phase, ...]:
    """Each raises where the operation goes no further. After them come execution and, for all that leaves, masking."""
    return (
        trusted,  # which text is meant
        documents,  # known already, or parsed, held to its limits and validated
        select_operation,  # which operation of it
        CostLimit(schema, budgets),  # what it costs with these variables
        rate_limit,  # whether the caller has that much left
    )
