"""The folder of data: made once and whole, of the right version, and whether a server already runs on it."""

from __future__ import annotations

import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from .account import Account
from .binaries import major_version
from .exceptions import EmbeddedPostgresError

USER = "gateway"
ENVIRONMENT = {"LC_ALL": "C", "TZ": "UTC", "PATH": os.defpath}
"""The children's whole environment: a PGDATA or PGHOST of the person's would lead them elsewhere."""


@dataclass(frozen=True)
class Postmaster:
    """A server that runs on the data, as its own lock file tells: `ready` once it takes connections."""

    pid: int
    socket_folder: Path
    ready: bool


def ensure_cluster(data: Path, account: Account, *, durable: bool) -> None:
    """Makes the data folder if there is none.

    Raises: EmbeddedPostgresError for the data of another major version, a folder of something else, a full disk.
    """
    if not data.exists():
        _create(data, account, durable=durable)
        return
    try:
        found = (data / "PG_VERSION").read_text().strip()
    except FileNotFoundError:
        raise EmbeddedPostgresError(f"{data} is there but holds no PostgreSQL data: choose another folder") from None
    ours = major_version(account.binaries)
    if found != str(ours):
        raise EmbeddedPostgresError(
            f"{data} holds data of PostgreSQL {found}, the programs here are {ours}: "
            f"move it over with pg_dump, or choose another folder"
        )


def _create(data: Path, account: Account, *, durable: bool) -> None:
    partial = data.with_name(f"{data.name}.tmp")
    shutil.rmtree(partial, ignore_errors=True)
    locale = ["--locale=C"]
    if major_version(account.binaries) >= 17:
        locale += ["--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
    command = [str(account.binaries / "initdb"), "-D", str(partial), "-U", USER, "-E", "UTF8", *locale]
    command += ["--auth-local=trust", "--auth-host=reject", "--no-instructions", *([] if durable else ["--no-sync"])]
    run = subprocess.run(
        command, check=False, env=ENVIRONMENT, capture_output=True, text=True, cwd="/", **account.spawn
    )
    if run.returncode:
        reason = (run.stderr.strip().splitlines() or ["no reason given"])[-1]
        raise EmbeddedPostgresError(f"initdb could not make {data}: {reason}")
    partial.rename(data)  # a half-made cluster is never taken for a whole one


def find_postmaster(data: Path) -> Postmaster | None:
    """The server that runs on this data, if there is one."""
    try:
        lines = (data / "postmaster.pid").read_text().splitlines()
        pid, folder, socket = int(lines[0]), lines[1], lines[4] if len(lines) > 4 else ""
    except (OSError, ValueError, IndexError):
        return None
    if not _is_postgres(pid, folder):
        return None
    return Postmaster(pid, Path(socket), len(lines) > 7 and lines[7].strip() == "ready")


def remove_stale_lock(data: Path) -> None:
    """Removes a crashed server's lock file whose process id meanwhile belongs to another program.

    PostgreSQL sees to the other stale files itself, but takes any living process of that id for a server: after a
    container's restart, the ids are the same ones again.
    """
    lock = data / "postmaster.pid"
    try:
        pid = int(lock.read_text().splitlines()[0])
        os.kill(pid, 0)
    except (OSError, ValueError, IndexError):
        return
    if find_postmaster(data) is None:
        lock.unlink(missing_ok=True)


def _is_postgres(pid: int, folder: str) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    process = Path("/proc") / str(pid)
    try:
        command = (process / "cmdline").read_bytes()
    except FileNotFoundError:
        return not Path("/proc/self").exists()  # no /proc here: the living process has to do as a proof
    except OSError:
        return True
    return b"postgres" in command and folder.encode() in command
