"""Under which account the server runs: PostgreSQL refuses to be root, and a container often has no other user."""

from __future__ import annotations

import ctypes
import functools
import hashlib
import os
import pwd
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from .exceptions import EmbeddedPostgresError

CLONE_NEWUSER = 0x10000000
PR_SET_PDEATHSIG = 1
FALLBACK_HOME = Path("/var/lib/gateway-embedded")


@dataclass(frozen=True)
class Account:
    """How the children are spawned (`spawn` is for subprocess), with which programs, and where their files are."""

    binaries: Path
    home: Path
    spawn: dict[str, Any] = field(default_factory=dict)

    def own(self, path: Path) -> None:
        """Gives a file to the account, where it is another one than ours."""
        if "user" in self.spawn:
            os.chown(path, self.spawn["user"], self.spawn["group"])


def choose_account(binaries: Path, root: Path, *, allow_namespace: bool = True) -> Account:
    """As a plain user: that user. As root: nobody by a user namespace, or else by setuid.

    A user namespace that shows root as nobody leaves every file where it is, also below a closed /root. Where the
    kernel refuses namespaces, the server becomes nobody; what nobody cannot reach is copied to where it can.

    Raises: EmbeddedPostgresError where neither works.
    """
    ended_with_us = _end_with_parent()
    if os.geteuid() != 0:
        return Account(binaries, root, _preexec(ended_with_us))
    uid, gid = _unprivileged_ids()
    if allow_namespace and sys.platform == "linux":
        spawn = _preexec(_become_in_namespace(uid, gid, ended_with_us))
        if _runs(binaries, spawn):
            return Account(binaries, root, spawn)
    spawn = {"user": uid, "group": gid, "extra_groups": [], **_preexec(ended_with_us)}
    return _setuid_account(binaries, root, spawn)


def _preexec(step: Callable[[], None] | None) -> dict[str, Any]:
    return {"preexec_fn": step} if step else {}


def _end_with_parent() -> Callable[[], None] | None:
    """What a Linux child does to be interrupted when the thread that spawned it ends; None elsewhere."""
    if sys.platform != "linux":
        return None
    return functools.partial(ctypes.CDLL(None).prctl, PR_SET_PDEATHSIG, signal.SIGINT)


def _become_in_namespace(uid: int, gid: int, then: Callable[[], None] | None) -> Callable[[], None]:
    libc = ctypes.CDLL(None, use_errno=True)

    def become() -> None:
        if libc.unshare(CLONE_NEWUSER):
            raise OSError(ctypes.get_errno(), "unshare")
        for name, text in (("setgroups", "deny"), ("uid_map", f"{uid} 0 1"), ("gid_map", f"{gid} 0 1")):
            Path("/proc/self", name).write_text(text)
        if then:
            then()

    return become


def _unprivileged_ids() -> tuple[int, int]:
    for name in ("nobody", "daemon", "postgres"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return entry.pw_uid, entry.pw_gid
    raise EmbeddedPostgresError("PostgreSQL does not run as root and there is no account `nobody`: set DATABASE_URL")


def _runs(binaries: Path, spawn: dict[str, Any]) -> bool:
    return _succeeds([str(binaries / "postgres"), "--version"], spawn)


def _succeeds(command: list[str], spawn: dict[str, Any]) -> bool:
    try:
        return subprocess.run(command, check=False, capture_output=True, cwd="/", **spawn).returncode == 0
    except (OSError, subprocess.SubprocessError):
        return False


def _setuid_account(binaries: Path, root: Path, spawn: dict[str, Any]) -> Account:
    digest = hashlib.sha256(str(root).encode()).hexdigest()[:12]
    for home in (root / "nobody", FALLBACK_HOME / digest):
        home.parent.mkdir(parents=True, exist_ok=True, mode=0o755)
        home.mkdir(exist_ok=True, mode=0o700)
        os.chown(home, spawn["user"], spawn["group"])
        if _succeeds(["/bin/sh", "-c", 'cd "$0"', str(home)], spawn):
            break
        home.rmdir()
    else:
        raise EmbeddedPostgresError(
            f"the account `nobody` can reach neither {root} nor {FALLBACK_HOME}: set DATABASE_URL"
        )
    account = Account(binaries, home, spawn)
    if not _runs(binaries, spawn):
        account = Account(_copy_programs(binaries, account), home, spawn)
        if not _runs(account.binaries, spawn):
            raise EmbeddedPostgresError("PostgreSQL cannot be run as `nobody` on this machine: set DATABASE_URL")
    return account


def _copy_programs(binaries: Path, account: Account) -> Path:
    """A copy that the account can reach. The wheel's shared libraries stand beside its package, found by a relative rpath."""
    install, package = binaries.parent, binaries.parent.parent
    target = account.home / "programs"
    if not target.exists():
        partial = account.home / "programs.tmp"
        shutil.rmtree(partial, ignore_errors=True)
        copied = partial / package.name / install.name
        shutil.copytree(install, copied, symlinks=True, ignore=shutil.ignore_patterns("include"))
        libraries = package.with_name(f"{package.name}.libs")
        if libraries.exists():
            shutil.copytree(libraries, partial / libraries.name)
        for path in (partial, *partial.rglob("*")):
            os.chown(path, account.spawn["user"], account.spawn["group"], follow_symlinks=False)
        partial.rename(target)
    return target / package.name / install.name / "bin"
