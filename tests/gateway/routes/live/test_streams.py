"""Answers over HTTP as events and as parts: which one an Accept header gets, and what stands in it."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

import httpx
import pytest

from .playground import SECRET, Playground

SECTIONS = '{ slow { name ... @defer(label: "later") { late broken required } numbers @stream(initialCount: 2) } }'
BEGIN = '{ slow { name ... @defer(label: "later") { late(seconds: 0.6) } } }'


async def _ask(playground: Playground, query: str, accept: str | None, **body: Any) -> httpx.Response:
    transport = httpx.ASGITransport(playground.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway.test", timeout=10) as client:
        headers = {"accept": accept} if accept is not None else {}
        return await client.post("/graphql", json={"query": query, **body}, headers=headers)


def events(text: str) -> list[Any]:
    """The results in an event stream, whose last event is `complete`."""
    *found, last = [event for event in text.split("\n\n") if event and not event.startswith(":")]
    assert last == "event: complete\ndata: "
    assert all(event.startswith("event: next\ndata: ") for event in found)
    return [json.loads(event.removeprefix("event: next\ndata: ")) for event in found]


def parts(text: str) -> list[Any]:
    """The bodies of a multipart answer, without heartbeats."""
    opening, *found, closing = text.split("\r\n--graphql")
    assert (opening, closing) == ("", "--\r\n")
    head = "\r\ncontent-type: application/json; charset=utf-8\r\n\r\n"
    assert all(part.startswith(head) for part in found)
    return [body for body in (json.loads(part.removeprefix(head)) for part in found) if body]


def merged(bodies: list[Any]) -> tuple[Any, list[Any]]:
    """(the data, the errors), put together as a client does."""
    first, *rest = bodies
    data, errors = first["data"], list(first.get("errors", ()))
    pending = {each["id"]: each["path"] for each in first.get("pending", ())}
    for body in rest:
        pending |= {each["id"]: each["path"] for each in body.get("pending", ())}
        for part in body.get("incremental", ()):
            target = data
            for key in [*pending[part["id"]], *part.get("subPath", ())]:
                target = target[key]
            target.extend(part["items"]) if "items" in part else target.update(part["data"])
            errors += part.get("errors", ())
        errors += [error for done in body.get("completed", ()) for error in done.get("errors", ())]
    return data, errors


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        (None, "application/json"),
        ("*/*", "application/json"),
        ("application/json", "application/json"),
        ("multipart/mixed", "multipart/mixed"),
        ("text/event-stream", "text/event-stream"),
        ("application/json, multipart/mixed", "multipart/mixed"),
        ("text/event-stream;q=0, application/json", "application/json"),
        ("text/event-stream;q=0.1, multipart/mixed;q=0.9, application/json", "multipart/mixed"),
        ("multipart/mixed;deferSpec=20220824, application/json;q=0.9", "application/json"),
        (
            "multipart/mixed;incrementalSpec=v0.2,application/graphql-response+json,application/json;q=0.9",
            "multipart/mixed",
        ),
        ("multipart/mixed;subscriptionSpec=1.0, application/json", "application/json"),
        (
            "application/graphql-response+json, application/graphql+json, application/json, text/event-stream, multipart/mixed",
            "text/event-stream",
        ),
    ],
)
async def test_sections_come_in_parts_to_who_names_parts(
    playground: Playground, accept: str | None, media_type: str
) -> None:
    answer = await _ask(playground, '{ slow { name ... @defer(label: "l") { numbers } } }', accept)
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith(media_type)
    assert answer.headers["cache-control"] == "no-store"
    if media_type == "application/json":
        assert answer.json() == {"data": {"slow": {"name": "quick", "numbers": [0, 1, 2, 3, 4]}}}


@pytest.mark.parametrize(
    ("accept", "media_type"),
    [
        ("application/json, text/event-stream, multipart/mixed", "application/json"),
        ("application/graphql-response+json, text/event-stream", "application/graphql-response+json"),
        ("text/event-stream", "text/event-stream"),
        ("text/event-stream, application/json;q=0.5", "text/event-stream"),
        ("multipart/mixed", "multipart/mixed"),
    ],
)
async def test_an_answer_without_sections_is_json_where_that_is_taken(
    playground: Playground, accept: str, media_type: str
) -> None:
    answer = await _ask(playground, "{ hello }", accept)
    assert answer.headers["content-type"].startswith(media_type)
    assert "hello world" in answer.text


@pytest.mark.parametrize(("accept", "read"), [("multipart/mixed", parts), ("text/event-stream", events)])
async def test_each_section_has_its_own_errors_masked_like_all_others(
    playground: Playground, accept: str, read: Any
) -> None:
    answer = await _ask(playground, SECTIONS.replace(" required", ""), accept)
    bodies = read(answer.text)
    assert bodies[0]["data"] == {"slow": {"name": "quick", "numbers": [0, 1]}}
    assert "errors" not in bodies[0]
    assert [body["hasNext"] for body in bodies] == [True] * (len(bodies) - 1) + [False]
    data, errors = merged(bodies)
    assert data == {"slow": {"name": "quick", "late": "late", "broken": None, "numbers": [0, 1, 2, 3, 4]}}
    assert [error["extensions"]["code"] for error in errors] == ["SOURCE_UNAVAILABLE"]
    assert errors[0]["path"] == ["slow", "broken"]


@pytest.mark.parametrize(("accept", "read"), [("multipart/mixed", parts), ("text/event-stream", events)])
async def test_a_section_that_fails_as_a_whole_tells_nothing_internal(
    playground: Playground, accept: str, read: Any
) -> None:
    answer = await _ask(playground, SECTIONS, accept)
    data, errors = merged(read(answer.text))
    assert data == {"slow": {"name": "quick", "numbers": [0, 1, 2, 3, 4]}}
    assert "INTERNAL_SERVER_ERROR" in [error["extensions"]["code"] for error in errors]
    assert SECRET not in answer.text


async def test_the_first_part_does_not_wait_for_the_others(address: str) -> None:
    started = time.monotonic()
    async with httpx.AsyncClient() as client:
        headers = {"accept": "multipart/mixed"}
        async with client.stream("POST", f"http://{address}", json={"query": BEGIN}, headers=headers) as answer:
            arrived = [(time.monotonic() - started, text) async for text in answer.aiter_text()]
    first_at = next(at for at, text in arrived if '"quick"' in text)
    # the boundary that ends a part comes with it
    assert all(text.endswith(("--graphql", "--graphql--\r\n", "--\r\n")) for _, text in arrived)
    assert arrived[-1][0] - first_at > 0.3


async def test_sections_that_are_not_there_by_the_deadline_fail_and_the_answer_ends(playground: Playground) -> None:
    query = '{ slow { name ... @defer(label: "never") { late(seconds: 30) } ... @defer(label: "soon") { numbers } } }'
    bodies = parts((await _ask(playground, query, "multipart/mixed")).text)
    data, errors = merged(bodies)
    assert data == {"slow": {"name": "quick", "numbers": [0, 1, 2, 3, 4]}}
    assert [error["extensions"]["code"] for error in errors] == ["DEADLINE_EXCEEDED"]
    assert bodies[-1]["hasNext"] is False


async def test_a_section_that_is_not_deferred_after_all_makes_one_answer(playground: Playground) -> None:
    query = "query ($later: Boolean!) { slow { name ... @defer(if: $later) { numbers } } }"
    bodies = parts((await _ask(playground, query, "multipart/mixed", variables={"later": False})).text)
    assert bodies == [{"data": {"slow": {"name": "quick", "numbers": [0, 1, 2, 3, 4]}}}]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{ slow { ... @defer(label: 5) { name } } }", "GRAPHQL_VALIDATION_FAILED"),
        ("mutation { ... @defer { change } }", "GRAPHQL_VALIDATION_FAILED"),
        ("subscription { sections { ... @defer { name } } }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ hello @stream }", "GRAPHQL_VALIDATION_FAILED"),
        ("{ hello", "PARSING_ERROR"),
    ],
)
@pytest.mark.parametrize(("accept", "read"), [("multipart/mixed", parts), ("text/event-stream", events)])
async def test_what_cannot_be_executed_is_said_in_the_stream(
    playground: Playground, query: str, code: str, accept: str, read: Any
) -> None:
    answer = await _ask(playground, query, accept)
    (body,) = read(answer.text)
    assert answer.status_code == 200
    assert body["errors"][0]["extensions"]["code"] == code
    assert "data" not in body


async def test_variables_that_do_not_fit_an_answer_in_parts_refuse_it(playground: Playground) -> None:
    query = "query ($n: Int!) { slow { ... @defer { numbers(count: $n) } } }"
    (body,) = parts((await _ask(playground, query, "multipart/mixed")).text)
    assert body["errors"][0]["extensions"]["code"] == "BAD_USER_INPUT"
    assert "data" not in body


@pytest.mark.parametrize("accept", [None, "*/*", "application/json", "multipart/mixed;incrementalSpec=v0.2"])
async def test_a_subscription_by_plain_post_is_told_which_protocols_there_are(
    playground: Playground, accept: str | None
) -> None:
    answer = await _ask(playground, "subscription { ticks(count: 1) }", accept)
    assert answer.status_code == 406
    assert "graphql-transport-ws" in answer.json()["errors"][0]["message"]


async def test_a_subscription_comes_as_events(playground: Playground) -> None:
    answer = await _ask(playground, "subscription { ticks(count: 3) }", "text/event-stream")
    assert events(answer.text) == [{"data": {"ticks": number}} for number in range(3)]
    assert answer.headers["content-type"] == "text/event-stream; charset=utf-8"


async def test_a_subscription_comes_as_events_to_a_get(address: str) -> None:
    async with httpx.AsyncClient() as client:
        params = {"query": "subscription { ticks(count: 2) }"}
        answer = await client.get(f"http://{address}", params=params, headers={"accept": "text/event-stream"})
    assert len(events(answer.text)) == 2


async def test_a_subscription_comes_in_apollos_parts(playground: Playground) -> None:
    accept = "multipart/mixed;boundary=graphql;subscriptionSpec=1.0,application/json;q=0.9"
    answer = await _ask(playground, "subscription { ticks(count: 2) }", accept)
    assert parts(answer.text) == [{"payload": {"data": {"ticks": number}}} for number in range(2)]
    assert answer.headers["content-type"] == 'multipart/mixed; boundary="graphql"; subscriptionSpec=1.0'


async def test_plain_parts_carry_results_as_they_are(playground: Playground) -> None:
    answer = await _ask(playground, "subscription { ticks(count: 2) }", "multipart/mixed")
    assert parts(answer.text) == [{"data": {"ticks": number}} for number in range(2)]


@pytest.mark.parametrize(
    ("query", "bodies"),
    [
        ("subscription { breaking }", [{"payload": {"data": {"breaking": 1}}}, {"payload": None, "errors": 1}]),
        ("subscription { forbidden }", [{"payload": {"errors": 1}}]),
    ],
)
async def test_errors_before_the_first_event_are_its_result_and_later_ones_the_transports(
    playground: Playground, query: str, bodies: list[Any]
) -> None:
    answer = await _ask(playground, query, "multipart/mixed;subscriptionSpec=1.0")
    found = parts(answer.text)
    for body in (found[-1], found[-1]["payload"] or {}):
        if "errors" in body:
            body["errors"] = len(body["errors"])
    assert found == bodies


async def test_streams_in_which_nothing_happens_have_heartbeats(
    playground: Playground, address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gateway.routes.live.formats.ServerSentEvents.heartbeat_every_s", 0.05)
    monkeypatch.setattr("gateway.routes.live.formats.MultipartSubscription.heartbeat_every_s", 0.05)
    query = "subscription { ticks(count: 2, everyS: 0.3) }"
    beats = {"text/event-stream": ":\n\n", "multipart/mixed;subscriptionSpec=1.0": "\r\n\r\n{}\r\n--graphql"}
    async with httpx.AsyncClient() as client, asyncio.TaskGroup() as group:
        asked = {
            accept: group.create_task(
                client.post(f"http://{address}", json={"query": query}, headers={"accept": accept})
            )
            for accept in beats
        }
    for accept, beat in beats.items():
        assert asked[accept].result().text.count(beat) > 4


@pytest.mark.parametrize("accept", ["image/png", "text/event-stream;q=0", "multipart/mixed;q=0"])
async def test_what_nothing_fits_is_not_acceptable(playground: Playground, accept: str) -> None:
    assert (await _ask(playground, "{ hello }", accept)).status_code == 406


async def test_a_body_that_is_no_request_is_no_stream(playground: Playground) -> None:
    answer = await _ask(playground, "", "text/event-stream")
    assert answer.status_code == 400
    assert answer.headers["content-type"].startswith("application/json")


async def test_the_process_limit_holds_for_streams(playground: Playground) -> None:
    playground.connections.is_draining = True
    answer = await _ask(playground, "subscription { ticks }", "text/event-stream")
    assert (answer.status_code, answer.headers["retry-after"]) == (503, "5")
