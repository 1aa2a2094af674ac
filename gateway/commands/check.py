"""`check`: what is configured, whether it can be reached, and what to do where it cannot."""

from __future__ import annotations

import asyncio

from rich.console import Console

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import GatewayError, SourceTimeout, SourceUnauthorised
from datasources.postgres.engine import Database
from datasources.postgres.migrate import MigrationError, require_current
from datasources.protocols import TelemetrySource

from ..embedded_postgres import EmbeddedPostgresError
from ..resources import open_sources
from ..settings import Settings, SettingsError, load_settings
from ..store import store_url

TIMEOUT_S = 5.0


def run() -> int:
    """Prints a line per finding. Returns 0 where all is well, else 1."""
    console = Console(highlight=False)
    try:
        settings = load_settings()
    except SettingsError as error:
        for line in str(error).splitlines():
            console.print(f"[red]wrong[/]  {line}")
        return 1
    console.print("[green]ok[/]     settings")
    faults = _check_store(settings, console) + asyncio.run(_check_sources(settings, console))
    return 1 if faults else 0


def _check_store(settings: Settings, console: Console) -> int:
    where = "embedded" if settings.database_url is None else "DATABASE_URL"
    try:
        with store_url(settings) as url:
            version = asyncio.run(_store_version(url))
            if settings.database_url is not None:
                require_current(url)
    except (EmbeddedPostgresError, MigrationError, GatewayError) as error:
        console.print(f"[red]wrong[/]  postgres ({where}): {error}", markup=True)
        return 1
    console.print(f"[green]ok[/]     postgres ({where}): version {version}")
    return 0


async def _store_version(url: str) -> str:
    async with Database.open(url, pool_size=2, timeout_s=TIMEOUT_S) as database:
        return str(await database.fetchval("show server_version", call=_call()))


async def _check_sources(settings: Settings, console: Console) -> int:
    if not settings.sources:
        console.print("[red]wrong[/]  no telemetry source: set PROMETHEUS_URL, LOKI_URL and TEMPO_URL")
        return 1
    urls = {source.name: source.url for source in settings.sources}
    sources = open_sources(settings.sources).all()
    faults = await asyncio.gather(*(_fault(source) for source in sources))
    for source, fault in zip(sources, faults, strict=True):
        if fault is None:
            version = source.status().version or "that it does not tell"
            console.print(f"[green]ok[/]     {source.name} ({urls[source.name]}): version {version}")
        else:
            console.print(f"[red]wrong[/]  {source.name} ({urls[source.name]}): {fault}")
        await source.close()
    return sum(fault is not None for fault in faults)


async def _fault(source: TelemetrySource) -> str | None:
    prefix = source.kind.value
    try:
        await source.check(_call())
    except SourceUnauthorised as error:
        return f"{error.message}; check {prefix}_USERNAME, {prefix}_PASSWORD, {prefix}_BEARER_TOKEN or {prefix}_TENANT"
    except SourceTimeout:
        return f"no answer within {TIMEOUT_S:g} s; is the address right, and the server past its start?"
    except GatewayError as error:
        return f"{error.message}; is it running, and is {prefix}_URL right?"
    return None


def _call() -> Call:
    return Call(Deadline.after(TIMEOUT_S), Ledger())
