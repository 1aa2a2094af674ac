"""Runs one simulated server in a process of its own: prints its port, ends when its standard input closes."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from collections.abc import Callable

from starlette.types import ASGIApp

from gateway.demo.scenario import Scenario
from gateway.demo.simulators import loki, prometheus, tempo
from gateway.demo.simulators.faults import Faults
from gateway.server import listen, serve

SIMULATORS: dict[str, Callable[[Scenario, Callable[[], int]], ASGIApp]] = {
    "prometheus": prometheus.create_app,
    "loki": loki.create_app,
    "tempo": tempo.create_app,
}


async def _main(kind: str, seed: int) -> None:
    listener = listen("127.0.0.1", 0)
    print(listener.getsockname()[1], flush=True)
    app = Faults(SIMULATORS[kind](Scenario(seed), time.time_ns))
    server = asyncio.ensure_future(serve(app, listener, shutdown_timeout_s=1))
    parent = asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)
    await asyncio.wait({server, parent}, return_when=asyncio.FIRST_COMPLETED)
    if not server.done():
        signal.raise_signal(signal.SIGTERM)  # cancelling it would leave a traceback
    await server


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("kind", choices=sorted(SIMULATORS))
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    asyncio.run(_main(given.kind, given.seed))
