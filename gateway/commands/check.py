"""`check`: what is configured, whether it can be reached, and what to do where it cannot."""

from __future__ import annotations

import asyncio
import time

from rich.console import Console

from datasources.calls import Call, Deadline, Ledger
from datasources.exceptions import GatewayError, SourceTimeout, SourceUnauthorised
from datasources.postgres.engine import Database
from datasources.postgres.migrate import MigrationError
from datasources.postgres.projects import ProjectsRepository
from datasources.protocols import TelemetrySource
from datasources.records.projects import Project
from resolvers.context import Sources
from resolvers.source_probes import probe_sources

from ..embedded_postgres import EmbeddedPostgresError
from ..resources import open_identity, open_sources
from ..settings import Settings, SettingsError, load_settings
from ..store import store_url
from .serve import prepare_store

TIMEOUT_S = 5.0


def run() -> int:
    """Prints a line per finding. Returns 0 where all is well, else 1."""
    console = Console(highlight=False, soft_wrap=True)
    try:
        settings = load_settings()
    except SettingsError as error:
        for line in str(error).splitlines():
            console.print(f"[red]wrong[/]  {line}")
        return 1
    console.print("[green]ok[/]     settings")
    projects: list[Project] = []
    faults = _check_store(settings, console, projects) + asyncio.run(_check_sources(settings, console, projects))
    return 1 if faults else 0


def _check_store(settings: Settings, console: Console, projects: list[Project]) -> int:
    """Fills `projects` with those that there are."""
    where = "embedded" if settings.database_url is None else "DATABASE_URL"
    try:
        with store_url(settings) as url:
            version = asyncio.run(_store_version(url))
            prepare_store(settings, url)
            projects += asyncio.run(_projects(url))
    except (EmbeddedPostgresError, MigrationError, GatewayError) as error:
        console.print(f"[red]wrong[/]  postgres ({where}): {error}", markup=True)
        return 1
    console.print(f"[green]ok[/]     postgres ({where}): version {version}")
    return 0


async def _store_version(url: str) -> str:
    async with Database.open(url, pool_size=2, timeout_s=TIMEOUT_S) as database:
        return str(await database.fetchval("show server_version", call=_call()))


async def _projects(url: str) -> list[Project]:
    async with Database.open(url, pool_size=2, timeout_s=TIMEOUT_S) as database:
        return await ProjectsRepository(database).all(call=_call())


async def _check_sources(settings: Settings, console: Console, projects: list[Project]) -> int:
    if not settings.sources:
        console.print("[red]wrong[/]  no telemetry source: set PROMETHEUS_URL, LOKI_URL and TEMPO_URL")
        return 1
    urls = {source.name: source.url for source in settings.sources}
    opened = open_sources(settings.sources)
    sources = opened.all()
    faults = await asyncio.gather(*(_fault(source) for source in sources))
    for source, fault in zip(sources, faults, strict=True):
        if fault is None:
            version = source.status().version or "that it does not tell"
            console.print(f"[green]ok[/]     {source.name} ({urls[source.name]}): version {version}")
        else:
            console.print(f"[red]wrong[/]  {source.name} ({urls[source.name]}): {fault}")
    leaks = await _check_scopes(opened, projects, console) if not any(faults) else 0
    for source in sources:
        await source.close()
    return sum(fault is not None for fault in faults) + leaks + await _check_identity(settings, console)


async def _check_scopes(sources: Sources, projects: list[Project], console: Console) -> int:
    """How many sources answer beyond the scope that they are asked under."""
    reports = await probe_sources(sources, projects, now_ns=time.time_ns(), call=_call())
    for report in reports:
        name = report.source.name
        if report.error is not None:
            console.print(f"[red]wrong[/]  {name}: {report.error.message}, so its scope could not be tried")
        elif report.switched_off:
            closed = ", ".join(report.switched_off)
            console.print(f"[red]wrong[/]  {name}: answers beyond a project's scope; {closed} will be switched off")
        else:
            console.print(f"[green]ok[/]     {name}: keeps to the scope that it is asked under")
    return sum(report.error is not None or bool(report.switched_off) for report in reports)


async def _check_identity(settings: Settings, console: Console) -> int:
    provider = open_identity(settings.oidc)
    if provider is None:
        return 0
    try:
        keys = await provider.keys(_call())
    except GatewayError as error:
        console.print(f"[red]wrong[/]  identity provider ({settings.oidc.issuer}): {error.message}")
        return 1
    finally:
        await provider.close()
    console.print(f"[green]ok[/]     identity provider ({settings.oidc.issuer}): {len(keys)} keys")
    return 0


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
