"""The pipeline of GraphQL operations as the settings say, shared by all transports."""

from __future__ import annotations

from schema.roots import schema

from .execution.documents import Documents
from .execution.manifest import read_manifest
from .execution.phases import phases
from .execution.pipeline import Pipeline
from .execution.rate_limit import RateLimit
from .execution.trusted import TrustedDocuments
from .resources import Resources


def make_pipeline(resources: Resources) -> Pipeline:
    """Raises: ManifestError where the trusted documents cannot be read."""
    settings, graphql_schema = resources.settings, schema._schema
    given = settings.documents
    manifest = read_manifest(given.trusted) if given.trusted else {}
    rate_limit = RateLimit(resources.rate_limiter, settings.rate_limits.rates())
    listed = phases(
        graphql_schema,
        trusted=TrustedDocuments(manifest, only=given.trusted_only, automatic=given.automatic),
        documents=Documents(
            graphql_schema, limits=given.limits(), size=given.cache_size, introspection=settings.introspection
        ),
        budgets=settings.costs.budgets(),
        rate_limit=rate_limit,
    )
    return Pipeline(graphql_schema, listed, charge_refused=rate_limit.charge_refused)
