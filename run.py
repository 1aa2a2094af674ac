#!/usr/bin/env python3
"""Sets the project up where that is still to do, then runs one of its commands; needs Python 3.11 and nothing else.

    python3 run.py demo              the whole gateway over simulated sources
    python3 run.py test [ARGS]       ruff, mypy and pytest, ARGS to pytest
    python3 run.py bench [ARGS]      python -m benchmarks ARGS
    python3 run.py COMMAND [ARGS]    python -m gateway COMMAND ARGS: serve, worker, migrate, schema, check, ...

The packages of the hashed lock go into .venv beside this file, with uv where it is installed, else with venv and pip.
Paths in ARGS are relative to the project's folder.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
PYTHON = VENV / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
MARKER = VENV / ".lock-sha256"
RUNTIME_LOCK = ROOT / "requirements.txt"
DEV_LOCK = ROOT / "requirements-dev.txt"
OLDEST = (3, 11)


def main(arguments: list[str]) -> int:
    """Runs one command and gives its exit status."""
    if sys.version_info < OLDEST:
        wanted = ".".join(map(str, OLDEST))
        return fail(f"Python {wanted} or newer is needed, and {sys.executable} is {sys.version.split()[0]}")
    if not arguments or arguments[0] in ("-h", "--help", "help"):
        print(__doc__)
        return 0 if arguments else 2
    command, rest = arguments[0], arguments[1:]
    if not is_installed(command):
        lock = DEV_LOCK if needs_tools(command) else RUNTIME_LOCK
        print(f"setting up {VENV.name} from {lock.name}, once ...", file=sys.stderr, flush=True)
        problem = install(lock)
        if problem:
            return fail(problem)
    os.chdir(ROOT)
    if command == "test":
        return run_checks(rest)
    line = [str(PYTHON), "-m", *(["benchmarks"] if command == "bench" else ["gateway", command]), *rest]
    if os.name != "nt":
        os.execv(line[0], line)  # signals and the exit status are the command's own
    return subprocess.call(line)


def needs_tools(command: str) -> bool:
    """Says whether a command needs the packages that only development needs."""
    return command in ("test", "bench")


def is_installed(command: str) -> bool:
    """Says whether the last installation still matches the lock. The development lock holds all of the other's packages."""
    if not PYTHON.exists() or not MARKER.exists():
        return False
    locks = (DEV_LOCK,) if needs_tools(command) else (DEV_LOCK, RUNTIME_LOCK)
    return MARKER.read_text() in [digest(lock) for lock in locks]


def digest(lock: Path) -> str:
    """What the marker holds after a lock was installed."""
    return hashlib.sha256(lock.read_bytes()).hexdigest()


def install(lock: Path) -> str | None:
    """Brings .venv to a lock; gives the reason where it cannot."""
    MARKER.unlink(missing_ok=True)
    uv = shutil.which("uv")
    if uv and install_with_uv(uv, lock):
        MARKER.write_text(digest(lock))
        return None
    problem = install_with_pip(lock)
    if problem is None:
        MARKER.write_text(digest(lock))
    return problem


def install_with_uv(uv: str, lock: Path) -> bool:
    """False where uv fails, as it does behind an index that only pip is configured for."""
    if not PYTHON.exists() and not runs([uv, "venv", "-q", "--clear", "--no-project", "-p", sys.executable, str(VENV)]):
        return False
    return runs([uv, "pip", "sync", "-q", "--require-hashes", "-p", str(PYTHON), str(lock)])


def install_with_pip(lock: Path) -> str | None:
    """Gives the reason where it cannot."""
    if not PYTHON.exists() and not make_venv():
        return f"{sys.executable} cannot make a virtual environment in {VENV}"
    pip = [str(PYTHON), "-m", "pip"]
    if not runs([*pip, "--version"], quiet=True):
        pip = [sys.executable, "-m", "pip", "--python", str(PYTHON)]
        if not runs([*pip, "--version"], quiet=True):
            return "no uv, pip or ensurepip is here: install uv, or your system's package of Python's venv module"
    options = ["-q", "--disable-pip-version-check", "--no-input", "--require-hashes"]
    if not runs([*pip, "install", *options, "-r", str(lock)]):
        return f"the packages of {lock.name} could not be installed; the reason stands above"
    return None


def make_venv() -> bool:
    """Without pip where ensurepip is missing: Debian keeps it in a package of its own."""
    venv = [sys.executable, "-m", "venv", "--clear", str(VENV)]
    return runs(venv, quiet=True) or runs([*venv, "--without-pip"])


def run_checks(arguments: list[str]) -> int:
    """ruff, mypy, then pytest in two processes; stops at the first that fails."""
    workers = ["-n", "2", "--dist", "loadfile"]
    checks = (["ruff", "check", "."], ["mypy"], ["pytest", *workers, *arguments])
    for check in checks:
        print("$", *check, flush=True)
        status = subprocess.call([str(PYTHON), "-m", *check])
        if status:
            return status
    return 0


def runs(command: list[str], quiet: bool = False) -> bool:
    """Says whether a command ended well."""
    out = subprocess.DEVNULL if quiet else None
    return subprocess.call(command, stdout=out, stderr=out) == 0


def fail(reason: str) -> int:
    """One line for a person, and the status of a failure."""
    print(f"run.py: {reason}", file=sys.stderr)
    return 1


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
