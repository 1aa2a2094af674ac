"""The commands: each parses its arguments and calls one function. What goes wrong is one clear line and a status that is not 0."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from datasources.exceptions import GatewayError
from datasources.postgres.migrate import MigrationError

from .auth.keys import KeysError
from .commands import check as check_command
from .commands import demo as demo_command
from .commands import documents as documents_command
from .commands import migrate as migrate_command
from .commands import project as project_command
from .commands import serve as serve_command
from .commands import token as token_command
from .commands import user as user_command
from .commands import worker as worker_command
from .demo.processes import DemoError
from .embedded_postgres import EmbeddedPostgresError
from .execution.manifest import ManifestError
from .server import PortError
from .settings import SettingsError

EXPECTED = (
    SettingsError,
    PortError,
    KeysError,
    EmbeddedPostgresError,
    MigrationError,
    DemoError,
    ManifestError,
    GatewayError,
)
app = typer.Typer(no_args_is_help=True, add_completion=False, pretty_exceptions_enable=False, help=__doc__)
app.add_typer(user_command.app, name="user")
app.add_typer(project_command.app, name="project")
app.add_typer(token_command.app, name="token")
app.add_typer(documents_command.app, name="documents")


@app.command()
def serve() -> None:
    """Serve GraphQL, as the settings in the environment say."""
    serve_command.run()


@app.command()
def worker() -> None:
    """Run the background work alone, beside gateways that serve."""
    worker_command.run()


@app.command()
def demo(
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.", min=0, max=65535)] = 8080,
    data: Annotated[Path, typer.Option(help="Folder of the embedded PostgreSQL.")] = Path(".data/demo"),
    seed: Annotated[int, typer.Option(help="Seed of the scenario.")] = 1,
) -> None:
    """Start everything on this machine: a private PostgreSQL, three simulated sources and the gateway."""
    demo_command.run(port=port, data=data, seed=seed)


@app.command()
def migrate() -> None:
    """Bring the store's tables to this version."""
    migrate_command.run()


@app.command()
def schema() -> None:
    """Print the GraphQL schema."""
    from schema.roots import sdl

    sys.stdout.write(sdl())


@app.command()
def check() -> None:
    """Check the settings, reach every source, and say in plain words what is wrong."""
    raise typer.Exit(check_command.run())


def main() -> None:
    """Runs the command that the arguments name."""
    try:
        app()
    except KeyboardInterrupt:
        sys.exit(130)
    except EXPECTED as error:
        sys.stderr.write(f"error: {error}\n")
        sys.exit(1)
