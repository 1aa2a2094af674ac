"""Real servers in threads, for what only a real socket shows."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import uvicorn


@contextmanager
def serving() -> Iterator[Callable[[Any], str]]:
    """Serves ASGI apps on free loopback ports in threads of their own: app -> address."""
    running: list[tuple[uvicorn.Server, threading.Thread]] = []

    def start(app: Any) -> str:
        config = uvicorn.Config(app, port=0, lifespan="off", log_level="critical", ws="websockets-sansio")
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, daemon=True)
        thread.start()
        running.append((server, thread))
        while not server.started:
            time.sleep(0.005)
        return f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"

    yield start
    for server, thread in running:
        server.should_exit = server.force_exit = True
        thread.join(timeout=5)


@pytest.fixture
def serve() -> Iterator[Callable[[Any], str]]:
    """`serving` for one test."""
    with serving() as start:
        yield start
