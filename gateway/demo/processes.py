"""The three simulated servers as child processes on free loopback ports."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

KINDS = ("prometheus", "loki", "tempo")
ROOT = Path(__file__).parents[2]
STOP_LIMIT_S = 5.0


class DemoError(Exception):
    """The demo cannot start; the message is one line."""


@contextmanager
def simulators(seed: int) -> Iterator[dict[str, str]]:
    """The addresses by kind, for as long as the context is open. Raises: DemoError where one does not start."""
    with ExitStack() as stack:
        children = {kind: stack.enter_context(_child(kind, seed)) for kind in KINDS}
        yield {kind: f"http://127.0.0.1:{_port(kind, child)}" for kind, child in children.items()}


@contextmanager
def _child(kind: str, seed: int) -> Iterator[subprocess.Popen[str]]:
    command = [sys.executable, "-m", "gateway.demo.simulators", kind, "--seed", str(seed)]
    # a session of its own: Ctrl-C reaches the gateway alone, which ends them in order
    child = subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT, start_new_session=True
    )
    try:
        yield child
    finally:
        assert child.stdin is not None and child.stdout is not None
        child.stdin.close()  # also what happens if this process is killed: a child never outlives it
        try:
            child.wait(STOP_LIMIT_S)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
        child.stdout.close()


def _port(kind: str, child: subprocess.Popen[str]) -> int:
    assert child.stdout is not None
    line = child.stdout.readline().strip()
    if not line.isdigit():
        raise DemoError(f"the simulated {kind} did not start")
    return int(line)
