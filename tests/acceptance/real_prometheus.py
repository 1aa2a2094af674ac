"""A real Prometheus on data of two tenants, written as blocks by its own tool: no scrape, no waiting for samples."""

from __future__ import annotations

import contextlib
import shutil
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

STEP_S = 15
POINTS = 241
READY_S = 30
TENANTS = {"shop": (("web", "cart"), 1.0), "bank": (("ledger", "web"), 777.0)}


def why_missing() -> str | None:
    """The reason why no real Prometheus can be started here, None where it can."""
    missing = [tool for tool in ("prometheus", "promtool") if shutil.which(tool) is None]
    return f"no {' and no '.join(missing)} on the path (Debian's package prometheus has both)" if missing else None


def samples(tenants: Sequence[str], end_s: int) -> Iterator[str]:
    """An hour of every tenant in OpenMetrics: gauges, counters with buckets, and calls between services."""
    for tenant in tenants:
        services, size = TENANTS[tenant]
        for n, service in enumerate(services):
            own = f'service_namespace="{tenant}",service="{service}",service_name="{service}"'
            who = f'{own},canary="{tenant}-{service}"'
            yield from _gauge("up", f'{who},job="{tenant}/{service}"', 1.0, end_s)
            yield from _gauge("target_info", f'{who},version="{tenant}-v1"', 1.0, end_s)
            yield from _gauge("temp", who, 20.0 * size + n, end_s)
            yield from _counter("http_requests_total", who, size, end_s)
            for le, share in (("0.1", 0.5), ("0.5", 0.9), ("+Inf", 1.0)):
                yield from _counter("latency_seconds_bucket", f'{who},le="{le}"', size * share, end_s)
                for code, rate in (("200", 3.0), ("500", 1.0 + n)):
                    labels = f'{own},http_route="/{tenant}",http_response_status_code="{code}",le="{le}"'
                    bucket = "http_server_request_duration_seconds_bucket"
                    yield from _counter(bucket, labels, size * rate * share, end_s)
            for code, rate in (("200", 3.0), ("500", 1.0 + n)):
                labels = f'{own},http_route="/{tenant}",http_response_status_code="{code}"'
                yield from _counter("http_server_request_duration_seconds_count", labels, size * rate, end_s)
        client, server = services
        sides = f'client_service_namespace="{tenant}",server_service_namespace="{tenant}"'
        edge = f'client="{client}",server="{server}",{sides}'
        yield from _counter("traces_service_graph_request_total", edge, 2 * size, end_s)
        yield from _counter("traces_service_graph_request_failed_total", edge, size, end_s)
    yield "# EOF"


@contextlib.contextmanager
def running(folder: Path, tenants: Sequence[str], end_s: int) -> Iterator[str]:
    """The address of a Prometheus that holds these tenants' samples up to `end_s`, and nothing else."""
    folder.mkdir(parents=True)
    data, text, config = folder / "data", folder / "samples.txt", folder / "prometheus.yml"
    text.write_text("\n".join(samples(tenants, end_s)) + "\n")
    config.write_text("global: {scrape_interval: 1h}\n")
    load = ["promtool", "tsdb", "create-blocks-from", "openmetrics", "--quiet", str(text), str(data)]
    subprocess.run(load, check=True, capture_output=True, timeout=60)
    port = _free_port()
    command = [
        "prometheus",
        f"--config.file={config}",
        f"--storage.tsdb.path={data}",
        f"--web.listen-address=127.0.0.1:{port}",
        "--storage.tsdb.retention.time=30d",
    ]
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        try:
            _wait_until_ready(f"http://127.0.0.1:{port}", process, folder / "log")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()
            process.wait(10)


def _gauge(name: str, labels: str, value: float, end_s: int) -> Iterator[str]:
    return (f"{name}{{{labels}}} {value} {at}" for at in _instants(end_s))


def _counter(name: str, labels: str, per_second: float, end_s: int) -> Iterator[str]:
    return (f"{name}{{{labels}}} {k * STEP_S * per_second} {at}" for k, at in enumerate(_instants(end_s)))


def _instants(end_s: int) -> range:
    return range(end_s - (POINTS - 1) * STEP_S, end_s + 1, STEP_S)


def _wait_until_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + READY_S
    while time.monotonic() < deadline and process.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/-/ready", timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise RuntimeError(f"Prometheus did not start: {log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port
