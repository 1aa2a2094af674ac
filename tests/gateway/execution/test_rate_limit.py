"""What may be asked for in a minute, by cost, of a caller and of an address."""

from __future__ import annotations

from uuid import uuid4

import httpx
import pytest

from datasources.rate_limits.memory import MemoryRateLimiter
from datasources.records.users import Role
from gateway.execution.rate_limit import RateLimit, Rates, network_of
from gateway.execution.request import GraphQLRequest, RequestFault
from gateway.routes.reading import ReadingLimits
from resolvers.access import Principal
from tests.gateway import tiny

HELLO = GraphQLRequest(query="{ hello }")


class Clock:
    """Monotonic seconds that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


async def _asks(pipeline, times, request=HELLO, **context):
    granted = 0
    for _ in range(times):
        try:
            await pipeline.answer(request, tiny.context(**context))
        except RequestFault as fault:
            assert fault.code == "RATE_LIMITED"
        else:
            granted += 1
    return granted


def _pipeline(clock=None, **rates):
    return tiny.pipeline(rate_limit=RateLimit(MemoryRateLimiter(clock=clock or Clock()), Rates(**rates)))


async def test_an_address_without_a_credential_has_its_own_bucket():
    pipeline = _pipeline(anonymous=6)
    assert await _asks(pipeline, 10) == 6
    assert await _asks(pipeline, 10, address="192.0.2.2") == 6


async def test_a_person_is_the_same_from_every_address_and_a_token_another_caller():
    pipeline = _pipeline(caller=5)
    project = uuid4()
    person = Principal(uuid4(), {project: Role.VIEWER})
    machine = Principal(roles={project: Role.VIEWER}, token_key=uuid4())
    assert await _asks(pipeline, 4, principal=person) == 4
    assert await _asks(pipeline, 4, principal=person, address="192.0.2.9") == 1
    assert await _asks(pipeline, 9, principal=machine) == 5


async def test_many_callers_of_one_address_share_its_bucket():
    pipeline = _pipeline(address=7)
    callers = [Principal(uuid4(), {uuid4(): Role.VIEWER}) for _ in range(10)]
    assert sum([await _asks(pipeline, 1, principal=caller) for caller in callers]) == 7


async def test_what_costs_more_takes_more():
    pipeline = _pipeline(anonymous=30)
    cheap, dear = await _asks(pipeline, 5), GraphQLRequest(query="mutation { change }")
    assert cheap == 5
    assert await _asks(pipeline, 5, dear) == 1


async def test_a_minute_later_there_is_a_minutes_worth_again():
    clock = Clock()
    pipeline = _pipeline(clock, anonymous=6)
    assert await _asks(pipeline, 7) == 6
    clock.now = 30.0
    assert await _asks(pipeline, 7) == 3


async def test_a_document_that_is_refused_is_charged_for_being_read():
    pipeline = _pipeline(anonymous=200)
    faulty = GraphQLRequest(query="{ " + "unknown " * 200 + "}")
    assert await _asks(pipeline, 10, faulty) == 2


async def test_no_limit_is_set_by_0():
    assert await _asks(_pipeline(anonymous=0, address=0), 50) == 50


async def test_over_http_the_answer_is_429_with_what_is_left_and_when():
    app = tiny.app(rate_limit=RateLimit(MemoryRateLimiter(clock=Clock()), Rates(anonymous=2)))
    async with tiny.client(app) as client:
        answers = [await client.post("/graphql", json={"query": "{ hello }"}) for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert [answer.headers["ratelimit-remaining"] for answer in answers] == ["1", "0", "0"]
    assert answers[0].headers["ratelimit-limit"] == "2"
    assert answers[-1].headers["retry-after"] == "30"
    assert answers[-1].json()["errors"][0]["extensions"]["code"] == "RATE_LIMITED"


async def test_in_a_batch_the_items_past_the_limit_are_refused_alone():
    limit = RateLimit(MemoryRateLimiter(clock=Clock()), Rates(anonymous=2))
    app = tiny.app(ReadingLimits(batch_max=5), rate_limit=limit)
    async with tiny.client(app) as client:
        answer: httpx.Response = await client.post("/graphql", json=[{"query": "{ hello }"}] * 4)
    assert sum("data" in each for each in answer.json()) == 2
    assert answer.headers["retry-after"] == "30"


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.1", "192.0.2.1"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.1", "192.0.2.1"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_an_ipv6_client_is_known_by_its_network(address, network):
    assert network_of(address) == network
