"""`demo`: everything on one machine, with nothing to set up; the gateway in front does not know that it is a demo."""

from __future__ import annotations

import socket
import sys
from pathlib import Path

import anyio

from ..app import create_app
from ..auth.passwords import Passwords
from ..demo.processes import simulators
from ..demo.query import DASHBOARD_QUERY
from ..demo.scenario import Scenario
from ..demo.seed import Accounts, follow, seed_store
from ..performance import run_fast
from ..resources import open_resources
from ..server import address_of, listen, serve
from ..settings import Loki, Prometheus, Settings, Tempo, load_settings
from ..store import store_url
from ..telemetry.logging import configure_logging
from .serve import prepare_store

EMAIL, OTHER_EMAIL, PASSWORD = "demo@example.com", "bank@example.com", "demo-password"


def run(*, port: int, data: Path, seed: int) -> None:
    """Serves the demo until Ctrl-C."""
    configure_logging("warning", "auto")
    with listen("127.0.0.1", port) as listener, simulators(seed) as urls:
        settings = load_settings(
            data_dir=data.absolute(),
            database_url=None,
            prometheus=Prometheus(url=urls["prometheus"]),
            loki=Loki(url=urls["loki"]),
            tempo=Tempo(url=urls["tempo"]),
        )
        with store_url(settings) as url:
            prepare_store(settings, url)
            run_fast(_demo(settings, url, listener, seed))
    sys.stderr.write("demo ended\n")


async def _demo(settings: Settings, url: str, listener: socket.socket, seed: int) -> None:
    scenario = Scenario(seed)
    async with open_resources(settings, url) as resources, anyio.create_task_group() as group:
        password_hash = await Passwords().hash(PASSWORD)
        accounts = Accounts({"shop": EMAIL, "bank": OTHER_EMAIL}, password_hash)
        await seed_store(resources.repositories, scenario, accounts)
        group.start_soon(follow, resources.repositories, scenario)
        _welcome(address_of(listener), settings)
        app = create_app(resources, demo_account={"email": EMAIL, "password": PASSWORD})
        await serve(
            app,
            listener,
            shutdown_timeout_s=settings.shutdown_timeout_s,
            message_max_bytes=settings.body_max_bytes,
            drain=app.state.connections.drain,
            stopping=app.state.readiness.stop,
        )
        group.cancel_scope.cancel()


def _welcome(address: str, settings: Settings) -> None:
    sources = "\n".join(f"{source.name:<12}{source.url}" for source in settings.sources)
    text = f"""GraphiQL    {address}/graphiql
GraphQL     {address}/graphql
account     {EMAIL} / {PASSWORD}   (a member of the project "shop")
            {OTHER_EMAIL} / {PASSWORD}   (a member of "bank")
{sources}

In GraphiQL you are signed in already. Paste this, or run any example of the shelf:

{DASHBOARD_QUERY}
Ctrl-C ends it."""
    sys.stdout.write(f"{text}\n")  # as it is: a query that is wrapped cannot be pasted
    sys.stdout.flush()
