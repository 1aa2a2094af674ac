"""A process that is asked to end says so, finishes what it has begun, and is gone."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from tests.acceptance.conftest import wait_until_ready
from tests.architecture.project import ROOT

pytestmark = pytest.mark.acceptance
QUERY = json.dumps({"query": "{ __typename }"}).encode()


@dataclass
class Served:
    """A gateway in a process of its own."""

    process: subprocess.Popen[bytes]
    port: int
    log: str

    @property
    def address(self) -> str:
        """Its base address."""
        return f"http://127.0.0.1:{self.port}"


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of an embedded store that is made once."""
    return tmp_path_factory.mktemp("shutdown")


@pytest.fixture
def served(data: Path, tmp_path: Path) -> Iterator[Served]:
    """`serve` without sources, on an embedded store."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    environment = {name: value for name, value in os.environ.items() if not name.endswith("_URL")}
    environment |= {"GATEWAY_PORT": str(port), "GATEWAY_DATA_DIR": str(data), "GATEWAY_LOG_FORMAT": "json"}
    environment["GATEWAY_SHUTDOWN_TIMEOUT_S"] = "6"
    with (tmp_path / "log").open("w") as log:
        command = [sys.executable, "-m", "gateway", "serve"]
        process = subprocess.Popen(command, cwd=ROOT, env=environment, stdout=log, stderr=subprocess.STDOUT)
        try:
            found = Served(process, port, str(tmp_path / "log"))
            wait_until_ready(found.address, process)
            yield found
        finally:
            process.kill()
            process.wait()


def _begin(served: Served) -> socket.socket:
    """A request of whose body the second half is still to come."""
    connection = socket.create_connection(("127.0.0.1", served.port), timeout=10)
    head = (
        f"POST /graphql HTTP/1.1\r\nhost: x\r\ncontent-type: application/json\r\ncontent-length: {len(QUERY)}\r\n\r\n"
    )
    connection.sendall(head.encode() + QUERY[:5])
    return connection


def test_at_sigterm_it_is_not_ready_but_answers_then_finishes_what_is_under_way_and_is_gone(served):
    under_way = [_begin(served) for _ in range(20)]
    asked_at = time.monotonic()
    served.process.send_signal(signal.SIGTERM)
    time.sleep(0.2)
    ready = httpx.get(f"{served.address}/health/ready")
    assert (ready.status_code, ready.json()["status"]) == (503, "stopping")
    assert httpx.get(f"{served.address}/health/live").status_code == 200
    asked = httpx.post(f"{served.address}/graphql", content=QUERY, headers={"content-type": "application/json"})
    assert asked.json() == {"data": {"__typename": "Query"}}
    time.sleep(1.5)
    with pytest.raises(httpx.ConnectError):
        httpx.get(f"{served.address}/health/live")
    for connection in under_way:
        connection.sendall(QUERY[5:])
        answer = connection.makefile("rb").read()
        assert answer.startswith(b"HTTP/1.1 200")
        assert answer.endswith(b'{"data":{"__typename":"Query"}}')
        connection.close()
    assert served.process.wait(10) == 0
    assert time.monotonic() - asked_at < 10
    with open(served.log) as log:
        assert "Traceback" not in log.read()


def test_a_body_that_never_comes_does_not_hold_the_end_up(served):
    with _begin(served):
        served.process.send_signal(signal.SIGTERM)
        assert served.process.wait(12) == 0


def test_a_second_signal_does_not_wait(served):
    with _begin(served):
        served.process.send_signal(signal.SIGTERM)
        time.sleep(0.1)
        served.process.send_signal(signal.SIGTERM)
        asked_at = time.monotonic()
        served.process.wait(10)
        assert time.monotonic() - asked_at < 5
