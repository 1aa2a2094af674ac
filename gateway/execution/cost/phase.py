"""The phase that refuses what costs more than its caller may spend."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from graphql import GraphQLSchema, get_variable_values
from msgspec import Struct

from datasources.records.users import Role
from resolvers.access import Principal

from ..operation import Operation
from ..request import Refused
from .estimate import Estimate

MAX_KEPT = 64
MAX_KEY_BYTES = 2_048


class Cost(Struct, frozen=True):
    """What an operation costs, and what it may cost."""

    requested: int
    limit: int

    def told(self) -> dict[str, int]:
        """As it stands in `extensions.cost`."""
        return {"requested": self.requested, "limit": self.limit}


class Budgets(Struct, frozen=True, kw_only=True):
    """The most that one operation may cost, by who asks; `by_role` before `signed_in`, the best role of several."""

    anonymous: int = 1_000
    signed_in: int = 10_000
    machine: int = 10_000
    by_role: Mapping[Role, int] = {}

    def of(self, principal: Principal) -> int:
        """The budget of a principal."""
        if principal.is_anonymous:
            return self.anonymous
        own = self.machine if principal.user_key is None else self.signed_in
        known = [self.by_role[role] for role in set(principal.roles.values()) if role in self.by_role]
        return max(known, default=own)


class CostLimit:
    """A phase. The cost of a document with the same variables is found once."""

    def __init__(self, schema: GraphQLSchema, budgets: Budgets) -> None:
        self._schema = schema
        self._budgets = budgets

    async def __call__(self, operation: Operation) -> None:
        """Sets the operation's cost. Raises: Refused where it is above the caller's budget."""
        requested = self._requested(operation)
        cost = operation.cost = Cost(requested, self._budgets.of(operation.context.principal))
        if cost.requested > cost.limit:
            message = f"this costs {cost.requested}, at most {cost.limit} is allowed: ask for less, or for less at once"
            raise Refused.because(message, "COST_LIMIT", **cost.told())

    def _requested(self, operation: Operation) -> int:
        assert operation.document is not None
        kept, key = operation.document.costs, _key(operation)
        if key is not None and key in kept:
            kept.move_to_end(key)
            return int(kept[key])
        found = self._estimate(operation)
        if key is not None:
            kept[key] = found
            if len(kept) > MAX_KEPT:
                kept.popitem(last=False)
        return found

    def _estimate(self, operation: Operation) -> int:
        assert operation.document is not None and operation.node is not None
        definitions = operation.node.variable_definitions or ()
        variables = get_variable_values(self._schema, definitions, operation.request.variables or {}, max_errors=1)
        if isinstance(variables, list):
            return 1  # execution refuses them, and says which
        now_ns = operation.context.now_ns
        estimate = Estimate(self._schema, operation.document.fragments, variables, now_ns=now_ns)
        return max(1, round(estimate.of(operation.node)))


def _key(operation: Operation) -> Any:
    """None where the variables are too large to be worth it."""
    assert operation.node is not None
    definitions, given = operation.node.variable_definitions, operation.request.variables
    if not definitions or not given:
        return operation.name
    try:
        # a repeated question about the last hour has the same text; ranges with instants are new each time
        variables = orjson.dumps(given, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return None
    return (operation.name, variables) if len(variables) <= MAX_KEY_BYTES else None
