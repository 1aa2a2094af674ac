"""`migrate`: the store's tables."""

from __future__ import annotations

import sys

from datasources.postgres.migrate import upgrade

from ..settings import load_settings
from ..store import store_url


def run() -> None:
    """Brings the tables to this version; does nothing where they are there already."""
    with store_url(load_settings()) as url:
        upgrade(url)
    sys.stdout.write("the store is up to date\n")
