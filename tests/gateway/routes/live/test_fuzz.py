"""Five hundred hostile frames: a socket is closed with a code of its protocol or goes on, and nothing internal is told."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from .playground import Playground, playing

CODES = {1009, 4400, 4401, 4403, 4408, 4409, 4429}
INTERNAL = re.compile(
    r"Traceback|\.py\b|/site-packages|object at 0x|TypeError|KeyError|ValueError|AttributeError|secret|class '"
)

anything = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
types = st.sampled_from(
    ["connection_init", "subscribe", "complete", "ping", "pong", "next", "error", "connection_ack", "start", "stop"]
)
queries = st.sampled_from(
    [
        "{ hello }",
        "{ internal }",
        "mutation { change }",
        "subscription { ticks(count: 2) }",
        "subscription { breaking(internal: true) }",
        "{ slow { name ... @defer { required numbers } } }",
        "{ slow { numbers @stream } }",
        "{",
        "query A { hello } query B { hello }",
        "{ __typename @skip(if: $x) }",
        "fragment F on Query { ...F } { ...F }",
    ]
)
payloads = st.fixed_dictionaries(
    {},
    optional={
        "query": queries | anything,
        "variables": anything,
        "operationName": anything,
        "extensions": anything
        | st.fixed_dictionaries({"persistedQuery": anything | st.fixed_dictionaries({"version": anything})}),
        "Authorization": anything | st.sampled_from(["Bearer good", "Bearer bad", "Basic x"]),
        "headers": anything,
    },
)
messages = st.fixed_dictionaries(
    {},
    optional={"type": types | anything, "id": st.sampled_from(["1", "2"]) | anything, "payload": payloads | anything},
)
frames = (
    messages.map(json.dumps)
    | anything.map(json.dumps)
    | st.text(max_size=60).filter(lambda text: "\ud800" not in text)
    | st.binary(max_size=60)
    | st.builds(lambda count, sign: sign * count, st.integers(1, 5_000), st.sampled_from(["[", "{", '{"a":', "\x00"]))
)


@pytest.fixture(scope="module")
def fuzzed() -> Iterator[str]:
    """One server for all of them."""
    with playing(Playground()) as (address, _):
        yield address


@settings(
    max_examples=500,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(frame=frames, is_acknowledged=st.booleans())
def test_no_frame_breaks_a_socket_off_or_learns_anything(fuzzed: str, frame: Any, is_acknowledged: bool) -> None:
    told = []
    with connect(f"ws://{fuzzed}", subprotocols=["graphql-transport-ws"]) as connection:  # type: ignore[list-item]
        try:
            if is_acknowledged:
                connection.send('{"type":"connection_init"}')
            connection.send(frame)
            connection.send('{"type":"ping","payload":{"last":true}}')
            while '"last":true' not in (message := str(connection.recv(timeout=10))):
                told.append(message)
        except ConnectionClosed as closed:
            assert closed.rcvd is not None, f"1006 after {frame!r}"
            assert closed.rcvd.code in CODES, (closed, frame)
            told.append(closed.rcvd.reason)
    sent = frame if isinstance(frame, str) else ""
    assert not INTERNAL.search("".join(told).replace(sent, ""))
