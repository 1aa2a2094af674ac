"""Use cases: (context, plain arguments) -> records. No word of GraphQL, HTTP or SQL."""
