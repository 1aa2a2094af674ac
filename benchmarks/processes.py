"""Children that are pinned to a core, and what the kernel says of them."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

ROOT = Path(__file__).parents[1]
SERVER_CORE, CLIENT_CORE = 0, 1
START_LIMIT_S = 60.0
TICK_S = 1 / os.sysconf("SC_CLK_TCK")


class Child:
    """A process that listens on a port of this machine."""

    def __init__(self, name: str, process: subprocess.Popen[str], port: int) -> None:
        self.name, self.process, self.port = name, process, port

    def cpu_s(self) -> float:
        """Seconds of CPU, all threads, since it began."""
        fields = Path(f"/proc/{self.process.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) * TICK_S

    def memory_mb(self) -> float:
        """Resident memory."""
        status = Path(f"/proc/{self.process.pid}/status").read_text()
        return int(status.partition("VmRSS:")[2].split()[0]) / 1024


def pin(core: int, process: int = 0) -> None:
    """Keeps a process on one core, where there are several."""
    if hasattr(os, "sched_setaffinity") and (os.cpu_count() or 1) > 1:
        os.sched_setaffinity(process, {core})


@contextmanager
def printing_its_port(
    name: str, command: Sequence[str], core: int, *, cwd: Path, env: Mapping[str, str]
) -> Iterator[Child]:
    """A child whose first line is its port, and which ends with its standard input."""
    with _running(command, core, cwd=cwd, env=env) as process:
        assert process.stdout is not None
        line = process.stdout.readline().strip()
        if not line.isdigit():
            raise RuntimeError(f"{name} did not start: {line}")
        yield Child(name, process, int(line))


@contextmanager
def gateway(name: str, core: int, env: Mapping[str, str]) -> Iterator[tuple[Child, float]]:
    """(`python -m gateway serve`, the seconds that it took to start)."""
    port = _free_port()
    command = [sys.executable, "-m", "gateway", "serve"]
    started = time.perf_counter()
    with _running(command, core, cwd=ROOT, env={**env, "GATEWAY_PORT": str(port)}) as process:
        _wait_for(f"http://127.0.0.1:{port}/health/live", process)
        yield Child(name, process, port), time.perf_counter() - started


@contextmanager
def _running(
    command: Sequence[str], core: int, *, cwd: Path, env: Mapping[str, str]
) -> Iterator[subprocess.Popen[str]]:
    with tempfile.TemporaryFile("w+") as log:
        process = subprocess.Popen(
            list(command),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
            cwd=cwd,
            env={**os.environ, **env},
            start_new_session=True,
        )
        pin(core, process.pid)
        try:
            yield process
        except BaseException:
            log.seek(0)
            sys.stderr.write(log.read()[-2_000:])
            raise
        finally:
            assert process.stdin is not None and process.stdout is not None
            process.stdin.close()
            process.terminate()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait()
            process.stdout.close()


def _wait_for(url: str, process: subprocess.Popen[str]) -> None:
    until = time.perf_counter() + START_LIMIT_S
    while True:
        try:
            with urlopen(url, timeout=1):
                return
        except (URLError, OSError):
            if process.poll() is not None or time.perf_counter() > until:
                raise RuntimeError(f"nothing answers at {url}") from None
            time.sleep(0.01)


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])
