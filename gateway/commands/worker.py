"""`worker`: the background work in a process of its own."""

from __future__ import annotations

import structlog

from ..performance import run_fast
from ..resources import open_resources
from ..settings import Settings, load_settings
from ..store import store_url
from ..telemetry.logging import configure_logging
from ..workers.retention import Retention
from .serve import prepare_store

log = structlog.get_logger(__name__)


def run() -> None:
    """Works until SIGINT or SIGTERM."""
    settings = load_settings()
    configure_logging(settings.log_level, settings.log_format)
    with store_url(settings) as url:
        prepare_store(settings, url)
        run_fast(_work(settings, url))


async def _work(settings: Settings, url: str) -> None:
    async with open_resources(settings, url) as resources:
        log.info("working")
        await Retention(resources).run()
