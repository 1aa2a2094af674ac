"""Starts the private server, adopts one that already runs on the same data, and stops what it started."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import signal
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from .account import Account, choose_account
from .binaries import find_binaries
from .cluster import ENVIRONMENT, USER, Postmaster, ensure_cluster, find_postmaster, remove_stale_lock
from .exceptions import EmbeddedPostgresError

START_LIMIT_S = 60.0
STOP_LIMIT_S = 30.0
SOCKET_PATH_MAX = 100
_SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "shared_buffers": "64MB",
    "max_connections": "60",
    "timezone": "UTC",
    "log_timezone": "UTC",
}
_FAST = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off"}


class EmbeddedPostgres:
    """A PostgreSQL of its own below `root`, reachable by a Unix socket only, ended with the process that started it.

    A second one on the same root adopts the running server and leaves it running; it lives as long as its starter.
    `durable=False` gives up everything that survives a crash, for tests. Start it from the main thread: on Linux the
    server ends with the thread that started it. start() blocks for 0.1 s to some seconds.
    """

    def __init__(
        self, root: Path, *, durable: bool = True, binaries: Path | None = None, allow_namespace: bool = True
    ) -> None:
        self.root = Path(root).absolute()
        self.durable = durable
        self._given_binaries = binaries
        self._allow_namespace = allow_namespace
        self._process: subprocess.Popen[bytes] | None = None
        self._postmaster: Postmaster | None = None

    @property
    def adopted(self) -> bool:
        """Whether the running server was started by somebody else."""
        return self._postmaster is not None and self._process is None

    def start(self) -> EmbeddedPostgres:
        """Makes the data on the first start, starts the server or adopts it, and waits until it takes connections.

        Raises: EmbeddedPostgresError: no programs, data of another version, a folder that cannot be written, no start.
        """
        _make_folder(self.root)
        with _locked(self.root / "lock"):
            account = choose_account(
                find_binaries(self._given_binaries), self.root, allow_namespace=self._allow_namespace
            )
            data = account.home / "data"
            if find_postmaster(data) is None:
                ensure_cluster(data, account, durable=self.durable)
                remove_stale_lock(data)
                self._spawn(data, account)
            self._postmaster = self._wait_until_ready(data, account)
        return self

    def stop(self) -> None:
        """Ends the server, if it was started here; an adopted one goes on."""
        process, self._process, self._postmaster = self._process, None, None
        if process is None or process.poll() is not None:
            return
        for kind, limit_s in ((signal.SIGINT, STOP_LIMIT_S), (signal.SIGQUIT, STOP_LIMIT_S)):
            process.send_signal(kind)
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(limit_s)
                return

    def dsn(self, database: str = "postgres") -> str:
        """Where clients connect. Raises: EmbeddedPostgresError before start()."""
        if self._postmaster is None:
            raise EmbeddedPostgresError("the embedded PostgreSQL is not running")
        return f"postgresql://{USER}@/{quote(database)}?host={quote(str(self._postmaster.socket_folder), safe='/')}"

    def __enter__(self) -> EmbeddedPostgres:
        return self.start()

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def _spawn(self, data: Path, account: Account) -> None:
        sockets = _socket_folder(account)
        settings = _SETTINGS | {"unix_socket_directories": str(sockets)} | ({} if self.durable else _FAST)
        command = [str(account.binaries / "postgres"), "-D", str(data)]
        for name, value in settings.items():
            command += ["-c", f"{name}={value}"]
        with (account.home / "postgres.log").open("wb") as log:
            account.own(account.home / "postgres.log")
            self._process = subprocess.Popen(
                command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=ENVIRONMENT, cwd="/",
                start_new_session=True, **account.spawn,
            )  # fmt: skip

    def _wait_until_ready(self, data: Path, account: Account) -> Postmaster:
        until = time.monotonic() + START_LIMIT_S
        while time.monotonic() < until:
            found = find_postmaster(data)
            if found is not None and found.ready:
                return found
            if self._process is not None and self._process.poll() is not None:
                self._process = None
                raise EmbeddedPostgresError(f"PostgreSQL did not start: {_last_words(account.home / 'postgres.log')}")
            if found is None and self._process is None:
                raise EmbeddedPostgresError("the PostgreSQL that ran on this data went away: start again")
            time.sleep(0.01)
        self.stop()
        raise EmbeddedPostgresError(
            f"PostgreSQL was not ready after {START_LIMIT_S:.0f} s, see {account.home / 'postgres.log'}"
        )


def _make_folder(root: Path) -> None:
    try:
        root.mkdir(parents=True, exist_ok=True, mode=0o700)
        (root / "lock").touch()
    except OSError as error:
        raise EmbeddedPostgresError(f"{root} cannot be written: {error.strerror}") from error


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """One start at a time: two would race for who makes the data."""
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _socket_folder(account: Account) -> Path:
    """Closed to others. A socket's path has to be short, so that of a deep root moves to the temporary folder."""
    folder = account.home / "socket"
    if len(str(folder / ".s.PGSQL.5432")) > SOCKET_PATH_MAX:
        digest = hashlib.sha256(str(folder).encode()).hexdigest()[:12]
        folder = Path(tempfile.gettempdir()) / f"gateway-postgres-{digest}"
    folder.mkdir(exist_ok=True, mode=0o700)
    account.own(folder)
    if folder.is_symlink() or folder.stat().st_uid not in (os.geteuid(), account.spawn.get("user")):
        raise EmbeddedPostgresError(f"{folder} belongs to somebody else: remove it or choose another data folder")
    return folder


def _last_words(log: Path) -> str:
    """The last FATAL line, else the last one."""
    lines = [line for line in log.read_text(errors="replace").splitlines() if line.strip()]
    fatal = [line for line in lines if "FATAL:" in line]
    return (fatal or lines or ["it said nothing"])[-1].split("FATAL:")[-1].strip() + f" (log: {log})"
