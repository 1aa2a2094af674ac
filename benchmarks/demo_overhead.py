"""The README's dashboard query on a running demo, beside the slowest upstream request of the same answer.

    python3 run.py demo                     # in another terminal
    .venv/bin/python -m benchmarks.demo_overhead [--address http://127.0.0.1:8080] [--runs 30]
"""

from __future__ import annotations

import argparse
import statistics
import time

import httpx

from gateway.commands.demo import EMAIL, PASSWORD
from gateway.demo.query import DASHBOARD_QUERY

SIGN_IN = "mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }"
PAUSE_S = 1.2
"""Longer than answers are kept, so that every run goes upstream."""


def measure(address: str, runs: int) -> list[tuple[float, float]]:
    """Per run, in milliseconds: (the whole answer, its slowest request to a telemetry source)."""
    with httpx.Client(base_url=address, timeout=30) as client:
        account = {"email": EMAIL, "password": PASSWORD}
        answer = client.post("/graphql", json={"query": SIGN_IN, "variables": {"input": account}}).json()
        client.headers["authorization"] = f"Bearer {answer['data']['signIn']['accessToken']}"
        found = [_one(client) for _ in range(runs + 2)]
    return found[2:]


def _one(client: httpx.Client) -> tuple[float, float]:
    time.sleep(PAUSE_S)
    started = time.perf_counter()
    answer = client.post("/graphql", json={"query": DASHBOARD_QUERY}).json()
    took_ms = (time.perf_counter() - started) * 1000
    if "errors" in answer:
        raise SystemExit(f"the answer has errors: {answer['errors'][0]['message']}")
    reports = answer["data"]["project"]["dashboard"]["sources"]
    return took_ms, max(report["tookMs"] for report in reports if report["source"] != "postgres")


def main() -> None:
    """Prints medians; the traces section asks twice in a row, so that its requests add up."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--address", default="http://127.0.0.1:8080")
    parser.add_argument("--runs", type=int, default=30)
    given = parser.parse_args()
    found = measure(given.address, given.runs)
    whole = statistics.median(took for took, _ in found)
    slowest = statistics.median(upstream for _, upstream in found)
    above = statistics.median(took - upstream for took, upstream in found)
    print(f"{given.runs} runs, medians: answer {whole:.1f} ms, slowest upstream request {slowest:.1f} ms, above it {above:.1f} ms")


if __name__ == "__main__":
    main()
