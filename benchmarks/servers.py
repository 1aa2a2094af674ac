"""Everything that runs during a benchmark: PostgreSQL, the upstream, the gateway and its peers, all of them all the time."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import parse_qs, urlsplit
from urllib.request import Request, urlopen

from gateway.embedded_postgres import EmbeddedPostgres
from schema.roots import schema

from . import store
from .processes import CLIENT_CORE, ROOT, SERVER_CORE, Child, gateway, pin, printing_its_port
from .subset import subset
from .works import WORKS, Work

PEERS = Path(__file__).parent / "peers"
SOURCES = ("PROMETHEUS", "LOKI", "TEMPO")
GATEWAY, SHARING, STOCK = "gateway", "gateway-sharing", "strawberry"
NODE = {
    "apollo": ("apollo.js", {}),
    "yoga": ("yoga.js", {}),
    "yoga-jit": ("yoga.js", {"JIT": "1"}),
    "yoga-jit-request": ("yoga.js", {"JIT": "1", "CLIENT": "request"}),
    "mercurius-jit": ("mercurius.js", {"CLIENT": "request"}),
}
"""The peers that run on Node, and whether they use its fetch or undici's leaner request."""


@dataclass
class Servers:
    """What runs. `tokens` by address; `started_s` is how long the gateway took to start, `rest_mb` what it took then."""

    upstream: Child
    children: dict[str, Child]
    tokens: dict[str, str]
    started_s: float
    rest_mb: dict[str, float]

    def token_for(self, work: Work) -> str:
        """The credential of the person who asks a question."""
        return self.tokens[store.OVERSEER if work.everybody else store.MEMBER]

    def delay_upstream(self, milliseconds: float) -> None:
        """Every answer of the upstream waits for so long from now on."""
        self._control(f"delay?ms={milliseconds}")

    def count_upstream(self) -> int:
        """Requests that reached the upstream since this was asked last."""
        return int(self._control("count"))

    def _control(self, path: str) -> bytes:
        with urlopen(f"http://127.0.0.1:{self.upstream.port}/-/{path}") as answer:
            return bytes(answer.read())


@contextmanager
def running(wanted: set[str]) -> Iterator[Servers]:
    """The gateway, and the wanted peers as far as there is a Node for them."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="bench-")))
        pin(CLIENT_CORE)  # this process, and PostgreSQL with it
        postgres = stack.enter_context(EmbeddedPostgres(folder / "postgres", durable=False))
        asyncio.run(store.fill(postgres.dsn()))
        command = [sys.executable, "-m", "benchmarks.upstream"]
        upstream = stack.enter_context(printing_its_port("upstream", command, CLIENT_CORE, cwd=ROOT, env={}))
        env = _settings(postgres.dsn(), f"http://127.0.0.1:{upstream.port}", folder)
        child, started_s = stack.enter_context(gateway(GATEWAY, SERVER_CORE, env | _WITHOUT_CACHE))
        children = {GATEWAY: child}
        children[SHARING], _ = stack.enter_context(gateway(SHARING, SERVER_CORE, env))
        tokens = {email: _sign_in(child.port, email) for email in (store.MEMBER, store.OVERSEER)}
        if STOCK in wanted:
            command = [sys.executable, "-m", "benchmarks.peers.stock"]
            stock = printing_its_port(STOCK, command, SERVER_CORE, cwd=ROOT, env=env | _WITHOUT_CACHE)
            children[STOCK] = stack.enter_context(stock)
        for name in [name for name in NODE if name in wanted and _has_node()]:
            children[name] = stack.enter_context(_node(name, postgres.dsn(), upstream.port, child.port, folder))
        rest_mb = {name: each.memory_mb() for name, each in children.items()}
        yield Servers(upstream, children, tokens, started_s, rest_mb)


_WITHOUT_CACHE = {f"{source}_CACHE_MAX_BYTES": "0" for source in SOURCES}
"""The peers have no cache of answers: the gateway is measured without its own."""


def _settings(database: str, upstream: str, folder: Path) -> dict[str, str]:
    sources = {
        f"{source}_{option}": value for source in SOURCES for option, value in (("URL", upstream), ("TIMEOUT_S", "60"))
    }
    return sources | {
        "DATABASE_URL": database,
        "GATEWAY_DATABASE_TIMEOUT_S": "60",
        "GATEWAY_DATA_DIR": str(folder / "data"),
        "GATEWAY_ACCESS_TOKEN_TTL_S": "86400",
        "GATEWAY_REQUEST_TIMEOUT_S": "60",
        "GATEWAY_LOG_LEVEL": "warning",
        "NODE_ENV": "production",
    }


def _sign_in(port: int, email: str) -> str:
    given = {"email": email, "password": store.PASSWORD}
    query = "mutation ($input: SignInInput!) { signIn(input: $input) { accessToken } }"
    body = json.dumps({"query": query, "variables": {"input": given}}).encode()
    request = Request(f"http://127.0.0.1:{port}/graphql", body, {"content-type": "application/json"})
    with urlopen(request) as answer:
        return str(json.load(answer)["data"]["signIn"]["accessToken"])


@contextmanager
def _node(name: str, dsn: str, upstream: int, gateway_port: int, folder: Path) -> Iterator[Child]:
    """A peer on Node. It trusts the gateway's keys, as a server beside it would."""
    script, extra = NODE[name]
    printed = folder / "peers.graphql"
    printed.write_text(subset(schema._schema, [work.document for work in WORKS]))
    with urlopen(f"http://127.0.0.1:{gateway_port}/.well-known/jwks.json") as answer:
        jwks = answer.read().decode()
    env = {"DATABASE": _node_dsn(dsn), "UPSTREAM": f"http://127.0.0.1:{upstream}", "JWKS": jwks, "SCHEMA": str(printed)}
    command = [shutil.which("node") or "node", script]
    with printing_its_port(
        name, command, SERVER_CORE, cwd=PEERS, env=env | {"NODE_ENV": "production"} | extra
    ) as child:
        yield child


def _node_dsn(dsn: str) -> str:
    """The same database as the driver for Node names it: a socket's folder, then database and user."""
    url = urlsplit(dsn)
    host = parse_qs(url.query).get("host", [""])[0]
    return f"socket:{host}?db={url.path.lstrip('/')}&user={url.username}" if host else dsn


def _has_node() -> bool:
    """Brings the peers' packages to the lock, the first time; False where there is no Node."""
    if shutil.which("npm") is None:
        print("no npm here: the peers on Node are left out", file=sys.stderr)
        return False
    marker, lock = PEERS / "node_modules" / ".package-lock.json", PEERS / "package-lock.json"
    if not marker.exists() or marker.stat().st_mtime < lock.stat().st_mtime:
        subprocess.run(["npm", "ci", "--omit=dev", "--ignore-scripts", "--silent"], cwd=PEERS, check=True, env=_plain())
        marker.touch()
    return True


def _plain() -> Mapping[str, str]:
    return {name: value for name, value in os.environ.items() if name != "NODE_ENV"}
