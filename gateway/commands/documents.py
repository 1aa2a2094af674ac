"""`documents`: the manifest of trusted documents."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Annotated

import typer

from schema.roots import schema

from ..execution.manifest import build_manifest

app = typer.Typer(no_args_is_help=True, help="Trusted documents.")


@app.callback()
def documents() -> None:
    """Trusted documents."""


@app.command()
def build(
    folder: Annotated[Path, typer.Argument(help="Folder of .graphql files.", exists=True, file_okay=False)],
    output: Annotated[Path | None, typer.Option(help="File to write; standard output if left out.")] = None,
) -> None:
    """Make the manifest that GATEWAY_DOCUMENT_TRUSTED names: each operation of a folder, by its SHA-256."""
    manifest = json.dumps(build_manifest(schema._schema, folder), indent=2, ensure_ascii=False) + "\n"
    if output is None:
        sys.stdout.write(manifest)
    else:
        output.write_text(manifest, "utf-8")
