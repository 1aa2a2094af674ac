"""The whole demo as its own process, as a newcomer starts it."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

from tests.architecture.project import ROOT

START_TIMEOUT_S = 90
STOP_TIMEOUT_S = 20


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demo that is ready; it ends cleanly on the Ctrl-C that it gets."""
    folder = tmp_path_factory.mktemp("demo")
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "gateway", "demo", "--port", str(port), "--data", str(folder / "data")]
    with (folder / "log").open("w") as log:
        process = subprocess.Popen(command, cwd=ROOT, stdout=log, stderr=subprocess.STDOUT, start_new_session=True)
        try:
            address = f"http://127.0.0.1:{port}"
            wait_until_ready(address, process)
            yield address
        finally:
            process.send_signal(signal.SIGINT)
            try:
                status = process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                process.kill()
                status = process.wait()
    said = (folder / "log").read_text()
    assert status == 0, said
    assert "Traceback" not in said


def wait_until_ready(address: str, process: subprocess.Popen[bytes]) -> None:
    """Returns once the gateway says that it is ready; fails where it ends before, or takes too long."""
    until = time.monotonic() + START_TIMEOUT_S
    while time.monotonic() < until:
        assert process.poll() is None, f"the demo ended with status {process.returncode}"
        try:
            if httpx.get(f"{address}/health/ready", timeout=5).status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail(f"the demo was not ready after {START_TIMEOUT_S} s")
