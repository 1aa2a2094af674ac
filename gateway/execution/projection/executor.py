"""graphql-core's executor with a short cut: plain values are projected, everything else goes its usual way.

It overrides methods that graphql-core calls private, hence the exact pin of its version and the equality test.
"""

from __future__ import annotations

from typing import Any

from graphql import GraphQLList, GraphQLNonNull, GraphQLObjectType, Undefined
from graphql.pyutils import Path, gather_with_cancel
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from .generator import Generator, project_function
from .plans import Plans

PLANS = Plans()
"""Shared by all requests of the process; bounded."""
_UNKNOWN = object()


class ProjectingExecutor(StrawberryGraphQLCoreExecutionContext):
    """Pass it as `executor_class`. Documents must be the same objects from one request to the next for plans to be found."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plan = PLANS.get(self.operation, self.fragments)
        self._projects = not plan.has_fragment_arguments and not (
            self.middleware_manager and self.middleware_manager.middlewares
        )
        self._variant = plan.variant(self.variable_values.coerced)
        if self._projects:
            # which field belongs to which section of an incremental answer: the same lists as last time, here too
            self._initial_execution_plans = self._variant.first_sections
            self._deferred_execution_plans = self._variant.deferred_sections

    def collect_subfields(self, return_type: GraphQLObjectType, field_details_list: Any) -> Any:
        """Kept across requests, so that the lists in it, by whose identity all else is known, stay the same."""
        if not self._projects:
            return super().collect_subfields(return_type, field_details_list)
        known = self._variant.subfields
        key = (return_type, id(field_details_list))
        found = known.get(key)
        if found is None:
            found = known[key] = super().collect_subfields(return_type, field_details_list)
            self._variant.kept.append(field_details_list)
        return found

    def execute_collected_root_fields(
        self, root_type: Any, root_value: Any, grouped_field_set: Any, serially: bool, new_defer_usages: Any
    ) -> Any:
        """The root's fields, the same lists as last time."""
        if self._projects:
            known = self._variant.roots.setdefault(root_type, (grouped_field_set, new_defer_usages))
            grouped_field_set, new_defer_usages = known
        return super().execute_collected_root_fields(
            root_type, root_value, grouped_field_set, serially, new_defer_usages
        )

    def complete_value(
        self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any, position_context: Any
    ) -> Any:
        """Projects a list or an object of plain records; a value that is any surprise is completed by graphql-core."""
        if self._projects and result is not None and not isinstance(result, Exception):
            inner = return_type.of_type if isinstance(return_type, GraphQLNonNull) else return_type
            if isinstance(inner, GraphQLList | GraphQLObjectType):
                project = self._function(inner, field_details_list)
                if project is not None:
                    try:
                        return project(result)
                    except Exception:  # noqa: BLE001 - graphql-core says what is wrong, where and how
                        pass
        return super().complete_value(return_type, field_details_list, info, path, result, position_context)

    def execute_fields(
        self, parent_type: Any, source_value: Any, path: Any, grouped_field_set: Any, position_context: Any
    ) -> Any:
        """An object whose fields are partly plain: those at once, the others as ever."""
        if not self._projects:
            return super().execute_fields(parent_type, source_value, path, grouped_field_set, position_context)
        project, others = self._partial(parent_type, grouped_field_set)
        if project is not None:
            try:
                results = project(source_value)
            except Exception:  # noqa: BLE001 - graphql-core says what is wrong, where and how
                project = None
        if project is None:
            return super().execute_fields(parent_type, source_value, path, grouped_field_set, position_context)
        return self._with_others(results, others, parent_type, source_value, path, position_context)

    def _with_others(
        self, results: dict[str, Any], others: Any, parent_type: Any, source: Any, path: Any, position_context: Any
    ) -> Any:
        awaited: list[str] = []
        try:
            for key, details in others:
                result = self.execute_field(
                    parent_type, source, details, Path(path, key, parent_type.name), position_context
                )
                if result is Undefined:
                    del results[key]
                    continue
                results[key] = result
                if self.is_awaitable(result):
                    awaited.append(key)
        except Exception:
            if awaited:
                self.settle_in_background([results[key] for key in awaited])
            raise
        return self._awaited(results, awaited) if awaited else results

    @staticmethod
    async def _awaited(results: dict[str, Any], keys: list[str]) -> dict[str, Any]:
        if len(keys) == 1:
            results[keys[0]] = await results[keys[0]]
        else:
            found = await gather_with_cancel(*(results[key] for key in keys))
            results.update(zip(keys, found, strict=True))
        return results

    def _function(self, graphql_type: Any, details: Any) -> Any:
        key = (id(graphql_type), id(details))
        found = self._variant.functions.get(key, _UNKNOWN)
        if found is _UNKNOWN:
            found = self._variant.functions[key] = project_function(self, graphql_type, details)
            self._variant.kept += [graphql_type, details]
        return found

    def _partial(self, object_type: Any, fields: Any) -> Any:
        key = id(fields)
        found = self._variant.partials.get(key)
        if found is None:
            found = self._variant.partials[key] = Generator(self).partial(object_type, fields)
            self._variant.kept.append(fields)
        return found
