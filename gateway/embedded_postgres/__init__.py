"""A private PostgreSQL that the gateway starts for itself, so that a newcomer installs no server."""

from .exceptions import EmbeddedPostgresError
from .server import EmbeddedPostgres

__all__ = ["EmbeddedPostgres", "EmbeddedPostgresError"]
