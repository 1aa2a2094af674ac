"""`python -m benchmarks`: the gateway beside its peers in one run; what it promises, and whether that was kept.

    --quick        one round of short windows, within five minutes
    --json FILE    the ratios as {work: {peer: {throughput, cpu, p50}}}, above 1 where the gateway is better
    --plot FILE    the picture, as SVG
    --only NAMES   works and peers, separated by commas

Answers are compared first. Ratios are of one run on one machine, the servers asked in turns; read them, not the times.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path

from .compare import answer, difference
from .measure import Results, measure, overhead_ms, ratios, upstream_requests
from .report import Claim, best, plot, table
from .servers import GATEWAY, NODE, SHARING, STOCK, Servers, running
from .store import SLUGS
from .works import ALONE, LARGE, OVERVIEW, SMALL, WORKS, Work

DELAY_MS = 50.0
DASHBOARD_CLIENTS = 100


def main(arguments: Sequence[str]) -> int:
    """Prints the report; 1 where answers differ."""
    given = _parse(arguments)
    only = set(given.only.split(",")) if given.only else set()
    works = [work for work in WORKS if not only & {each.name for each in WORKS} or work.name in only]
    peers = {STOCK, *NODE} & only or {STOCK, *NODE}
    rounds, seconds = (1, 0.6) if given.quick else (5, 1.5)
    with running(peers) as servers:
        faults = list(_differences(servers, works))
        if faults:
            print("\n".join(faults), file=sys.stderr)
            return 1
        names = [GATEWAY, *(name for name in servers.children if name not in (GATEWAY, SHARING))]
        print(
            f"{len(works)} questions, {len(names)} servers, equal answers; {rounds} rounds of {seconds} s", flush=True
        )
        results = measure(servers, works, names, rounds=rounds, seconds=seconds)
        told = ratios(results, GATEWAY)
        print(table(results, told))
        print(_beside(servers, names))
        claims = _claims(servers, results, told, seconds)
    print("\n" + "\n".join(claim.line() for claim in claims))
    if given.json:
        Path(given.json).write_text(json.dumps(told, indent=2) + "\n")
    if given.plot:
        Path(given.plot).write_text(plot(results))
    return 0


def _parse(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser("benchmarks", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--quick", action="store_true")
    for name in ("--json", "--plot", "--only"):
        parser.add_argument(name)
    return parser.parse_args(list(arguments))


def _differences(servers: Servers, works: Sequence[Work]) -> Sequence[str]:
    found = []
    for work in works:
        token = servers.token_for(work)
        own = answer(servers.children[GATEWAY], token, work, 3)
        for name, child in servers.children.items():
            where = difference(own, answer(child, token, work, 3))
            if where is not None:
                found.append(f"{name} answers {work.name} differently: {where}")
    return found


def _beside(servers: Servers, names: Sequence[str]) -> str:
    lines = ["", f"memory, MB: {'at rest':>20}{'after the load':>18}"]
    lines += [f"  {name:20}{servers.rest_mb[name]:10.0f}{servers.children[name].memory_mb():18.0f}" for name in names]
    return "\n".join(lines)


def _claims(
    servers: Servers, results: Results, told: dict[str, dict[str, dict[str, float]]], seconds: float
) -> list[Claim]:
    found = []
    for work, apollo, node in ((LARGE, 7.0, 2.3), (SMALL, 5.0, 1.7)):
        ratio = told.get(work.name, {})
        found += [
            Claim(
                f"{work.name} dashboard, throughput, times Apollo Server's",
                best(ratio, ["apollo"], "throughput"),
                apollo,
            ),
            Claim(
                f"{work.name} dashboard, throughput, times the fastest Node server's",
                best(ratio, [*NODE], "throughput"),
                node,
            ),
        ]
    found.append(
        Claim("large dashboard, CPU, times less than stock Strawberry", best(told.get("large", {}), [STOCK], "cpu"), 40)
    )
    beyond = overhead_ms(servers, SMALL, [GATEWAY], delay_ms=DELAY_MS, seconds=seconds)[GATEWAY]
    found.append(Claim("50 ms upstream, small dashboard: p50 beyond the upstream, ms", beyond, 4, at_most=True))
    one_by_one = upstream_requests(servers, GATEWAY, ALONE) * len(SLUGS)
    overview = upstream_requests(servers, GATEWAY, OVERVIEW)
    found += [
        Claim("overview of 100 projects, times fewer upstream requests", one_by_one / overview, 20),
        Claim("overview of 100 projects, upstream requests", overview, 12, at_most=True),
    ]
    one = upstream_requests(servers, GATEWAY, SMALL)
    many = upstream_requests(servers, SHARING, SMALL, clients=DASHBOARD_CLIENTS)
    found.append(
        Claim("the same dashboard for 100 clients at once, upstream requests, times one's", many / one, 1, at_most=True)
    )
    found += [
        Claim("start-up, s", servers.started_s, 1.5, at_most=True),
        Claim("memory at rest, MB", servers.rest_mb[GATEWAY], 120, at_most=True),
        Claim("memory under this load, MB", servers.children[GATEWAY].memory_mb(), 250, at_most=True),
    ]
    return found


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
