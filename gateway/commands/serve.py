"""`serve`: the gateway on its settings."""

from __future__ import annotations

import socket

import structlog

from datasources.postgres.migrate import require_current, upgrade

from ..app import create_app
from ..performance import run_fast
from ..resources import open_resources
from ..server import address_of, listen, serve
from ..settings import Settings, load_settings
from ..store import store_url
from ..telemetry.logging import configure_logging

log = structlog.get_logger(__name__)


def run() -> None:
    """Serves until SIGINT or SIGTERM."""
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    with listen(settings.host, settings.port) as listener, store_url(settings) as url:
        prepare_store(settings, url)
        run_fast(_serve(settings, url, listener))


def prepare_store(settings: Settings, url: str) -> None:
    """An embedded store is migrated; one that others share has to be current, so that no start changes it unasked.

    Raises: MigrationError, SourceUnavailable.
    """
    if settings.database_url is None:
        upgrade(url)
    else:
        require_current(url)


async def _serve(settings: Settings, url: str, listener: socket.socket) -> None:
    async with open_resources(settings, url) as resources:
        names = [source.name for source in settings.sources]
        log.info("serving", address=f"{address_of(listener)}/graphql", sources=names)
        app = create_app(resources)
        await serve(
            app,
            listener,
            shutdown_timeout_s=settings.shutdown_timeout_s,
            message_max_bytes=settings.body_max_bytes,
            trusted_proxies=settings.trusted_proxies,
            drain=app.state.connections.drain,
            shutdown_delay_s=settings.shutdown_delay_s,
            stopping=app.state.readiness.stop,
        )
